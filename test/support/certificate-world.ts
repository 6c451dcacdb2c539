import type { ApiClient, ApiResult } from '../../src/cluster/api-client.ts';
import { failure } from '../../src/cluster/api-failure.ts';
import type { CertificateFact, CertificateTools } from '../../src/cluster/certificate-facts.ts';
import type { CertificateTimes } from '../../src/cluster/certificate-plan.ts';
import { manageCertificates } from '../../src/cluster/certificates.ts';
import type { CertificateStep, ManagedCertificates } from '../../src/cluster/certificates.ts';
import { seededRandom } from '../../src/cluster/jitter.ts';
import type { Random } from '../../src/cluster/jitter.ts';
import { arrayField, field, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';

export const minuteMs = 60_000;
const worldTimes: CertificateTimes = { caLifeMs: 180 * minuteMs, leafLifeMs: 60 * minuteMs };

/** What goes wrong, besides replicas that are slow: each with its probability per minute. */
export interface Misfortunes {
  /** Somebody takes a caBundle away, or puts nonsense there. */
  readonly wipes: number;
  /** Somebody empties the Secret. */
  readonly losses: number;
  /** A replica is replaced by a new one. */
  readonly restarts: number;
  /** The part of the requests that fail, before or after they took effect. */
  readonly failures: number;
}

interface Replica {
  readonly name: string;
  readonly certificates: ManagedCertificates;
  leaf?: { readonly issuerId: string; readonly notAfterMs: number };
}

interface Published {
  readonly text: string;
  readonly fromMs: number;
  toMs: number;
}

interface Webhook {
  readonly configuration: string;
  text: string;
  /** False from when somebody else changed it until we put it back. */
  isOurs: boolean;
  /** All that we ever gave it. */
  readonly published: Published[];
}

/** A world without a clock of its own: what is to happen, by when, and replicas over an API that takes its time. */
export interface World {
  /** Lets the time pass; throws at the first moment in which a certificate in use isn't trusted. */
  readonly run: (forMs: number) => Promise<void>;
  /** Nothing goes wrong from now on, but requests. */
  readonly calmDown: () => void;
  readonly steps: readonly CertificateStep[];
  readonly replicas: readonly Replica[];
  readonly secret: () => JsonObject;
  readonly bundles: () => readonly string[];
  readonly close: () => Promise<void>;
}

const startMs = Date.UTC(2026, 0, 1);

/** Certificates as lines of text: which CA, under which, and for how long. */
function toolsOf(nowMs: () => number, delay: () => Promise<void>, name: () => string): CertificateTools {
  return {
    issueCa: async (_, lifeMs) => {
      await delay();
      const id = name();
      return {
        cert: `ca ${id} ${Math.round(nowMs()) - 5 * minuteMs} ${Math.round(nowMs()) + lifeMs}\n`,
        key: `key ${id}`,
      };
    },
    issueLeaf: async ({ ca }, _, lifeMs) => {
      await delay();
      const end = Math.min(nowMs() + lifeMs, ca.notAfterMs);
      return { cert: `leaf ${ca.id} ${Math.round(nowMs()) - 5 * minuteMs} ${Math.round(end)}\n`, key: '' };
    },
    read: readLines,
    isPair: (cert, key) => readLines(cert)?.[0]?.id === key.slice('key '.length),
  };
}

function readLines(text: string): readonly CertificateFact[] | undefined {
  const facts = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => /^(?:ca|leaf) (\S+) (\d+) (\d+)$/u.exec(line))
    .map((match) => ({
      pem: `${match?.[0] ?? ''}\n`,
      id: match?.[1] ?? '',
      notBeforeMs: Number(match?.[2]),
      notAfterMs: Number(match?.[3]),
    }));
  return facts.every(({ id }) => id !== '') ? facts : undefined;
}

