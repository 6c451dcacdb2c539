import { deepFreeze, objectField, stringField } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import type { ApiClient } from './api-client.ts';
import { failure } from './api-failure.ts';
import type { ApiFailure, FailureReason } from './api-failure.ts';
import { backOffMs, defaultBackOff } from './jitter.ts';
import type { BackOff, Random } from './jitter.ts';
import { listAll } from './list-all.ts';
import { waitFor } from './wait.ts';
import { parseWatchEvent } from './watch-event.ts';
import type { WatchedKind } from './watched-kind.ts';

/** Why a watch was started again: a closed word. `ended`: the API server ended it in good order. */
export type RestartReason = FailureReason | 'ended';

/** What is told about reflectors, for metrics and the log. */
export interface ReflectorEvents {
  readonly onListed: (kind: string, result: 'ok' | 'error') => void;
  /** Each proof that the store is what the cluster holds: a list, an event, a bookmark. */
  readonly onSynced: (kind: string) => void;
  readonly onRestart: (kind: string, reason: RestartReason) => void;
  /** One line; once for each state of affairs, not for each try. Undefined: it works again. */
  readonly onProblem: (kind: string, message: string | undefined) => void;
}

export interface ReflectorTimes {
  readonly backOff: BackOff;
  /** At most one list begins in so long (contract R15). */
  readonly listEveryMs: number;
  /** The first list waits up to so long, the one after a 410 up to `relistJitterMs`, so that replicas don't come at once. */
  readonly startJitterMs: number;
  readonly relistJitterMs: number;
  /** A watch lasts from the first to the second (contract R13). */
  readonly watchSeconds: readonly [number, number];
  /** So much longer than it should last a watch may be silent. */
  readonly idleSlackMs: number;
}

const defaultReflectorTimes: ReflectorTimes = {
  backOff: defaultBackOff,
  listEveryMs: 30_000,
  startJitterMs: 5000,
  relistJitterMs: 3000,
  watchSeconds: [240, 480],
  idleSlackMs: 10_000,
};

export interface ReflectorOptions {
  readonly client: ApiClient;
  readonly kind: WatchedKind;
  readonly random: Random;
  readonly events: ReflectorEvents;
  /** Called after each change of the store. */
  readonly onChange: () => void;
  readonly times?: Partial<ReflectorTimes>;
}

/** Objects by `namespace/name`; cluster-scoped ones by `/name`. */
export type Store = ReadonlyMap<string, JsonObject>;

/** One kind of object, kept in memory as the cluster has it. */
export interface Reflector {
  readonly kind: string;
  /** All objects, frozen; undefined until the first list has come. */
  readonly store: () => Store | undefined;
  /** What keeps it from being up to date, as one line. */
  readonly problem: () => string | undefined;
  readonly close: () => Promise<void>;
}

/** Failures for which the API server has read nothing: they cost it no list. */
const freeOfCharge: readonly FailureReason[] = [
  'unreachable',
  'unauthorized',
  'forbidden',
  'absent',
  'busy',
  'refused',
  'credentials',
];

/** A watch that lasted so long was a good one, even if nothing happened meanwhile. */
const healthyMs = 10_000;

/** So many unreadable lines in a row, and what we have is listed anew. */
const maxGarbage = 3;

