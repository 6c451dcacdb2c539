import type { ApiClient } from './api-client.ts';
import type { ApiFailure } from './api-failure.ts';
import type { Authority, CertificateTools, IssuedPair } from './certificate-facts.ts';
import { bootstrapped, checkEveryMs, decide, isTrusted, prepared } from './certificate-plan.ts';
import type { CertificateAction, CertificateTimes, LeafFact, Situation } from './certificate-plan.ts';
import { parseSecret, renderSecret } from './certificate-state.ts';
import type { CertificateState, SecretView } from './certificate-state.ts';
import { backOffMs, defaultBackOff } from './jitter.ts';
import type { Random } from './jitter.ts';
import { waitFor } from './wait.ts';
import { describeConfiguration, publishBundle, readConfigurations } from './webhook-configurations.ts';
import type { ConfigurationName, LiveConfiguration, WebhookOwner } from './webhook-configurations.ts';

/** What happened to the certificates: a closed word, for metrics. `leaf`: a new one of our own. */
export type CertificateStep = 'bootstrapped' | 'prepared' | 'restored' | 'published' | 'promoted' | 'retired' | 'leaf';

export interface CertificateEvents {
  readonly onStep: (step: CertificateStep) => void;
  /** Somebody changed a caBundle; it is put back (P10, T43). */
  readonly onDrift: () => void;
  /** A leaf to serve with, which every webhook trusts. */
  readonly onLeaf: (pair: IssuedPair & { readonly caNotAfterMs: number }) => void;
  /** One line for each state of affairs that is no good one; undefined: all is well again. */
  readonly onProblem: (message: string | undefined) => void;
}

