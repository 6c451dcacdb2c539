import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAtLeast } from '../bin/node.mjs';

const packagedNode = `node_modules/node-${process.platform}-${process.arch}`;
const lockfile = '{"packages":{"":{},"node_modules/a":{"integrity":"sha512-a"},"node_modules/b":{"optional":true}}}';

// A checkout of its own for each test, with the real launchers, an npm that only notes what it was asked, and
// Nodes that believe to be 20 when they are started with --import ./old.mjs.
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'podgraft-launcher-'));
  cpSync('bin', path.join(folder, 'bin'), { recursive: true });
  write('package.json', '{"type":"module"}');
  write('package-lock.json', lockfile);
  write('node_modules/.package-lock.json', lockfile);
  write('old.mjs', "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });");
  write('show.mjs', 'console.log(JSON.stringify({ args: process.argv.slice(2), path: process.env.PATH }));');
  write('fake/npm', `#!/bin/sh\necho "$@" >> npm-calls\ncp package-lock.json node_modules/.package-lock.json\n`);
  chmodSync(path.join(folder, 'fake/npm'), 0o755);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

/** Puts the running Node where the package node-linux-… would have it. */
function bringNodeAlong(): void {
  write(`${packagedNode}/package.json`, '{}');
  mkdirSync(path.join(folder, packagedNode, 'bin'));
  symlinkSync(process.execPath, path.join(folder, packagedNode, 'bin/node'));
}

const environment = () => ({ PATH: `${folder}/fake:/usr/bin:/bin` });

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd: folder, env: environment(), encoding: 'utf8' });
}

const seen = (stdout: string) => JSON.parse(stdout) as { args: string[]; path: string };

describe('isAtLeast', () => {
  test.each([
    ['22.19.0', '22.19', true],
    ['24.0.0', '22.19', true],
    ['22.18.9', '22.19', false],
    ['20.20.2', '22.19', false],
    ['20.0.0', '20', true],
    ['18.20.0', '20', false],
  ])('Node %s against %s is %s', (version, oldest, expected) => {
    expect(isAtLeast(version, oldest)).toBe(expected);
  });
});

describe('bin/dev.mjs', () => {
  test('runs the file on its own Node when that is new enough, with the arguments as they are', () => {
    const { status, stdout, stderr } = run('bin/dev.mjs', 'show.mjs', 'a b', '--c');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(seen(stdout).args).toEqual(['a b', '--c']);
    expect(seen(stdout).path.split(':')[0]).toBe(path.dirname(process.execPath));
  });

  test('runs the file on the Node among the packages when its own is too old, first in PATH', () => {
    bringNodeAlong();
    const { status, stdout } = run('--import', './old.mjs', 'bin/dev.mjs', 'show.mjs');
    expect(status).toBe(0);
    expect(seen(stdout).path.split(':')[0]).toBe(path.join(folder, packagedNode, 'bin'));
  });

  test('says in one line what to do when there is no Node that is new enough', () => {
    const { status, stdout, stderr } = run('--import', './old.mjs', 'bin/dev.mjs', 'show.mjs');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      'podgraft needs Node 22.19 or newer, and this is Node 20.20.2. ' +
        'Install Node 24; on Linux x64 and arm64 `npm ci --include=optional` brings it along.\n',
    );
  });

  test.each([
    ['no node_modules', () => rmSync(path.join(folder, 'node_modules/.package-lock.json'))],
    ['the packages of another lockfile', () => write('package-lock.json', lockfile.replace('sha512-a', 'sha512-c'))],
    ['one package too few', () => write('node_modules/.package-lock.json', '{"packages":{}}')],
  ])('installs, and says so, when there is %s; the next time it does not', (_, arrange) => {
    arrange();
    const first = run('bin/dev.mjs', 'show.mjs');
    expect(first.status).toBe(0);
    expect(first.stderr).toBe('Installing the packages of package-lock.json: npm ci\n');
    expect(existsSync(path.join(folder, 'npm-calls'))).toBe(true);
    expect(run('bin/dev.mjs', 'show.mjs').stderr).toBe('');
  });

  test('runs nothing when npm ci does not succeed', () => {
    rmSync(path.join(folder, 'node_modules/.package-lock.json'));
    write('fake/npm', '#!/bin/sh\nexit 1\n');
    const { status, stdout, stderr } = run('bin/dev.mjs', 'show.mjs');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('npm ci did not succeed; nothing was run.\n');
  });

  test('says how it is used when it gets no file', () => {
    expect(run('bin/dev.mjs')).toMatchObject({ status: 2, stderr: 'usage: node bin/dev.mjs FILE [ARG...]\n' });
  });

  test('exits with the code of the file', () => {
    write('five.mjs', 'process.exit(5);');
    expect(run('bin/dev.mjs', 'five.mjs').status).toBe(5);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'passes %s on once, and waits for what the file does about it',
    async (signal) => {
      write(
        'stop.mjs',
        `let count = 0;
       process.on('${signal}', () => { count += 1; setTimeout(() => process.exit(40 + count), 200); });
       setInterval(() => {}, 1000);
       console.log('ready');`,
      );
      const child = spawn(process.execPath, ['bin/dev.mjs', 'stop.mjs'], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([41, null]);
    },
  );

  test('exits as a shell would when a signal ended the file', () => {
    write('killed.mjs', "process.kill(process.pid, 'SIGKILL');");
    expect(run('bin/dev.mjs', 'killed.mjs').status).toBe(128 + 9);
  });
});

describe('bin/podgraft.mjs', () => {
  const main = 'console.log(JSON.stringify({ args: process.argv.slice(2), path: import.meta.url }));';

  test('runs the source in a checkout', () => {
    write('src/cli/main.ts', `const text: string = 'typed'; ${main} if (text === 'typed') process.exitCode = 3;`);
    const { status, stdout } = run('bin/podgraft.mjs', 'inject', '--help');
    expect(status).toBe(3);
    expect(seen(stdout)).toMatchObject({
      args: ['inject', '--help'],
      path: expect.stringMatching(/src\/cli\/main\.ts$/),
    });
  });

  test('runs the source on the Node among the packages when its own is too old', () => {
    bringNodeAlong();
    write('src/cli/main.ts', `const typed: string = ''; ${main}`);
    expect(seen(run('--import', './old.mjs', 'bin/podgraft.mjs', 'lint').stdout).args).toEqual(['lint']);
  });

  test('runs the bundle in the published package, on Node 20 too', () => {
    write('dist/podgraft.mjs', main);
    const { stdout } = run('--import', './old.mjs', 'bin/podgraft.mjs', 'lint');
    expect(seen(stdout).path).toMatch(/dist\/podgraft\.mjs$/);
  });

  test('says what to do in a checkout where nothing was installed', () => {
    write('src/cli/main.ts', main);
    rmSync(path.join(folder, 'node_modules'), { recursive: true });
    expect(run('bin/podgraft.mjs')).toMatchObject({
      status: 2,
      stderr: 'The packages that podgraft needs are not installed: run `npm ci` first.\n',
    });
  });
});
