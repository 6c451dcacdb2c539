import { spreadOf } from '../statistics.ts';
import type { Spread } from '../statistics.ts';
import type { Figure } from '../targets.ts';
import { ways } from './ways.ts';
import type { Way } from './ways.ts';

/** The pods that are created, called as the bench's bodies are. */
export const podNames = ['small', 'large'] as const;
export type PodName = (typeof podNames)[number];

/** One way with one pod for a short time. */
export interface Turn {
  readonly way: Way;
  readonly pod: PodName;
  /** Of a create, as its client sees it. */
  readonly p50Ms: number;
}

/** A turn for each way and pod, one soon after the other. */
export type LatencyRound = readonly Turn[];

/** What a way adds to a create in one round: its p50 less that of no grafting, ms. Undefined where one of both is not there. */
export function addedMs(round: LatencyRound, way: Way, pod: PodName): number | undefined {
  const p50Ms = (of: Way): number | undefined => round.find((turn) => turn.way === of && turn.pod === pod)?.p50Ms;
  const [with_, without] = [p50Ms(way), p50Ms('none')];
  return with_ === undefined || without === undefined ? undefined : with_ - without;
}

/** One way with one pod, over all rounds. */
export interface LatencyRow {
  readonly way: Way;
  readonly pod: PodName;
  readonly p50Ms: Spread;
  /** Not of `none`. */
  readonly addedMs?: Spread;
}

/** A row for each way and pod that was measured, in the order of the tables. */
export function latencyRows(rounds: readonly LatencyRound[]): readonly LatencyRow[] {
  return podNames.flatMap((pod) =>
    ways.flatMap((way): readonly LatencyRow[] => {
      const turns = rounds.flatMap((round) => round.filter((turn) => turn.way === way && turn.pod === pod));
      if (turns.length === 0) return [];
      const p50Ms = spreadOf(turns.map((turn) => turn.p50Ms));
      if (way === 'none') return [{ way, pod, p50Ms }];
      const added = rounds.map((round) => addedMs(round, way, pod)).filter((ms) => ms !== undefined);
      return [{ way, pod, p50Ms, addedMs: spreadOf(added) }];
    }),
  );
}

interface Target {
  readonly title: string;
  readonly than: Way;
  readonly pod: PodName;
  readonly bound: Figure['bound'];
  readonly target: number;
}

const targets: readonly Target[] = [
  { title: 'podgraft ÷ the policy, ReplicaSet pod', than: 'policy', pod: 'small', bound: 'at most', target: 2 },
  { title: 'podgraft ÷ the policy, large pod', than: 'policy', pod: 'large', bound: 'at most', target: 1 },
  { title: 'podgraft ÷ Go, ReplicaSet pod', than: 'go', pod: 'small', bound: 'below', target: 1 },
  { title: 'podgraft ÷ Go, large pod', than: 'go', pod: 'large', bound: 'below', target: 1 },
];

/** What podgraft adds divided by what another way adds in the same round, with its target. */
export function latencyFigures(rounds: readonly LatencyRound[]): readonly Figure[] {
  return targets.map(({ title, than, pod, bound, target }) => {
    const ratios = rounds.flatMap((round) => {
      const [ours, theirs] = [addedMs(round, 'podgraft', pod), addedMs(round, than, pod)];
      // A round in which the other added nothing that could be seen says nothing about either.
      return ours === undefined || theirs === undefined || theirs <= 0 ? [] : [ours / theirs];
    });
    return { title, spread: ratios.length === 0 ? undefined : spreadOf(ratios), bound, target };
  });
}
