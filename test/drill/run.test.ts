import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runToEnd } from '../../tools/cluster/child.ts';

const run = fileURLToPath(new URL('../../bench/drill/run.ts', import.meta.url));

const cases: readonly { readonly args: readonly string[]; readonly sentence: string }[] = [
  { args: ['rotations'], sentence: 'there is no drill rotations' },
  { args: ['a', '--seconds', 'long'], sentence: '--seconds takes a number above 0' },
  { args: ['--secs', '5'], sentence: "Unknown option '--secs'" },
];

test.each(cases)('what cannot be run is told before anything is started: $args', async ({ args, sentence }) => {
  const { exit, stdout, stderr } = await runToEnd(process.execPath, [run, ...args]);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toContain(sentence);
});

test('help names every drill by its letter and its name', async () => {
  const { exit, stdout } = await runToEnd(process.execPath, [run, '--help']);
  expect(exit).toBe(0);
  for (const line of ['a  rotation', 'b  replicas', 'c  upgrades', 'd  race']) expect(stdout).toContain(line);
});