export function createWorld(seed: string, replicaCount: number, misfortunes: Misfortunes): World {
  const random = seededRandom(seed);
  const steps: CertificateStep[] = [];
  let nowMs = startMs;
  let lastLossMs = Number.NEGATIVE_INFINITY;
  let serial = 0;
  const pending: { readonly atMs: number; readonly order: number; readonly go: () => void }[] = [];
  let order = 0;
  const at = (ms: number, go: () => void): void => {
    order += 1;
    pending.push({ atMs: nowMs + ms, order, go });
  };
  // Mostly quick; now and then a replica sleeps between two of its requests.
  const latency = (own: Random): number => (own() < 0.02 ? own() * 5 * minuteMs : own() * 200);
  const sleep = async (ms: number): Promise<void> => new Promise((resolve) => at(ms, resolve));

  let secretVersion = 1;
  let secret: JsonObject = { metadata: { namespace: 'p', name: 's', resourceVersion: '1' }, type: 'Opaque' };
  const configurations = new Map([
    ['mutatingwebhookconfigurations', { version: 1, count: 2 }],
    ['validatingwebhookconfigurations', { version: 1, count: 1 }],
  ]);
  const webhooks: Webhook[] = [...configurations].flatMap(([configuration, { count }]) =>
    Array.from({ length: count }, () => ({ configuration, text: '', isOurs: false, published: [] })),
  );
  const replicas: Replica[] = [];
  const wakeAll = (): void => {
    for (const { certificates } of replicas) at(random() * 500, certificates.wake);
  };
  const setBundle = (webhook: Webhook, text: string, isOurs: boolean): void => {
    const last = webhook.published.at(-1);
    if (webhook.isOurs && last !== undefined) last.toMs = nowMs;
    webhook.text = text;
    webhook.isOurs = isOurs;
    if (isOurs) webhook.published.push({ text, fromMs: nowMs, toMs: Number.POSITIVE_INFINITY });
  };

  const effect = (method: string, path: string, body: Json): ApiResult => {
    const asked = { what: `${method} ${path}`, server: 'world' };
    if (path.endsWith('/secrets/s')) {
      if (method === 'put' && isObject(body)) {
        const version = stringField(objectField(body, 'metadata'), 'resourceVersion');
        if (version !== String(secretVersion)) return failure(asked, 'conflict', '409', { status: 409 });
        secretVersion += 1;
        secret = { ...body, metadata: { ...objectField(body, 'metadata'), resourceVersion: String(secretVersion) } };
        wakeAll();
      }
      return { kind: 'ok', value: secret };
    }
    const name = path.split('/').at(-2) ?? '';
    const configuration = configurations.get(name);
    if (configuration === undefined) return failure(asked, 'absent', '404', { status: 404 });
    const mine = webhooks.filter((webhook) => webhook.configuration === name);
    if (method === 'patch') {
      const [test, ...operations] = arrayField({ body }, 'body');
      if (stringField(test, 'value') !== String(configuration.version)) {
        return failure(asked, 'refused', '422', { status: 422 });
      }
      configuration.version += 1;
      for (const operation of operations) {
        if (field(operation, 'op') !== 'add') continue;
        const index = Number(stringField(operation, 'path')?.split('/')[2]);
        const webhook = mine[index];
        if (webhook !== undefined) setBundle(webhook, decode(stringField(operation, 'value') ?? ''), true);
      }
      wakeAll();
    }
    return {
      kind: 'ok',
      value: {
        metadata: { name, resourceVersion: String(configuration.version) },
        webhooks: mine.map(({ text }, index) => ({
          name: `w${index}`,
          clientConfig: { service: { namespace: 'p', name: 'podgraft' }, caBundle: encode(text) },
        })),
      },
    };
  };

  const clientOf = (own: Random): ApiClient => {
    const call = async (method: string, path: string, body: Json): Promise<ApiResult> => {
      const asked = { what: `${method} ${path}`, server: 'world' };
      await sleep(latency(own));
      const fate = own();
      if (fate < misfortunes.failures / 2) return failure(asked, 'unreachable', 'ECONNREFUSED');
      const result = effect(method, path, structuredClone(body));
      await sleep(latency(own));
      // The change is made, and nobody hears of it.
      return fate < misfortunes.failures ? failure(asked, 'disconnected', 'ECONNRESET') : structuredClone(result);
    };
    return {
      server: 'world',
      asked: ({ what }) => ({ what, server: 'world' }),
      get: async ({ path }) => call('get', path, null),
      post: async ({ path, body }) => call('post', path, body),
      put: async ({ path, body }) => call('put', path, body),
      patch: async ({ path, body }) => call('patch', path, body),
      watch: async () => Promise.resolve({ kind: 'ended' }),
    };
  };
  const startReplica = (): void => {
    serial += 1;
    const name = `r${serial}`;
    const own = seededRandom(`${seed}/${name}`);
    const replica: Replica = {
      name,
      certificates: manageCertificates({
        client: clientOf(own),
        tools: toolsOf(
          () => nowMs,
          async () => sleep(latency(own)),
          () => `${name}.${(serial += 1)}`,
        ),
        secret: { namespace: 'p', name: 's' },
        configurations: [
          { type: 'mutating', name: 'x' },
          { type: 'validating', name: 'x' },
        ],
        owner: { namespace: 'p', service: 'podgraft', names: [] },
        times: worldTimes,
        random: own,
        nowMs: () => nowMs,
        wait: async (ms, signal) =>
          new Promise((resolve) => {
            if (signal.aborted) resolve();
            signal.addEventListener('abort', () => resolve());
            at(ms, resolve);
          }),
        events: {
          onStep: (step) => steps.push(step),
          onDrift: () => undefined,
          onLeaf: ({ cert }) => {
            const [fact] = readLines(cert) ?? [];
            if (fact !== undefined) replica.leaf = { issuerId: fact.id, notAfterMs: fact.notAfterMs };
          },
          onProblem: () => undefined,
        },
      }),
    };
    replicas.push(replica);
  };

  const check = (): void => {
    for (const { name, leaf } of replicas) {
      if (leaf === undefined) continue;
      const when = `${(nowMs - startMs) / minuteMs} min`;
      if (leaf.notAfterMs <= nowMs) throw new Error(`${name}'s leaf has ended at ${when}`);
      for (const { isOurs, text, published } of webhooks) {
        const isTrusted = (bundle: string): boolean =>
          (readLines(bundle) ?? []).some(({ id, notAfterMs }) => id === leaf.issuerId && notAfterMs > nowMs);
        if (isOurs && !isTrusted(text)) throw new Error(`${name}'s leaf is not trusted at ${when}: ${text}`);
        // An API server may still use what was published a while ago (contract P4); after a loss there is no help for that.
        const windowMs = 10 * minuteMs;
        if (nowMs - lastLossMs < 3 * windowMs) continue;
        for (const old of published.filter(({ toMs }) => toMs > nowMs - windowMs)) {
          if (!isTrusted(old.text))
            throw new Error(`${name}'s leaf is not trusted at ${when} by what was: ${old.text}`);
        }
      }
    }
  };
  let isCalm = false;
  const misfortune = (): void => {
    if (isCalm) return;
    at(minuteMs, misfortune);
    if (random() < misfortunes.wipes) {
      const webhook = webhooks[Math.floor(random() * webhooks.length)];
      const configuration = configurations.get(webhook?.configuration ?? '');
      if (webhook !== undefined && configuration !== undefined) {
        configuration.version += 1;
        setBundle(webhook, random() < 0.5 ? '' : 'nonsense', false);
        wakeAll();
      }
    }
    if (random() < misfortunes.losses) {
      secretVersion += 1;
      secret = { metadata: { namespace: 'p', name: 's', resourceVersion: String(secretVersion) }, type: 'Opaque' };
      lastLossMs = nowMs;
      wakeAll();
    }
    if (random() < misfortunes.restarts) {
      const [gone] = replicas.splice(Math.floor(random() * replicas.length), 1);
      void gone?.certificates.close();
      startReplica();
    }
  };

  for (let count = 0; count < replicaCount; count += 1) startReplica();
  at(minuteMs, misfortune);
  return {
    run: async (forMs) => {
      const endMs = nowMs + forMs;
      for (;;) {
        // Whatever follows from the last event without waiting has happened when the loop's turn is over.
        await new Promise((resolve) => setImmediate(resolve));
        check();
        pending.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
        const next = pending[0];
        if (next === undefined || next.atMs > endMs) break;
        pending.shift();
        nowMs = next.atMs;
        check();
        next.go();
      }
      nowMs = endMs;
    },
    calmDown: () => (isCalm = true),
    steps,
    replicas,
    secret: () => secret,
    bundles: () => webhooks.map(({ text }) => text),
    close: async () => {
      const closed = Promise.all(replicas.map(async ({ certificates }) => certificates.close()));
      for (let turn = 0; turn < 20; turn += 1) {
        for (const { go } of pending.splice(0)) go();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await closed;
    },
  };
}

/** What a bundle of the world trusts, by the CAs' names. */
export function trusted(bundle: string): readonly string[] {
  return (readLines(bundle) ?? []).map(({ id }) => id);
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
