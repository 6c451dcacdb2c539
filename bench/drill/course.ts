import { quantileOf } from '../statistics.ts';

/** A drill: what is done to podgraft while pods are created, or what its replicas do to each other. */
export interface Drill {
  readonly name: string;
  /** As issue and reports call it. */
  readonly letter: 'a' | 'b' | 'c' | 'd';
  /** What happens, for help. */
  readonly title: string;
  /** Runs until `seconds` have passed since {@link Course.begin}, or the signal comes, and leaves nothing behind. */
  readonly run: (course: Course, seconds: number, signal: AbortSignal) => Promise<void>;
}

/** A drill as it goes on: all that is told of it, while it runs and in the end. */
export interface Course {
  /** Preparations are over: from now on it counts. */
  readonly begin: () => void;
  /** All is done: what is taken down now doesn't count. */
  readonly end: () => void;
  readonly isOn: () => boolean;
  /** From the one to the other; 0 before. */
  readonly seconds: () => number;
  readonly answered: (latencyMs: number) => void;
  /** A create that wasn't answered as it shall be, and why. */
  readonly failed: (reason: string) => void;
  /** What was done, or has happened: `CAs promoted` → 3. */
  readonly set: (event: string, count: number) => void;
  readonly add: (event: string) => void;
  /** What must not be, besides failed creates: a sentence. */
  readonly found: (finding: string) => void;
  readonly summary: () => Summary;
}

/** A drill in figures. */
export interface Summary {
  readonly drill: string;
  readonly seconds: number;
  readonly creates: number;
  readonly failed: number;
  readonly events: Readonly<Record<string, number>>;
  /** Milliseconds from when a create was due until it was answered; absent where there was none. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly maxMs?: number;
  /** Why it didn't pass, the first few reasons; empty where it did. */
  readonly reasons: readonly string[];
}

const shownReasons = 5;

/** A course of a drill, with nothing on it. */
export function newCourse(drill: string): Course {
  let startMs: number | undefined;
  let endMs: number | undefined;
  let failed = 0;
  const latencies: number[] = [];
  const events = new Map<string, number>();
  const findings: string[] = [];
  const reasons = new Map<string, { readonly first: number; count: number }>();
  const seconds = (): number => (startMs === undefined ? 0 : ((endMs ?? performance.now()) - startMs) / 1000);
  const describe = (): readonly string[] => [
    ...findings,
    ...[...reasons].map(([reason, { first, count }]) => {
      const when = `the first after ${first.toFixed(1)} s`;
      return `${count} ${count === 1 ? 'create' : 'creates'} failed, ${when}: ${reason}`;
    }),
  ];
  return {
    begin: () => {
      startMs = performance.now();
    },
    end: () => {
      endMs = performance.now();
    },
    isOn: () => startMs !== undefined && endMs === undefined,
    seconds,
    answered: (latencyMs) => latencies.push(latencyMs),
    failed: (reason) => {
      failed += 1;
      const known = reasons.get(reason);
      if (known === undefined) reasons.set(reason, { first: seconds(), count: 1 });
      else known.count += 1;
    },
    set: (event, count) => events.set(event, count),
    add: (event) => events.set(event, (events.get(event) ?? 0) + 1),
    found: (finding) => findings.push(finding),
    summary: () => ({
      drill,
      seconds: seconds(),
      creates: latencies.length + failed,
      failed,
      events: Object.fromEntries(events),
      ...(latencies.length > 0 && {
        p50Ms: quantileOf(latencies, 0.5),
        p99Ms: quantileOf(latencies, 0.99),
        maxMs: quantileOf(latencies, 1),
      }),
      reasons: describe().slice(0, shownReasons),
    }),
  };
}
