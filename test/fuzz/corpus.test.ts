import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge, targets } from './targets.ts';

const corpus = fileURLToPath(new URL('corpus', import.meta.url));

describe.each(targets)('whatever comes as $name', (target) => {
  const folder = path.join(corpus, target.name);
  const files = existsSync(folder) ? readdirSync(folder).toSorted() : [];

  test.each(files)('once found by the fuzzer, now dealt with: %s', (name) => {
    expect(judge(target, readFileSync(path.join(folder, name)))).toBeUndefined();
  });

  test('is dealt with: a few hundred bent ones, the same each time', () => {
    fc.assert(
      fc.property(target.input, (bytes) => {
        expect(judge(target, bytes)).toBeUndefined();
      }),
      { seed: 20_261_121, numRuns: 200 },
    );
  });
});
