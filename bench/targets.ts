import type { Body } from './bodies.ts';
import type { ServerName } from './fleet.ts';
import type { Measurement, Round } from './measure.ts';
import { spreadOf } from './statistics.ts';
import type { Spread } from './statistics.ts';

/** A figure and what it shall be. */
export interface Figure {
  readonly title: string;
  /** Over the rounds; undefined where a server was skipped. */
  readonly spread: Spread | undefined;
  readonly bound: 'at least' | 'at most' | 'below';
  readonly target: number;
}

export function isMet({ spread, bound, target }: Figure): boolean | undefined {
  if (spread === undefined) return undefined;
  switch (bound) {
    case 'at least':
      return spread.median >= target;
    case 'at most':
      return spread.median <= target;
    case 'below':
      return spread.median < target;
  }
}

interface Ratio {
  readonly title: string;
  readonly over: ServerName;
  readonly under: ServerName;
  readonly body: Body['name'];
  readonly of: 'cpuMicroseconds' | 'p99Ms';
  readonly bound: Figure['bound'];
  readonly target: number;
}

const cpu = { under: 'podgraft', of: 'cpuMicroseconds', bound: 'at least' } as const;

/** What one slice gives divided by what another of the same round gives. */
const ratios: readonly Ratio[] = [
  { title: 'CPU of limit ÷ podgraft, ReplicaSet pod', over: 'limit', ...cpu, body: 'small', target: 0.75 },
  { title: 'CPU of limit ÷ podgraft, large pod', over: 'limit', ...cpu, body: 'large', target: 1 },
  { title: 'CPU of limit ÷ podgraft, unmatched pod', over: 'limit', ...cpu, body: 'unmatched', target: 0.8 },
  { title: 'CPU of Go ÷ podgraft, ReplicaSet pod', over: 'go', ...cpu, body: 'small', target: 8 },
  { title: 'CPU of Go ÷ podgraft, large pod', over: 'go', ...cpu, body: 'large', target: 14 },
  { title: 'CPU of naive ÷ podgraft, ReplicaSet pod', over: 'naive', ...cpu, body: 'small', target: 2.5 },
  { title: 'CPU of naive ÷ podgraft, large pod', over: 'naive', ...cpu, body: 'large', target: 4 },
  {
    title: 'CPU with 10,000 templates ÷ with 10',
    over: 'podgraft-10000',
    under: 'podgraft-10',
    body: 'small',
    of: 'cpuMicroseconds',
    bound: 'at most',
    target: 1.05,
  },
  {
    title: 'p99 at 16 connections, podgraft ÷ limit',
    over: 'podgraft',
    under: 'limit',
    body: 'small',
    of: 'p99Ms',
    bound: 'at most',
    target: 1.6,
  },
];

/** The figures that come from slices. */
export function ratioFigures(rounds: readonly Round[]): readonly Figure[] {
  return ratios.map(({ title, over, under, body, of, bound, target }) => {
    const values = rounds.flatMap((round) => {
      const above = find(round, over, body);
      const below = find(round, under, body);
      return above === undefined || below === undefined ? [] : [above[of] / below[of]];
    });
    return { title, spread: values.length === 0 ? undefined : spreadOf(values), bound, target };
  });
}

function find(round: Round, server: ServerName, body: Body['name']): Measurement | undefined {
  return round.find((measurement) => measurement.server === server && measurement.body === body);
}

export const patchCostTarget = {
  title: 'Decision and patch ÷ JSON.parse, 1,500 env',
  bound: 'at most',
  target: 0.2,
} as const;
export const startTarget = {
  title: 'Start to end of inject ÷ node -e 0',
  bound: 'at most',
  target: 4,
} as const;
export const memoryTarget = {
  title: 'Resident memory after the run, podgraft ÷ limit',
  bound: 'at most',
  target: 1.3,
} as const;
