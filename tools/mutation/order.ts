import path from 'node:path';
import type { Known } from './known.ts';

/** In which order the tests meet a mutant: those that fail soonest first. */
export interface Order {
  readonly sort: (tests: readonly string[], mutated: string) => readonly string[];
  /** Remembers the test that a mutant of this file failed. */
  readonly failed: (test: string, mutated: string) => void;
}

/**
 * First the tests that mutants of the same file failed lately, then those of the file itself, then those of its room, then
 * the rest; the quick ones before the slow ones.
 */
export function order(known: Known): Order {
  const killers = new Map<string, readonly string[]>();
  return {
    sort: (tests, mutated) => {
      const recent = killers.get(mutated) ?? [];
      const room = `${path.sep}${path.basename(path.dirname(mutated))}${path.sep}`;
      const itself = `${path.basename(mutated, '.ts')}.test.ts`;
      const rank = (id: string): number => {
        const place = recent.indexOf(id);
        if (place !== -1) return place;
        const { file, ms } = known.tests[id] ?? { file: '', ms: 0 };
        return recent.length + ms + (path.basename(file) === itself ? 0 : file.includes(room) ? 1000 : 2000);
      };
      const ranks = new Map(tests.map((id) => [id, rank(id)]));
      return tests.toSorted((one, other) => (ranks.get(one) ?? 0) - (ranks.get(other) ?? 0));
    },
    failed: (test, mutated) => {
      const others = (killers.get(mutated) ?? []).filter((id) => id !== test);
      killers.set(mutated, [test, ...others].slice(0, 20));
    },
  };
}
