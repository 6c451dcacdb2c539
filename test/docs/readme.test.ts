import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fences } from '../support/markdown.ts';

// What README.md shows is run here: `yaml file=NAME` blocks are written to a folder, `console` blocks are run in it
// and their output compared (`…` stands for anything, on a line or as one), `sh background` is a server that the
// `curl` of later blocks asks. `sh` blocks name scripts of package.json.

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = await readFile(join(root, 'README.md'), 'utf8');
const blocks = fences(page);
const consoles = blocks.filter(({ info }) => info === 'console').map(({ text }) => toCommand(text));

interface Command {
  readonly command: string;
  readonly output: string;
  readonly exitCode: number;
}

function toCommand(text: string): Command {
  const [first = '', ...lines] = text.trimEnd().split('\n');
  const exit = /^\[exit (\d+)\]$/.exec(lines.at(-1) ?? '');
  const output = exit === null ? lines : lines.slice(0, -1);
  return { command: first.replace(/^\$ /, ''), output: output.join('\n'), exitCode: Number(exit?.[1] ?? '0') };
}

/** A pattern that a text fits if it is the same but for what `…` stands for. */
function toPattern(expected: string): RegExp {
  const escaped = expected.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/^…$/gm, String.raw`[\s\S]*?`).replaceAll('…', '.*')}$`);
}

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podgraft-readme-'));
  for (const { info, text } of blocks) {
    const name = /^yaml file=(\S+)$/.exec(info)?.[1];
    if (name !== undefined) await writeFile(join(folder, name), text);
  }
  await cp(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  await mkdir(join(folder, 'templates'));
  await cp(join(folder, 'log-shipper.yaml'), join(folder, 'templates', 'log-shipper.yaml'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

const environment = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_OPTIONS: '' };

/** A podgraft command as a user would run it, standard output and error together; `npx podgraft` is the launcher. */
async function run(command: string): Promise<{ readonly output: string; readonly exitCode: number }> {
  const words = command.split(' ').slice(2);
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'bin/podgraft.mjs'), ...words],
      { cwd: folder, env: environment },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : Number(error.code);
        resolve({ output: `${stderr}${stdout}`.trimEnd(), exitCode });
      },
    );
  });
}

describe('the commands give what they show', () => {
  const offline = consoles.filter(({ command }) => command.startsWith('npx podgraft '));

  test('there are some', () => {
    expect(offline.length).toBeGreaterThanOrEqual(4);
  });

  test.each(offline)('$command', async ({ command, output, exitCode }) => {
    const actual = await run(command);
    if (!toPattern(output).test(actual.output)) expect(actual.output).toBe(output);
    expect(actual.exitCode).toBe(exitCode);
  });
});

test('the commands of npm are there', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = blocks
    .filter(({ info }) => info === 'sh')
    .flatMap(({ text }) => [...text.matchAll(/^npm (?:run )?(\S+)/gm)].map(([, name]) => name));
  expect(named).toEqual(['start', 'test']);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});

test('the server serves as shown', async () => {
  const block = blocks.find(({ info }) => info === 'sh background');
  const words = (block?.text ?? '').trim().split(' ').slice(2);
  const ports = ['--port', '0', '--probe-port', '0', '--drain-seconds', '0', '--quiet-seconds', '0'];
  const server = spawn(
    process.execPath,
    [join(root, 'bin/podgraft.mjs'), ...words, ...ports, '--state-dir', join(folder, 'state')],
    {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ended = new Promise((resolve) => {
    server.once('exit', resolve);
  });
  try {
    const probePort = await new Promise<string>((resolve, reject) => {
      server.once('exit', () => reject(new Error('the server has ended')));
      let said = '';
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const [, port] = /http:\/\/localhost:(\d+)\/livez/.exec(said) ?? [];
        if (port !== undefined) resolve(port);
      });
    });
    const asked = consoles.filter(({ command }) => command.startsWith('curl -s '));
    expect(asked).not.toEqual([]);
    for (const { command, output } of asked) {
      const url = (command.split(' ').at(-1) ?? '').replace(':8080', `:${probePort}`);
      const answer = await fetch(url);
      expect((await answer.text()).trim()).toBe(output);
    }
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
});

test('each link within the repository leads somewhere', async () => {
  for (const [, target = ''] of page.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
    await expect(cp(join(root, target), join(folder, 'links', target), { recursive: true })).resolves.toBeUndefined();
  }
});
