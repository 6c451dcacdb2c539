import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { run } from '../support/cli.ts';

test.each<[string, readonly string[], number, RegExp, RegExp]>([
  ['no command: help, as a wrong use', [], 2, /^$/, /Usage: podgraft/],
  ['--help lists the commands', ['--help'], 0, /inject[^]*explain[^]*lint[^]*serve/, /^$/],
  ['--version', ['--version'], 0, new RegExp(`^${manifest.version.replaceAll('.', '\\.')}\n$`), /^$/],
  ['a command that is none: the nearest', ['injct'], 2, /^$/, /unknown command 'injct'[^]*Did you mean inject\?/],
  [
    'an option that is none: the nearest',
    ['lint', '--strit', 'x'],
    2,
    /^$/,
    /unknown option '--strit'[^]*Did you mean --strict\?/,
  ],
])('%s', async (_, args, code, stdout, stderr) => {
  const ran = await run(args);
  expect(ran.stdout).toMatch(stdout);
  expect(ran.stderr).toMatch(stderr);
  expect(ran.code).toBe(code);
});

describe('each command helps with examples', () => {
  test.each(['inject', 'explain', 'lint', 'serve', 'demo'])('%s --help', async (name) => {
    const { code, stdout } = await run([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Usage: podgraft ${name}[^]*Examples:\n  podgraft ${name}`));
  });
});
