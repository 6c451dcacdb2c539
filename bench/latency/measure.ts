import { spreadOf } from '../statistics.ts';
import type { ApiClient } from './api-client.ts';
import { podNames } from './rounds.ts';
import type { LatencyRound, PodName, Turn } from './rounds.ts';
import { createDryRun } from './stage.ts';
import { namespaceOf } from './ways.ts';
import type { Way } from './ways.ts';

/** A pod to create, again and again. */
export interface BenchPod {
  readonly name: PodName;
  /** JSON text. */
  readonly text: string;
}

export interface LatencyOptions {
  readonly ways: readonly Way[];
  readonly pods: readonly BenchPod[];
  readonly rounds: number;
  readonly onRound: (done: number) => void;
}

/** In a turn: enough for a median, and over before the machine has another mood. */
const creates: Readonly<Record<PodName, number>> = { small: 25, large: 11 };

/** How many pods a way has created in so many rounds. */
export function createsIn(rounds: number): number {
  return rounds * podNames.reduce((sum, name) => sum + creates[name], 0);
}

/** Creates each pod each way for a time, so that compilers, caches and connections are warm before anything counts. */
export async function warmUp(
  api: ApiClient,
  { ways, pods }: Pick<LatencyOptions, 'ways' | 'pods'>,
  secondsEach: number,
): Promise<void> {
  for (const pod of pods) {
    for (const way of ways) {
      const endMs = performance.now() + secondsEach * 1000;
      while (performance.now() < endMs) await createDryRun(api, namespaceOf(way), pod.text);
    }
  }
}

/** Creates pods one after the other, in turns: who is first changes with each round. */
export async function measureLatency(api: ApiClient, options: LatencyOptions): Promise<readonly LatencyRound[]> {
  const { ways, pods, rounds, onRound } = options;
  const results: LatencyRound[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const turns: Turn[] = [];
    const first = round % ways.length;
    for (const pod of pods) {
      for (const way of [...ways.slice(first), ...ways.slice(0, first)]) turns.push(await takeTurn(api, way, pod));
    }
    results.push(turns);
    onRound(round + 1);
  }
  return results;
}

async function takeTurn(api: ApiClient, way: Way, pod: BenchPod): Promise<Turn> {
  const milliseconds: number[] = [];
  for (let count = 0; count < creates[pod.name]; count += 1) {
    milliseconds.push((await createDryRun(api, namespaceOf(way), pod.text)).ms);
  }
  return { way, pod: pod.name, p50Ms: spreadOf(milliseconds).median };
}
