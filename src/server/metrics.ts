import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { problemKinds } from '../core/problem.ts';
import type { Activity } from './activity.ts';
import { newTally } from './tally.ts';
import { webhooks } from './webhooks.ts';

/** How a request ended, beyond what a decision says. */
export type Outcome = 'patched' | 'unchanged' | 'denied' | 'error' | 'shed' | 'rejected' | 'aborted';

/** All pairs that happen, so that each series is there from the start (contract O3). 499: the client went away. */
const ends: readonly (readonly [Outcome, number])[] = [
  ['patched', 200],
  ['unchanged', 200],
  ['denied', 200],
  ['error', 500],
  ['shed', 429],
  ['shed', 503],
  ['rejected', 400],
  ['rejected', 403],
  ['rejected', 405],
  ['rejected', 408],
  ['rejected', 413],
  ['rejected', 415],
  ['aborted', 499],
];

/** What nobody has caught, by how it came up (contract R37). */
export type UnhandledKind = 'rejection' | 'exception';

interface RequestLabels {
  readonly webhook: string;
  readonly outcome: Outcome;
  readonly code: number;
}

/** What is measured when it is asked for. */
export interface MetricSources {
  readonly activity: Activity;
  /** `active`: in use; `invalid`: registered, but with problems. */
  readonly templates: () => Readonly<Record<'active' | 'invalid', number>>;
  /** Milliseconds since the epoch; undefined where there is no certificate. */
  readonly notAfterMs: () => Readonly<Record<'leaf' | 'ca', number | undefined>>;
  /** How often a certificate that had changed could not be used. */
  readonly certificateProblems: () => number;
  readonly version: string;
}

export interface Metrics {
  readonly registry: Registry;
  readonly countRequest: (webhook: string, outcome: Outcome, code: number) => void;
  readonly observeDuration: (webhook: string, seconds: number) => void;
  readonly countDenial: (reason: string) => void;
  readonly observePatch: (bytes: number) => void;
  readonly countSelfCheckFailure: () => void;
  readonly countMisdirected: () => void;
  readonly countUnhandled: (kind: UnhandledKind) => void;
  /** Stops measuring the event loop. */
  readonly close: () => void;
}

/** The metrics of contract O1, each series registered at 0, none with a label that a pod could make grow (O2). */
export function createMetrics(sources: MetricSources): Metrics {
  const { activity, templates, notAfterMs, certificateProblems, version } = sources;
  const registry = new Registry();
  const registers = [registry];
  const pending = newTally<RequestLabels>();
  const requests: Counter = new Counter({
    name: 'podgraft_admission_requests_total',
    help: 'Admission requests by how they ended.',
    labelNames: ['webhook', 'outcome', 'code'],
    registers,
    collect: (): void => pending.drain((labels, count) => requests.inc({ ...labels }, count)),
  });
  const durations = new Histogram({
    name: 'podgraft_admission_duration_seconds',
    help: 'Time from the first byte of a review to its answer.',
    labelNames: ['webhook'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  const denials = new Counter({
    name: 'podgraft_denials_total',
    help: 'Refused pods by the kind of their first problem.',
    labelNames: ['reason'],
    registers,
  });
  const patchBytes = new Histogram({
    name: 'podgraft_patch_bytes',
    help: 'Size of the patches that were sent, as JSON.',
    buckets: [256, 1024, 4096, 16_384, 65_536, 262_144],
    registers,
  });
  const selfCheckFailures = new Counter({
    name: 'podgraft_self_check_failures_total',
    help: 'Patches that our own check refused: each is a bug of podgraft.',
    registers,
  });
  const misdirected = new Counter({
    name: 'podgraft_misdirected_reviews_total',
    help: 'Reviews of other things than new pods: the webhook configuration sends too much.',
    registers,
  });
  const unhandled = new Counter({
    name: 'podgraft_unhandled_errors_total',
    help: 'Errors that nothing has caught: each is a bug of podgraft.',
    labelNames: ['kind'],
    registers,
  });
  const certProblems: Counter = new Counter({
    name: 'podgraft_cert_problems_total',
    help: 'How often a certificate that had changed could not be used, and the one from before stayed.',
    registers,
    collect: (): void => {
      certProblems.reset();
      certProblems.inc(certificateProblems());
    },
  });
  gauge('podgraft_admission_in_flight', 'Admission requests that are being worked on.', () => activity.inFlight);

  const templateCounts = new Gauge({
    name: 'podgraft_templates',
    help: 'Templates by state.',
    labelNames: ['state'],
    registers,
    collect: () => {
      for (const [state, count] of Object.entries(templates())) templateCounts.set({ state }, count);
    },
  });
  const notAfter = new Gauge({
    name: 'podgraft_cert_not_after_seconds',
    help: 'When the certificate ends, in seconds since the epoch.',
    labelNames: ['role'],
    registers,
    collect: () => {
      for (const [role, ms] of Object.entries(notAfterMs())) notAfter.set({ role }, (ms ?? 0) / 1000);
    },
  });
  const eventLoop = monitorEventLoopDelay({ resolution: 20 });
  eventLoop.enable();
  gauge('podgraft_eventloop_lag_seconds', 'How late timers came since the last scrape, 99th percentile.', () => {
    const lag = eventLoop.percentile(99) / 1e9;
    eventLoop.reset();
    return lag;
  });
  new Gauge({
    name: 'podgraft_build_info',
    help: 'Always 1; its labels say what is running.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.versions.node }, 1);

  function gauge(name: string, help: string, read: () => number): void {
    const made: Gauge = new Gauge({ name, help, registers, collect: (): void => made.set(read()) });
  }

  for (const { name } of webhooks) {
    durations.zero({ webhook: name });
    for (const [outcome, code] of ends) requests.inc({ webhook: name, outcome, code }, 0);
  }
  for (const { reason } of Object.values(problemKinds)) denials.inc({ reason }, 0);
  for (const kind of ['rejection', 'exception']) unhandled.inc({ kind }, 0);

  return {
    registry,
    countRequest: (webhook, outcome, code) => pending.count(webhook + outcome + code, { webhook, outcome, code }),
    observeDuration: (webhook, seconds) => durations.observe({ webhook }, seconds),
    countDenial: (reason) => denials.inc({ reason }),
    observePatch: (bytes) => patchBytes.observe(bytes),
    countSelfCheckFailure: () => selfCheckFailures.inc(),
    countMisdirected: () => misdirected.inc(),
    countUnhandled: (kind) => unhandled.inc({ kind }),
    close: () => eventLoop.disable(),
  };
}
