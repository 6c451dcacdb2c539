import type { ApiClient } from '../cluster/api-client.ts';
import { formatFirstProblem } from '../cluster/cluster-template.ts';
import type { Random } from '../cluster/jitter.ts';
import { holdLease } from '../cluster/lease.ts';
import { findNamespace } from '../cluster/namespace-cache.ts';
import { startReflector } from '../cluster/reflector.ts';
import type { Reflector, ReflectorEvents, ReflectorTimes } from '../cluster/reflector.ts';
import { newStatusWriter } from '../cluster/status.ts';
import { isSameVerdict, newTemplateCache } from '../cluster/template-cache.ts';
import type { TemplateCache } from '../cluster/template-cache.ts';
import { newTemplateEvents, podTemplateOccasion } from '../cluster/template-events.ts';
import type { EventResult } from '../cluster/template-events.ts';
import { injectionTemplates, namespaces, podTemplates } from '../cluster/watched-kind.ts';
import type { SettingValues } from '../config/settings-table.ts';
import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import type { Settings } from '../core/settings.ts';
import type { ReadyCheck } from '../server/probe-app.ts';
import type { Identity } from './serve-cluster-identity.ts';
import type { TemplateWatch } from './watch-templates.ts';

export interface TemplateWiring {
  readonly values: SettingValues;
  readonly settings: Settings;
  readonly client: ApiClient;
  readonly identity: Identity;
  readonly random: Random;
  readonly events: ReflectorEvents;
  readonly times: Partial<ReflectorTimes>;
  /** The templates of `--templates`, which come before the cluster's. */
  readonly files: TemplateWatch;
  readonly onProblem: (message: string) => void;
  /** A template of the cluster isn't served as it stands: its kind and id, and why. */
  readonly onRejected: (template: string, reason: string, message: string) => void;
  /** What became of an Event about a template. */
  readonly onEvent: (result: EventResult) => void;
}

export interface ClusterTemplates {
  readonly cache: TemplateCache;
  readonly namespaceOf: (name: string) => NamespaceInfo | undefined;
  /** Whether all kinds have been read once (R1); what happens later changes nothing (R4). */
  readonly checks: () => readonly ReadyCheck[];
  readonly close: () => Promise<void>;
}

/** The kinds that decisions depend on, for metrics. */
export const templateKinds = [injectionTemplates.kind, podTemplates.kind, namespaces.kind];

/** Reads templates and namespaces of the cluster, keeps them up to date, and says in their status what became of them. */
export function openClusterTemplates(wiring: TemplateWiring): ClusterTemplates {
  const { values, settings, client, identity, random, events, times, files, onProblem, onRejected, onEvent } = wiring;
  const start = (kind: typeof namespaces, onChange: () => void): Reflector =>
    startReflector({ client, kind, random, events, onChange, times });
  const cache = newTemplateCache({
    settings,
    limits: { templates: values.templatesPerNamespace, bytes: values.templateBytesPerNamespace },
    stores: () => ({ InjectionTemplate: reflectors.injection.store(), PodTemplate: reflectors.pod.store() }),
    files: () => {
      const { templates } = files.active();
      return { templates, ids: new Set([...templates.map(({ id }) => id), ...files.loaded().invalid]) };
    },
    onVerdict: (key, verdict, before) => {
      status.note(key, verdict);
      if (verdict === undefined || isSameVerdict(before, verdict)) return;
      const occasion = podTemplateOccasion(verdict, before, cache.isReady());
      if (occasion !== undefined) told.tell(verdict, occasion);
      if (verdict.reason === 'Accepted') return;
      const { reason, message, subject } = verdict;
      onRejected(key, reason, reason === 'Invalid' ? formatFirstProblem(subject) : message);
    },
  });
  const told = newTemplateEvents({
    client,
    verdicts: cache.verdicts,
    replica: identity.replica,
    onResult: onEvent,
    onProblem: onlyNews(onProblem),
  });
  const status = newStatusWriter({
    client,
    verdicts: cache.verdicts,
    random,
    onChanged: (verdict) => told.tell(verdict, 'changed'),
    onProblem: onlyNews(onProblem),
  });
  const reflectors = {
    injection: start(injectionTemplates, cache.changed),
    pod: start(podTemplates, cache.changed),
    namespaces: start(namespaces, () => undefined),
  };
  const lease = holdLease({
    client,
    namespace: identity.namespace,
    name: values.statusLease,
    identity: identity.replica,
    onChange: (isHolder) => {
      told.setWriting(isHolder);
      status.setWriting(isHolder);
    },
    onProblem: onlyNews(onProblem),
  });
  const all = Object.values(reflectors);
  return {
    cache,
    namespaceOf: (name) => findNamespace(reflectors.namespaces.store(), name),
    checks: () => [
      ...all.map(({ kind, store, problem }) => ({
        name: `${kind}s`,
        isOk: store() !== undefined,
        detail: problem() ?? 'they are being listed',
      })),
      { name: 'templates', isOk: cache.isReady(), detail: 'they are being read' },
    ],
    close: async () => {
      cache.close();
      await Promise.all([lease.close(), status.close(), told.close(), ...all.map(async ({ close }) => close())]);
    },
  };
}

/** Tells a message once until another one, or none, has come. */
function onlyNews(tell: (message: string) => void): (message: string | undefined) => void {
  let last: string | undefined;
  return (message) => {
    if (message !== undefined && message !== last) tell(message);
    last = message;
  };
}
