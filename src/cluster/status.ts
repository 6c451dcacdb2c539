import { objectField, own } from '../core/json.ts';
import { apiVersion } from '../core/keys.ts';
import type { ApiClient } from './api-client.ts';
import { backOffMs, defaultBackOff } from './jitter.ts';
import type { Random } from './jitter.ts';
import { isSaid, toStatus } from './template-status.ts';
import type { Verdict, Verdicts } from './verdict.ts';
import { waitFor } from './wait.ts';

export interface StatusOptions {
  readonly client: ApiClient;
  /** All of the moment, read when this replica becomes the writer. */
  readonly verdicts: () => Verdicts;
  readonly random: Random;
  /** A verdict that is another one than the status said before has been written. */
  readonly onChanged: (verdict: Verdict) => void;
  readonly onProblem: (message: string | undefined) => void;
  readonly now?: () => Date;
}

/** Writes the status of InjectionTemplates; PodTemplates have none. */
export interface StatusWriter {
  /** Only the holder of the Lease writes. */
  readonly setWriting: (isWriting: boolean) => void;
  /** A verdict is new; undefined where its object is gone. */
  readonly note: (key: string, verdict: Verdict | undefined) => void;
  readonly close: () => Promise<void>;
}

/** Starts a writer that waits until it may write. One status is written at a time, so that ten thousand are no storm. */
export function newStatusWriter({
  client,
  verdicts,
  random,
  onChanged,
  onProblem,
  now = () => new Date(),
}: StatusOptions): StatusWriter {
  const stop = new AbortController();
  const waiting = new Map<string, Verdict>();
  let isWriting = false;
  let failures = 0;
  let working: Promise<void> | undefined;

  /** False where it should be tried again. */
  const write = async (verdict: Verdict): Promise<boolean> => {
    const { subject } = verdict;
    const status = toStatus(verdict, now());
    if (status === undefined) return true;
    const { namespace, name, id } = subject;
    const result = await client.patch(
      {
        what: `write the status of InjectionTemplate ${id}`,
        path: `/apis/${apiVersion}/namespaces/${encodeURIComponent(namespace)}/injectiontemplates/${encodeURIComponent(name)}/status`,
        // The resource version makes it a compare-and-swap: a verdict on an older object is worth nothing.
        body: {
          metadata: { resourceVersion: own(objectField(subject.object, 'metadata'), 'resourceVersion') ?? null },
          status,
        },
        signal: stop.signal,
      },
      'application/merge-patch+json',
    );
    if (result.kind === 'ok') {
      if (!isSaid(verdict)) onChanged(verdict);
      return true;
    }
    if (result.reason === 'aborted') return true;
    // It is gone, or another one by now: the watch brings what there is to say.
    if (result.reason === 'conflict' || result.reason === 'absent') return true;
    onProblem(result.message);
    await waitFor(Math.max(backOffMs(defaultBackOff, failures, random), result.retryAfterMs ?? 0), stop.signal);
    failures += 1;
    return false;
  };

  const takeNext = (): readonly [string, Verdict] | undefined => {
    const [next] = waiting;
    if (next === undefined || !isWriting || stop.signal.aborted) return undefined;
    waiting.delete(next[0]);
    return next;
  };
  const work = async (): Promise<void> => {
    for (let next = takeNext(); next !== undefined; next = takeNext()) {
      const [key, verdict] = next;
      if (await write(verdict)) {
        if (failures > 0) onProblem(undefined);
        failures = 0;
      } else if (!waiting.has(key)) waiting.set(key, verdict);
    }
    working = undefined;
  };
  const wake = (): void => {
    if (isWriting && waiting.size > 0) working ??= work();
  };

  return {
    setWriting: (isNow) => {
      isWriting = isNow;
      waiting.clear();
      if (isNow) for (const [key, verdict] of verdicts()) addTo(waiting, key, verdict);
      wake();
    },
    note: (key, verdict) => {
      if (!isWriting) return;
      if (verdict === undefined) waiting.delete(key);
      else addTo(waiting, key, verdict);
      wake();
    },
    close: async () => {
      stop.abort();
      await working;
    },
  };
}

function addTo(waiting: Map<string, Verdict>, key: string, verdict: Verdict): void {
  if (verdict.subject.kind === 'InjectionTemplate') waiting.set(key, verdict);
}
