import { field, objectField, own } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import type { ApiClient } from './api-client.ts';
import type { ApiFailure } from './api-failure.ts';
import { waitFor } from './wait.ts';

export interface LeaseOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  /** The chart makes the Lease: `create` can't be limited to a name (contract S21). */
  readonly name: string;
  /** The replica's name, another one for each. */
  readonly identity: string;
  /** Called when this replica becomes the holder, and when it no longer is. */
  readonly onChange: (isHolder: boolean) => void;
  readonly onProblem: (message: string | undefined) => void;
  /** So long a holder may be silent. */
  readonly durationMs?: number;
  /** So often a holder says that it is there, and the others look. */
  readonly renewMs?: number;
}

export interface Lease {
  readonly isHolder: () => boolean;
  readonly close: () => Promise<void>;
}

const releaseMs = 1000;

/**
 * Takes part in the election of one replica: a Lease (coordination.k8s.io/v1) that is changed by compare-and-swap only.
 * Whether its holder is silent is judged by our own clock, from when we saw its last sign: clocks of nodes differ.
 */
export function holdLease(options: LeaseOptions): Lease {
  const { client, namespace, name, identity, onChange, onProblem, durationMs = 30_000, renewMs = 10_000 } = options;
  const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases/${encodeURIComponent(name)}`;
  const stop = new AbortController();
  let isHolder = false;
  let seenSign = '';
  let seenMs = performance.now();
  let renewedMs = Number.NEGATIVE_INFINITY;

  const become = (now: boolean): void => {
    if (isHolder === now) return;
    isHolder = now;
    onChange(now);
  };
  const failed = ({ message, reason }: ApiFailure): void => {
    if (reason !== 'aborted' && reason !== 'conflict') onProblem(message);
    // A holder that can't say so is one until the others would take over.
    if (reason === 'conflict' || performance.now() - renewedMs > durationMs - renewMs) become(false);
  };

  const round = async (): Promise<void> => {
    const what = `${isHolder ? 'renew' : 'read'} Lease ${namespace}/${name}`;
    const read = await client.get({ what, path, signal: stop.signal });
    if (read.kind === 'failed') {
      failed(read);
      return;
    }
    const spec = objectField(read.value, 'spec');
    const holder = own(spec, 'holderIdentity') ?? '';
    const sign = JSON.stringify([holder, own(spec, 'renewTime') ?? '']);
    const nowMs = performance.now();
    if (sign !== seenSign) {
      seenSign = sign;
      seenMs = nowMs;
    }
    if (holder !== identity && holder !== '' && nowMs - seenMs < durationMs) {
      become(false);
      onProblem(undefined);
      return;
    }
    const body = renewed(read.value, spec, identity, durationMs);
    const written = await client.put({ what: `take Lease ${namespace}/${name}`, path, body, signal: stop.signal });
    if (written.kind === 'failed') {
      failed(written);
      return;
    }
    renewedMs = nowMs;
    onProblem(undefined);
    become(true);
  };

  /** Lets another replica take over at once; where that can't be said, it does when our time is over. */
  const release = async (): Promise<void> => {
    const read = await client.get({ what: `read Lease ${namespace}/${name}`, path, timeoutMs: releaseMs });
    if (read.kind === 'failed' || field(own(read.value, 'spec'), 'holderIdentity') !== identity) return;
    const body = { ...read.value, spec: { ...objectField(read.value, 'spec'), holderIdentity: '' } };
    await client.put({ what: `release Lease ${namespace}/${name}`, path, body, timeoutMs: releaseMs });
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await round();
      await waitFor(renewMs, stop.signal);
    }
  };
  const running = run();
  return {
    isHolder: () => isHolder,
    close: async () => {
      stop.abort();
      await running;
      if (isHolder) await release();
    },
  };
}

function renewed(lease: JsonObject, spec: JsonObject, identity: string, durationMs: number): JsonObject {
  // metav1.MicroTime has six digits behind the second.
  const now = new Date().toISOString().replace('Z', '000Z');
  const isMine = own(spec, 'holderIdentity') === identity;
  const transitions = field(spec, 'leaseTransitions');
  const count = typeof transitions === 'number' ? transitions : 0;
  return {
    ...lease,
    spec: {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.round(durationMs / 1000)),
      renewTime: now,
      acquireTime: isMine ? (own(spec, 'acquireTime') ?? now) : now,
      leaseTransitions: isMine ? count : count + 1,
    },
  };
}