/** Starts to reflect a kind: list, watch, and again, for ever (contract R12–R15). */
export function startReflector(options: ReflectorOptions): Reflector {
  const { client, kind, random, events, onChange } = options;
  const times = { ...defaultReflectorTimes, ...options.times };
  const stop = new AbortController();
  const { signal } = stop;
  let store: Map<string, JsonObject> | undefined;
  let resourceVersion: string | undefined;
  let problem: string | undefined;
  let failures = 0;
  let garbageInARow = 0;
  let lastListMs = Number.NEGATIVE_INFINITY;

  const tell = (message: string | undefined): void => {
    if (message === problem) return;
    problem = message;
    events.onProblem(kind.kind, message);
  };
  const synced = (): void => {
    failures = 0;
    garbageInARow = 0;
    events.onSynced(kind.kind);
    tell(undefined);
  };
  const failed = async ({ reason, message, retryAfterMs = 0 }: ApiFailure): Promise<void> => {
    tell(reason === 'absent' && kind.absentAdvice !== undefined ? kind.absentAdvice : message);
    const pauseMs = backOffMs(times.backOff, failures, random);
    failures += 1;
    await waitFor(Math.max(pauseMs, retryAfterMs), signal);
  };

  const list = async (): Promise<void> => {
    await waitFor(lastListMs + times.listEveryMs - performance.now(), signal);
    if (signal.aborted) return;
    const startedMs = performance.now();
    const { path, query, acceptList: accept } = kind;
    const listed = await listAll(client, { what: `list ${kind.kind}s`, path, query, accept, signal });
    if (signal.aborted) return;
    events.onListed(kind.kind, listed.kind === 'listed' ? 'ok' : 'error');
    if (listed.kind === 'listed' || !freeOfCharge.includes(listed.reason)) lastListMs = startedMs;
    if (listed.kind === 'failed') {
      await failed(listed);
      return;
    }
    const next = new Map<string, JsonObject>();
    for (const item of listed.items) {
      const key = keyOf(item);
      const old = store?.get(key);
      // The same object as before stays the same in memory, so that whoever compares sees that nothing changed.
      next.set(key, old !== undefined && versionOf(old) === versionOf(item) ? old : deepFreeze(kind.keep(item)));
    }
    store = next;
    ({ resourceVersion } = listed);
    synced();
    onChange();
  };

  /** Applies a line; an ending where the watch is over. */
  const apply = (line: string, current: Map<string, JsonObject>): ApiFailure | undefined => {
    const asked = client.asked({ what: `watch ${kind.kind}s` });
    const event = parseWatchEvent(line);
    switch (event.kind) {
      case 'garbage':
        garbageInARow += 1;
        return failure(asked, 'garbage', 'a line is no event');
      case 'error': {
        const { status, isGone, retryAfterMs } = event;
        const more = { status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
        return failure(asked, isGone ? 'gone' : status === 429 ? 'busy' : 'broken', `event ${status}`, more);
      }
      case 'bookmark':
        break;
      case 'put':
        current.set(keyOf(event.object), deepFreeze(kind.keep(event.object)));
        break;
      case 'delete':
        current.delete(keyOf(event.object));
    }
    ({ resourceVersion } = event);
    synced();
    if (event.kind !== 'bookmark') onChange();
    return undefined;
  };

  const watch = async (current: Map<string, JsonObject>, from: string): Promise<void> => {
    const [least, most] = times.watchSeconds;
    const seconds = Math.round(least + random() * (most - least));
    const startedMs = performance.now();
    let ending: ApiFailure | undefined;
    const end = await client.watch({
      what: `watch ${kind.kind}s`,
      path: kind.path,
      query: {
        ...kind.query,
        watch: '1',
        resourceVersion: from,
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(seconds),
      },
      accept: kind.acceptWatch,
      signal,
      idleMs: seconds * 1000 + times.idleSlackMs,
      onLine: (line) => (ending = apply(line, current)) === undefined,
    });
    if (signal.aborted) return;
    const reason = ending?.reason ?? (end.kind === 'failed' ? end.reason : 'ended');
    events.onRestart(kind.kind, reason);
    const problemOfEnd = ending ?? (end.kind === 'failed' ? end : undefined);
    if (reason === 'gone' || garbageInARow >= maxGarbage) {
      resourceVersion = undefined;
      garbageInARow = 0;
      if (reason === 'gone') {
        await waitFor(random() * times.relistJitterMs, signal);
        return;
      }
    }
    if (problemOfEnd !== undefined) {
      await failed(problemOfEnd);
      return;
    }
    if (performance.now() - startedMs >= healthyMs) synced();
    await waitFor(backOffMs(times.backOff, failures, random), signal);
    failures += 1;
  };

  const run = async (): Promise<void> => {
    await waitFor(random() * times.startJitterMs, signal);
    while (!signal.aborted) {
      if (store === undefined || resourceVersion === undefined) await list();
      else await watch(store, resourceVersion);
    }
  };
  const running = run();
  return {
    kind: kind.kind,
    store: () => store,
    problem: () => problem,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

function keyOf(object: JsonObject): string {
  const metadata = objectField(object, 'metadata');
  return `${stringField(metadata, 'namespace') ?? ''}/${stringField(metadata, 'name') ?? ''}`;
}

function versionOf(object: JsonObject): string | undefined {
  return stringField(objectField(object, 'metadata'), 'resourceVersion');
}
