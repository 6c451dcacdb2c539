import { createHash } from 'node:crypto';
import { objectField, stringField } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { apiVersion } from '../core/keys.ts';
import type { ApiClient } from './api-client.ts';
import type { Verdict, Verdicts } from './verdict.ts';

/** What became of an Event: `there` by another replica, or by us before a restart; `dropped` where too many waited. */
export type EventResult = 'created' | 'there' | 'dropped' | 'failed';

/** `changed` just now: an Event of its own. `found`: the same Event, whoever finds it and however often. */
export type Occasion = 'changed' | 'found';

export interface TemplateEventsOptions {
  readonly client: ApiClient;
  /** All of the moment, read when this replica becomes the writer. */
  readonly verdicts: () => Verdicts;
  /** The replica's name. */
  readonly replica: string;
  readonly onResult: (result: EventResult) => void;
  readonly onProblem: (message: string | undefined) => void;
  readonly now?: () => Date;
  /** So many may wait. */
  readonly maxWaiting?: number;
}

/** Writes Events about templates (contract O6), never about pods. */
export interface TemplateEvents {
  /** Only the holder of the Lease writes. */
  readonly setWriting: (isWriting: boolean) => void;
  readonly tell: (verdict: Verdict, occasion: Occasion) => void;
  readonly close: () => Promise<void>;
}

/** The `reportingController` of each Event. */
export const reportingController = 'podgraft.dev/podgraft';

/**
 * Starts a writer that waits until it may write. One Event is written at a time and each is tried once: the status of a
 * template is what counts, Events only draw attention to it.
 */
export function newTemplateEvents(options: TemplateEventsOptions): TemplateEvents {
  const { client, verdicts, replica, onResult, onProblem, now = () => new Date(), maxWaiting = 100 } = options;
  const stop = new AbortController();
  const waiting: JsonObject[] = [];
  let isWriting = false;
  let working: Promise<void> | undefined;

  const write = async (event: JsonObject): Promise<void> => {
    const regarding = objectField(event, 'regarding');
    const namespace = stringField(regarding, 'namespace') ?? '';
    const about = `${stringField(regarding, 'kind') ?? ''} ${namespace}/${stringField(regarding, 'name') ?? ''}`;
    const result = await client.post({
      what: `create an Event about ${about}`,
      path: `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`,
      body: event,
      signal: stop.signal,
      isOnce: true,
    });
    if (result.kind === 'failed' && result.reason === 'aborted') return;
    const isThere = result.kind === 'failed' && result.reason === 'conflict';
    onResult(result.kind === 'ok' ? 'created' : isThere ? 'there' : 'failed');
    onProblem(result.kind === 'ok' || isThere ? undefined : result.message);
  };
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !stop.signal.aborted; next = waiting.shift()) {
      await write(next);
    }
    working = undefined;
  };
  const tell = (verdict: Verdict, occasion: Occasion): void => {
    if (!isWriting) return;
    if (waiting.length >= maxWaiting) {
      onResult('dropped');
      return;
    }
    waiting.push(toEvent(verdict, occasion, replica, now()));
    working ??= work();
  };

  return {
    setWriting: (isNow) => {
      isWriting = isNow;
      waiting.length = 0;
      // A PodTemplate has no status: the Event is all that says why it is not in use.
      if (isNow) for (const verdict of verdicts().values()) if (isSilentRejection(verdict)) tell(verdict, 'found');
    },
    tell,
    close: async () => {
      stop.abort();
      await working;
    },
  };
}

/**
 * When a verdict on a PodTemplate, which has no status that says whether it is news, is worth an Event: where it changed,
 * and what was there before we looked only where it is rejected. Undefined where it isn't.
 * @param wasReady whether all that there was had been judged before
 */
export function podTemplateOccasion(
  { subject, reason }: Verdict,
  before: Verdict | undefined,
  wasReady: boolean,
): Occasion | undefined {
  if (subject.kind !== 'PodTemplate') return undefined;
  if (before !== undefined || wasReady) return 'changed';
  return reason === 'Accepted' ? undefined : 'found';
}

function isSilentRejection({ subject, reason }: Verdict): boolean {
  return subject.kind === 'PodTemplate' && reason !== 'Accepted';
}

function toEvent({ subject, reason, message }: Verdict, occasion: Occasion, replica: string, now: Date): JsonObject {
  const { kind, namespace, name, uid, object } = subject;
  const resourceVersion = stringField(objectField(object, 'metadata'), 'resourceVersion') ?? '';
  const eventTime = now.toISOString().replace(/Z$/u, '000Z');
  const identity = [uid, resourceVersion, reason, message, ...(occasion === 'changed' ? [replica, eventTime] : [])];
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace, name: toEventName(name, identity) },
    eventTime,
    reportingController,
    reportingInstance: replica.slice(0, maxInstanceLength),
    type: reason === 'Accepted' ? 'Normal' : 'Warning',
    reason,
    action: reason === 'Accepted' ? 'Accept' : 'Reject',
    note: message,
    regarding: {
      apiVersion: kind === 'PodTemplate' ? 'v1' : apiVersion,
      kind,
      namespace,
      name,
      uid,
      resourceVersion,
    },
  };
}

/** What the API allows for `reportingInstance`. */
const maxInstanceLength = 128;
/** So that a name of the greatest length still has room for what comes behind it. */
const maxStemLength = 200;

function toEventName(name: string, identity: readonly string[]): string {
  const stem = name.slice(0, maxStemLength).replace(/[^a-z0-9]+$/u, '');
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  return `${stem}.${digest.slice(0, 16)}`;
}
