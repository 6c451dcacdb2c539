/**
 * `npm run check`: the one gate. Runs every step, also after one has failed, prints a line for each, and in the
 * end what failed: fixing one thing at a time with a gate run between would be slow.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, copyFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Step {
  readonly name: string;
  /** The arguments of `node`. */
  readonly run: readonly string[];
  readonly advice: string;
}

const vitest = 'node_modules/vitest/vitest.mjs';
const tsc = 'node_modules/typescript/bin/tsc';
const alone = path.join(mkdtempSync(path.join(tmpdir(), 'podgraft-check-')), 'podgraft.mjs');

/** A continuous integration has a minute for it; `npm run fuzz -- --seconds 3600` takes an hour. */
const fuzzSeconds = process.env['CI'] === undefined ? '10' : '60';

const steps: readonly Step[] = [
  { name: 'format', run: ['node_modules/oxfmt/bin/oxfmt', '--check', '.'], advice: 'npm run format' },
  { name: 'lint', run: ['node_modules/oxlint/bin/oxlint'], advice: 'npm run lint' },
  { name: 'types', run: [tsc], advice: 'npm run types' },
  { name: 'types of the pure floors', run: [tsc, '-p', 'tsconfig.core.json'], advice: 'npm run types' },
  { name: 'tests with coverage', run: [vitest, 'run', '--coverage'], advice: 'npm run coverage' },
  { name: 'fuzz', run: ['test/fuzz/run.ts', '--seconds', fuzzSeconds], advice: 'npm run fuzz' },
  { name: 'dead code', run: ['node_modules/knip/bin/knip.js', '--no-progress'], advice: 'npm run dead-code' },
  { name: 'build', run: ['tools/build.ts'], advice: 'npm run build' },
  { name: 'the bundle runs alone', run: [alone, '--help'], advice: 'npm run build && node dist/podgraft.mjs --help' },
];

const failed: Step[] = [];
for (const step of steps) {
  process.stdout.write(`${step.name} ... `);
  const startMs = performance.now();
  if (step.run[0] === alone) copyBundle();
  const { status, stdout, stderr, error } = spawnSync(process.execPath, step.run, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`);
  if (status === 0) continue;
  failed.push(step);
  process.stdout.write(`${[stdout, stderr, error?.message].filter(Boolean).join('\n').trimEnd()}\n\n`);
}
rmSync(path.dirname(alone), { recursive: true });

for (const { name, advice } of failed) process.stdout.write(`${name} failed: see above, or run \`${advice}\`\n`);
process.stdout.write(`${steps.length - failed.length} of ${steps.length} steps passed\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Puts the bundle where no node_modules is. Without a bundle the step says so by itself. */
function copyBundle(): void {
  try {
    copyFileSync('dist/podgraft.mjs', alone);
  } catch {
    // Node's own message names the missing file.
  }
}