export interface CertificateOptions {
  readonly client: ApiClient;
  readonly tools: CertificateTools;
  /** The Secret, which the chart makes empty: `create` can't be limited to a name (contract S21). */
  readonly secret: { readonly namespace: string; readonly name: string };
  readonly configurations: readonly ConfigurationName[];
  readonly owner: WebhookOwner;
  readonly times: CertificateTimes;
  readonly random: Random;
  readonly events: CertificateEvents;
  /** Milliseconds since the epoch, for tests. */
  readonly nowMs?: () => number;
  /** For tests with a clock of their own. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Certificates that look after themselves (contract §2.4). */
export interface ManagedCertificates {
  /** True once a leaf is in use that every webhook trusted; only its end makes that false again (R4). */
  readonly isReady: () => boolean;
  /** What is wrong now, as one line. */
  readonly problem: () => string | undefined;
  /** Something may have changed: look at once. */
  readonly wake: () => void;
  readonly close: () => Promise<void>;
}

/** Replicas that see the same drift don't come in the same moment; all come within the 2 s of P10. */
const driftJitterMs = 300;
const conflictJitterMs = 200;
/** Somebody who changes a caBundle again and again gets an answer so often at most. */
const publishEveryMs = 1000;

/** Begins to look after the certificates: reads, decides, does one thing, and again. */
export function manageCertificates(options: CertificateOptions): ManagedCertificates {
  const { client, tools, secret, configurations, owner, times, random, events } = options;
  const { nowMs = Date.now, wait = waitFor } = options;
  const path = `/api/v1/namespaces/${encodeURIComponent(secret.namespace)}/secrets/${encodeURIComponent(secret.name)}`;
  const secretName = `Secret ${secret.namespace}/${secret.name}`;
  const stop = new AbortController();
  const { signal } = stop;
  const jitter = random();
  let remembered: CertificateState | undefined;
  let lastLive: readonly LiveConfiguration[] | undefined;
  let leaf: LeafFact | undefined;
  let isReady = false;
  let problem: string | undefined;
  let failures = 0;
  let publishedText: string | undefined;
  let lastPublishMs = Number.NEGATIVE_INFINITY;
  let sleep = new AbortController();
  let isAwake = false;

  const tell = (message: string | undefined): void => {
    if (message === problem) return;
    problem = message;
    events.onProblem(message);
  };
  const situationOf = (view: SecretView, live: readonly LiveConfiguration[]): Situation => ({
    secret: view,
    bundles: live.flatMap(({ webhooks }) => webhooks),
    nowMs: nowMs(),
    times,
    jitter,
    ...(remembered !== undefined && { remembered }),
    ...(leaf !== undefined && { leaf }),
  });
  const pause = async (ms: number): Promise<void> => {
    if (!isAwake) {
      sleep = new AbortController();
      await wait(ms, AbortSignal.any([signal, sleep.signal]));
    }
    isAwake = false;
  };
  const failed = async (result: ApiFailure): Promise<void> => {
    if (result.reason === 'conflict') {
      await wait(random() * conflictJitterMs, signal);
      return;
    }
    if (result.reason !== 'aborted') tell(result.message);
    const backOff = backOffMs(defaultBackOff, failures, random);
    failures += 1;
    await renewFromMemory();
    await wait(Math.max(backOff, result.retryAfterMs ?? 0), signal);
  };

  const issue = async (signer: Authority): Promise<void> => {
    const pair = await tools.issueLeaf(signer, nowMs(), times.leafLifeMs);
    const [fact] = tools.read(pair.cert) ?? [];
    if (fact === undefined || signal.aborted) return;
    leaf = { issuerId: signer.ca.id, notBeforeMs: fact.notBeforeMs, notAfterMs: fact.notAfterMs };
    events.onLeaf({ ...pair, caNotAfterMs: signer.ca.notAfterMs });
    events.onStep('leaf');
  };
  /** While the API server is away a leaf that is due is made from what was known last: webhooks can't have changed. */
  const renewFromMemory = async (): Promise<void> => {
    if (remembered === undefined || lastLive === undefined) return;
    const action = decide(situationOf({ kind: 'state', state: remembered, secret: {} }, lastLive));
    if (action.kind === 'issue') await issue(action.signer);
  };
  const newAuthority = async (): Promise<Authority | undefined> => {
    const { cert, key } = await tools.issueCa(nowMs(), times.caLifeMs);
    const [ca] = tools.read(cert) ?? [];
    return ca === undefined ? undefined : { ca, key };
  };
  /** Compare-and-swap: a state that somebody else has changed meanwhile is read anew (P0). */
  const write = async (view: SecretView, state: CertificateState, step: CertificateStep): Promise<void> => {
    if (!('secret' in view)) return;
    const body = renderSecret(view.secret, state);
    const result = await client.put({ what: `write ${secretName}`, path, body, signal });
    if (result.kind === 'failed') {
      await failed(result);
      return;
    }
    remembered = state;
    events.onStep(step);
  };
  const publish = async (live: readonly LiveConfiguration[], bundle: string): Promise<void> => {
    const isDrift = publishedText === bundle;
    if (isDrift) events.onDrift();
    const earliestMs = lastPublishMs + publishEveryMs - nowMs();
    const pauseMs = Math.max(isDrift ? random() * driftJitterMs : 0, Math.min(earliestMs, publishEveryMs));
    if (pauseMs > 0) {
      // What was read before a pause is too old to be patched by: it is read again after it.
      lastPublishMs = Number.NEGATIVE_INFINITY;
      publishedText = undefined;
      await wait(pauseMs, signal);
      return;
    }
    lastPublishMs = nowMs();
    for (const configuration of live) {
      if (configuration.webhooks.every(({ text }) => text === bundle)) continue;
      const result = await publishBundle(client, configuration, bundle, signal);
      if (result.kind === 'failed') {
        await failed(result);
        return;
      }
    }
  };

  const act = async (
    action: CertificateAction,
    view: SecretView,
    live: readonly LiveConfiguration[],
  ): Promise<void> => {
    switch (action.kind) {
      case 'bootstrap': {
        const authority = await newAuthority();
        if (authority === undefined) return;
        await write(view, bootstrapped(authority, action.keep, nowMs(), times), 'bootstrapped');
        return;
      }
      case 'prepare': {
        const next = await newAuthority();
        if (next !== undefined) await write(view, prepared(action.state, next), 'prepared');
        return;
      }
      case 'write':
        await write(view, action.state, action.step);
        return;
      case 'publish':
        await publish(live, action.bundle);
        return;
      case 'issue':
        await issue(action.signer);
        return;
      case 'wait':
        await pause(action.ms);
    }
  };

  const round = async (): Promise<void> => {
    // In this order: see decide.
    const read = await readConfigurations(client, configurations, owner, tools.read, signal);
    if (read.kind === 'failed') {
      await failed(read);
      return;
    }
    const view = await readSecret();
    if (view.kind === 'failed') {
      await failed(view);
      return;
    }
    if (view.kind === 'state') remembered = view.state;
    lastLive = read.configurations;
    const situation = situationOf(view, read.configurations);
    const action = decide(situation);
    isReady ||= leaf !== undefined && isTrusted(leaf.issuerId, situation.bundles);
    if (action.kind === 'wait' && view.kind === 'state') publishedText = situation.bundles[0]?.text;
    failures = 0;
    tell(problemOf(action, read.absent, read.configurations));
    await act(action, view, read.configurations);
  };
  const readSecret = async (): Promise<SecretView | ApiFailure> => {
    const result = await client.get({ what: `read ${secretName}`, path, signal });
    if (result.kind === 'ok') return parseSecret(result.value, tools);
    return result.reason === 'absent' ? { kind: 'absent' } : result;
  };
  const problemOf = (
    action: CertificateAction,
    absent: readonly string[],
    live: readonly LiveConfiguration[],
  ): string | undefined => {
    if (action.kind === 'wait' && action.problem !== undefined) return `${secretName}: ${action.problem}`;
    if (action.kind !== 'wait') return problem;
    if (absent.length > 0) return `${absent.join(' and ')}: not there, so nobody calls podgraft; install the chart's`;
    const foreign = live.find((configuration) => configuration.foreign > 0);
    if (foreign === undefined) return undefined;
    return `${describeConfiguration(foreign)}: ${foreign.foreign} of its webhooks do not call Service ${owner.namespace}/${owner.service} and are left alone`;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) await round();
  };
  const running = run();
  // By the wall clock, whatever the loop is waiting for (P6).
  const check = setInterval(() => wake(), checkEveryMs);
  check.unref();
  const wake = (): void => {
    isAwake = true;
    sleep.abort();
  };
  return {
    isReady: () => isReady,
    problem: () => problem,
    wake,
    close: async () => {
      clearInterval(check);
      stop.abort();
      await running;
    },
  };
}
