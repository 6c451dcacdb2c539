import path from 'node:path';
import { format, inspect } from 'node:util';
import { expect } from 'vitest';

/** A test of a file, under its describes' names. */
export interface CollectedTest {
  /** File, names and a number that tells the cases of a table apart: the same in each run. */
  readonly id: string;
  readonly file: string;
  readonly run: () => unknown;
}

type Body = (...values: readonly unknown[]) => unknown;

/** What test files of the core import from vitest, and the tests that they hand to it. */
export interface Collector {
  readonly vitest: object;
  /** Says which file the next tests are in. */
  readonly enter: (file: string) => void;
  readonly tests: readonly CollectedTest[];
}

/**
 * describe, test and their tables, as vitest has them, and its own `expect`. What is not here (hooks, mocks, file
 * snapshots) the core's tests do without; a file that imports it doesn't link, and the run says so.
 */
export function collector(): Collector {
  const tests: CollectedTest[] = [];
  const ids = new Map<string, number>();
  let file = '';
  let names: readonly string[] = [];

  function describe(name: string, body: Body): void {
    const outer = names;
    names = [...outer, name];
    body();
    names = outer;
  }

  function test(name: string, body: Body): void {
    const full = `${path.relative(process.cwd(), file)}#${[...names, name].join(' > ')}`;
    const count = (ids.get(full) ?? 0) + 1;
    ids.set(full, count);
    tests.push({ id: count === 1 ? full : `${full} (${count})`, file, run: () => body() });
  }

  return {
    vitest: {
      expect,
      describe: Object.assign(describe, { each: eachOf(describe) }),
      test: Object.assign(test, { each: eachOf(test) }),
      it: Object.assign(test, { each: eachOf(test) }),
    },
    enter: (next) => {
      file = next;
    },
    tests,
  };
}

/** A row for each case; a row that is a list is spread where all rows are, as vitest does it. */
function eachOf(one: (name: string, body: Body) => void) {
  return (rows: readonly unknown[]) => (name: string, body: Body) => {
    const isSpread = rows.every((row) => Array.isArray(row));
    for (const row of rows) {
      const values: readonly unknown[] = isSpread && Array.isArray(row) ? row : [row];
      one(titleOf(name, values), () => body(...values));
    }
  };
}

/** The name with %s and its like filled in, and $key from the case; only people read it. */
function titleOf(name: string, values: readonly unknown[]): string {
  const [first] = values;
  const named = name.replaceAll(/\$(\w+)/g, (whole, key: string) =>
    typeof first === 'object' && first !== null && key in first ? inspect(Reflect.get(first, key)) : whole,
  );
  const holes = named.match(/%[sdifjoOc]/g)?.length ?? 0;
  return holes === 0 ? named : format(named, ...values.slice(0, holes));
}
