/**
 * `npm run fuzz [-- --seconds N] [--seed N]`: feeds reviews and template files that were bent out of shape to podgraft, 60 s
 * unless told otherwise. What it finds is made as small as it gets, and kept in test/fuzz/corpus, which `npm test` replays.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { commandLine } from '../../tools/command-line.ts';
import { judge, targets } from './targets.ts';
import type { Target } from './targets.ts';

const corpus = fileURLToPath(new URL('corpus', import.meta.url));
const options = commandLine(
  'fuzz',
  'Throws made-up reviews and template files at the core, shrinks what breaks it, and keeps that in test/fuzz/corpus, which npm test runs.',
  ['npm run fuzz', 'npm run fuzz -- --seconds 3600', 'npm run fuzz -- --seed 12345'],
)
  .option('--seconds <number>', 'how long', '60')
  .option('--seed <integer>', 'begins with this seed, to see a run again')
  .parse()
  .opts<{ seconds: string; seed?: string }>();
const totalMs = Number(options.seconds) * 1000;
const firstSeed =
  options.seed === undefined ? Math.trunc(performance.timeOrigin) % 1_000_000_000 : Number(options.seed);

process.exitCode = main();

function main(): number {
  if (!(totalMs > 0) || !Number.isSafeInteger(firstSeed)) {
    process.stderr.write('--seconds takes a number above 0, --seed an integer\n');
    return 2;
  }
  const endMs = performance.now() + totalMs;
  const runs = new Map(targets.map(({ name }) => [name, 0]));
  let found = 0;
  for (let seed = firstSeed; performance.now() < endMs && found === 0; seed += 1) {
    for (const target of targets) {
      const { numRuns, isFound } = fuzz(target, seed, endMs);
      runs.set(target.name, (runs.get(target.name) ?? 0) + numRuns);
      if (isFound) found += 1;
    }
  }
  for (const [name, count] of runs) print(`${count} ${name}`);
  const { heapUsed, rss } = process.memoryUsage();
  print(`memory: ${Math.round(heapUsed / 2 ** 20)} MiB of heap, ${Math.round(rss / 2 ** 20)} MiB resident`);
  print(found === 0 ? `nothing found (first seed ${firstSeed})` : `${found} found`);
  return found === 0 ? 0 : 1;
}

function fuzz(target: Target, seed: number, endMs: number): { readonly numRuns: number; readonly isFound: boolean } {
  const property = fc.property(target.input, (bytes) => judge(target, bytes) === undefined);
  const remainingMs = Math.max(1, endMs - performance.now());
  const result = fc.check(property, { seed, numRuns: 500, interruptAfterTimeLimit: remainingMs });
  const [bytes] = result.counterexample ?? [];
  if (!result.failed || bytes === undefined) return { numRuns: result.numRuns, isFound: false };
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const file = path.join(corpus, target.name, `${digest}.${target.ending}`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  print(`seed ${seed}, ${target.name}: ${judge(target, bytes) ?? 'not every time'}`);
  print(`kept as test/fuzz/corpus/${target.name}/${digest}.${target.ending}`);
  return { numRuns: result.numRuns, isFound: true };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
