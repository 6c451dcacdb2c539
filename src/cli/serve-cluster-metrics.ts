import { Counter, Gauge } from 'prom-client';
import type { Metric, Registry } from 'prom-client';
import type { CertificateStep } from '../cluster/certificates.ts';
import type { RestartReason } from '../cluster/reflector.ts';
import type { EventResult } from '../cluster/template-events.ts';

/** The metrics of contract O1 about the cluster: counted here, registered when the server is there. */
export interface ClusterMetrics {
  readonly register: (registry: Registry) => void;
  readonly countList: (kind: string, result: 'ok' | 'error') => void;
  readonly countRestart: (kind: string, reason: RestartReason) => void;
  readonly noteSync: (kind: string) => void;
  readonly countStep: (phase: CertificateStep) => void;
  readonly countDrift: () => void;
  readonly countEvent: (result: EventResult) => void;
}

const restartReasons: readonly RestartReason[] = [
  'ended',
  'unreachable',
  'disconnected',
  'timeout',
  'aborted',
  'credentials',
  'unauthorized',
  'forbidden',
  'absent',
  'conflict',
  'gone',
  'busy',
  'refused',
  'broken',
  'garbage',
];
const steps: readonly CertificateStep[] = [
  'bootstrapped',
  'prepared',
  'restored',
  'published',
  'promoted',
  'retired',
  'leaf',
];

const eventResults: readonly EventResult[] = ['created', 'there', 'dropped', 'failed'];

/**
 * Makes the metrics, each series at 0 (contract O3).
 * @param kinds all kinds that are watched
 * @param isSynced whether a kind has been listed once
 */
export function newClusterMetrics(kinds: readonly string[], isSynced: (kind: string) => boolean): ClusterMetrics {
  const registers: Registry[] = [];
  const synced: Gauge = new Gauge({
    name: 'podgraft_cache_synced',
    help: '1 where all objects of a kind have been listed once.',
    labelNames: ['kind'],
    registers,
    collect: () => {
      for (const kind of kinds) synced.set({ kind }, isSynced(kind) ? 1 : 0);
    },
  });
  const lastSync = new Gauge({
    name: 'podgraft_cache_last_sync_timestamp_seconds',
    help: 'When the API server last said what there is: by a list, an event or a bookmark.',
    labelNames: ['kind'],
    registers,
  });
  const restarts = new Counter({
    name: 'podgraft_watch_restarts_total',
    help: 'Watches that were started again, by why the one before ended.',
    labelNames: ['kind', 'reason'],
    registers,
  });
  const lists = new Counter({
    name: 'podgraft_lists_total',
    help: 'Full lists that the API server was asked for.',
    labelNames: ['kind', 'result'],
    registers,
  });
  const rotations = new Counter({
    name: 'podgraft_cert_rotations_total',
    help: 'Steps of self-managed certificates that this replica took.',
    labelNames: ['phase'],
    registers,
  });
  const drift = new Counter({
    name: 'podgraft_cabundle_drift_total',
    help: 'Times that somebody else changed the caBundle of a webhook.',
    registers,
  });
  const templateEvents = new Counter({
    name: 'podgraft_template_events_total',
    help: 'Events about templates: created, there already, dropped because too many waited, failed.',
    labelNames: ['result'],
    registers,
  });
  for (const kind of kinds) {
    lastSync.set({ kind }, 0);
    for (const reason of restartReasons) restarts.inc({ kind, reason }, 0);
    for (const result of ['ok', 'error']) lists.inc({ kind, result }, 0);
  }
  for (const phase of steps) rotations.inc({ phase }, 0);
  for (const result of eventResults) templateEvents.inc({ result }, 0);
  return {
    register: (registry) => {
      const all: readonly Metric[] = [synced, lastSync, restarts, lists, rotations, drift, templateEvents];
      for (const metric of all) registry.registerMetric(metric);
    },
    countList: (kind, result) => lists.inc({ kind, result }),
    countRestart: (kind, reason) => restarts.inc({ kind, reason }),
    noteSync: (kind) => lastSync.set({ kind }, Date.now() / 1000),
    countStep: (phase) => rotations.inc({ phase }),
    countDrift: () => drift.inc(),
    countEvent: (result) => templateEvents.inc({ result }),
  };
}
