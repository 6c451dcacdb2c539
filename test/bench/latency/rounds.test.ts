import { describe, expect, test } from 'vitest';
import { addedMs, latencyFigures, latencyRows } from '../../../bench/latency/rounds.ts';
import type { LatencyRound, PodName } from '../../../bench/latency/rounds.ts';
import type { Way } from '../../../bench/latency/ways.ts';
import { isMet } from '../../../bench/targets.ts';

type P50s = Readonly<Partial<Record<Way, number>>>;

/** A round of p50s, ms. */
function round(small: P50s, large: P50s): LatencyRound {
  const turns = (pod: PodName, p50s: P50s): LatencyRound =>
    (['none', 'policy', 'go', 'podgraft'] as const).flatMap((way) => {
      const p50Ms = p50s[way];
      return p50Ms === undefined ? [] : [{ way, pod, p50Ms }];
    });
  return [...turns('small', small), ...turns('large', large)];
}

describe('what a way adds to a create', () => {
  const one = round({ none: 2, policy: 3, podgraft: 4.5 }, {});

  const cases: readonly (readonly [Way, PodName, number | undefined])[] = [
    ['podgraft', 'small', 2.5],
    ['policy', 'small', 1],
    ['none', 'small', 0],
    ['go', 'small', undefined],
    ['podgraft', 'large', undefined],
  ];
  test.each(cases)('%s with a %s pod: %s ms', (way, pod, expected) => {
    expect(addedMs(one, way, pod)).toBe(expected);
  });
});

describe('the figures', () => {
  const pod = { none: 10, policy: 12, go: 15, podgraft: 13 };

  test('are formed in each round, and their median is what counts', () => {
    // One round in which the machine was busy with something else while the policy had its turn.
    const rounds = [round(pod, pod), round({ ...pod, policy: 40 }, pod), round({ ...pod, podgraft: 14 }, pod)];
    const [small] = latencyFigures(rounds);
    expect(small?.spread?.median).toBe(1.5);
  });

  const targets: readonly (readonly [string, P50s, P50s, readonly boolean[]])[] = [
    ['all are met', pod, { ...pod, podgraft: 12 }, [true, true, true, true]],
    ['twice the policy is enough for a small pod', { ...pod, podgraft: 14 }, pod, [true, false, true, true]],
    ['more than twice is too much', { ...pod, podgraft: 14.1 }, pod, [false, false, true, true]],
    ['as slow as Go is not below Go', { ...pod, podgraft: 15 }, pod, [false, false, false, true]],
    ['a large pod is held against Go too', pod, { ...pod, podgraft: 16 }, [true, false, true, false]],
  ];
  test.each(targets)('%s', (_, small, large, expected) => {
    expect(latencyFigures([round(small, large)]).map(isMet)).toEqual(expected);
  });

  test('leave out a round in which the other way added nothing', () => {
    const strange = round({ ...pod, policy: 9 }, pod);
    const [small] = latencyFigures([strange, round(pod, pod)]);
    expect(small?.spread).toEqual({ median: 1.5, p10: 1.5, p90: 1.5 });
  });

  test('are not there for a server that was skipped', () => {
    const without = { none: 10, policy: 12, podgraft: 13 };
    const figures = latencyFigures([round(without, without)]);
    expect(figures.map((figure) => isMet(figure))).toEqual([true, false, undefined, undefined]);
  });
});

describe('the rows', () => {
  test('have all ways of the small pod first, and what each adds', () => {
    const rounds = [
      round({ none: 1, policy: 2 }, { none: 5, policy: 8 }),
      round({ none: 2, policy: 4 }, { none: 6, policy: 10 }),
    ];
    const rows = latencyRows(rounds).map(({ pod, way, p50Ms, addedMs: added }) => [
      pod,
      way,
      p50Ms.median,
      added?.median,
    ]);
    expect(rows).toEqual([
      ['small', 'none', 1.5, undefined],
      ['small', 'policy', 3, 1.5],
      ['large', 'none', 5.5, undefined],
      ['large', 'policy', 9, 3.5],
    ]);
  });
});
