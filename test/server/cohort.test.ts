import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { newCohorts, nextStage } from '../../src/server/cohort.ts';
import type { Cohorts } from '../../src/server/cohort.ts';

const stages = ['decode', 'decide', 'answer'];

/** Joins, and goes through the stages; `steps` tells in which order they were done. */
async function go(cohorts: Cohorts, name: string, steps: string[], length = 1): Promise<void> {
  await cohorts.join(length);
  for (const stage of stages) {
    steps.push(`${stage} ${name}`);
    await nextStage();
  }
}

/** Stage by stage, as a cohort of these does them. */
function together(...names: readonly string[]): readonly string[] {
  return stages.flatMap((stage) => names.map((name) => `${stage} ${name}`));
}

describe('reviews of one turn of the event loop', () => {
  test('do each stage together, in the order in which they came', async () => {
    const cohorts = newCohorts();
    const steps: string[] = [];
    await Promise.all(['a', 'b', 'c'].map(async (name) => go(cohorts, name, steps)));
    expect(steps).toEqual(together('a', 'b', 'c'));
  });

  test('wait for nobody of the next turn', async () => {
    const cohorts = newCohorts();
    const steps: string[] = [];
    const first = go(cohorts, 'a', steps);
    await nextTurn();
    expect(steps).toEqual(together('a'));
    await Promise.all([first, go(cohorts, 'b', steps), go(cohorts, 'c', steps)]);
    expect(steps).toEqual([...together('a'), ...together('b', 'c')]);
  });

  test('go in cohorts of 16', async () => {
    const cohorts = newCohorts();
    const steps: string[] = [];
    const names = Array.from({ length: 35 }, (_, index) => `r${index}`);
    await Promise.all(names.map(async (name) => go(cohorts, name, steps)));
    const expected = [names.slice(0, 16), names.slice(16, 32), names.slice(32)];
    expect(steps).toEqual(expected.flatMap((cohort) => together(...cohort)));
  });

  test('have 256 Ki characters together at most; a larger one goes alone, and holds nobody up', async () => {
    const cohorts = newCohorts();
    const steps: string[] = [];
    const lengths = { a: 200_000, b: 62_144, c: 1, d: 3_000_000, e: 1 };
    await Promise.all(Object.entries(lengths).map(async ([name, length]) => go(cohorts, name, steps, length)));
    expect(steps).toEqual([...together('a', 'b'), ...together('c'), ...together('d'), ...together('e')]);
  });

  test('fail by themselves', async () => {
    const cohorts = newCohorts();
    const steps: string[] = [];
    const failing = async (): Promise<void> => {
      await cohorts.join(1);
      throw new Error('a bug');
    };
    const ends = await Promise.allSettled([go(cohorts, 'a', steps), failing(), go(cohorts, 'b', steps)]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(steps).toEqual(together('a', 'b'));
  });
});
