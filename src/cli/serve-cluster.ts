import manifest from '../../package.json' with { type: 'json' };
import { findConfig, openClient } from '../cluster/client.ts';
import { seededRandom } from '../cluster/jitter.ts';
import type { ReflectorEvents, ReflectorTimes } from '../cluster/reflector.ts';
import { toSettings } from '../config/parse-config.ts';
import type { SettingValues } from '../config/settings-table.ts';
import { createLog } from '../server/log.ts';
import type { ReadyCheck } from '../server/probe-app.ts';
import { startServer } from '../server/start-server.ts';
import type { RunningServer } from '../server/start-server.ts';
import { openClientAuth } from './serve-clients.ts';
import { certificateKinds, openClusterCertificate } from './serve-cluster-certificates.ts';
import { readIdentity } from './serve-cluster-identity.ts';
import type { Identity } from './serve-cluster-identity.ts';
import { newClusterMetrics } from './serve-cluster-metrics.ts';
import { openClusterTemplates, templateKinds } from './serve-cluster-templates.ts';
import { serverOptions } from './serve-options.ts';
import { notYetProbed, probeTls } from './serve-tls-probe.ts';
import type { TlsProbe } from './serve-tls-probe.ts';
import { watchTemplates } from './watch-templates.ts';

/** The webhook, serving the templates of a cluster. */
export interface ClusterWebhook {
  readonly server: RunningServer;
  readonly identity: Identity;
  /** The API server's address. */
  readonly apiServer: string;
  /** Stops, gracefully first; a second call with `now` ends the waiting. */
  readonly stop: (how: 'drain' | 'now') => Promise<void>;
}

export type OpenedClusterWebhook =
  | { readonly kind: 'running'; readonly webhook: ClusterWebhook }
  /** One line for the person who started it. */
  | { readonly kind: 'failed'; readonly message: string };

/** Whether `serve` works with a cluster: because it was told so, or because no files are named and there is one. */
export async function isClusterWanted({ cluster, templates, kubeconfig }: SettingValues): Promise<boolean> {
  if (cluster || templates.length > 0) return cluster;
  const source = kubeconfig === undefined ? {} : { kubeconfig };
  return (await findConfig({ ...source, env: process.env })).kind !== 'none';
}

/**
 * Starts the webhook in a cluster (contract R1): the probes at once, so that they say what is missing; reviews are
 * answered when templates and namespaces have been read once, the API server trusts the certificate, and the server
 * presents it. The API server going away later changes nothing of that (R4).
 */
export async function openClusterWebhook(values: SettingValues): Promise<OpenedClusterWebhook> {
  const { kubeconfig, host } = values;
  const opened = await openClient({
    ...(kubeconfig !== undefined && { kubeconfig }),
    env: process.env,
    version: manifest.version,
  });
  if (opened.kind === 'failed') return opened;
  const { client } = opened;
  const identity = await readIdentity(values, process.env);
  const settings = toSettings(values);
  const log = createLog(values.logLevel);
  const { logger } = log;
  const random = seededRandom(identity.replica);
  const metrics = newClusterMetrics([...templateKinds, ...certificateKinds(values)], (kind) => isSynced(kind));
  const syncedKinds = new Set<string>();
  const isSynced = (kind: string): boolean => syncedKinds.has(kind);
  const events: ReflectorEvents = {
    onListed: metrics.countList,
    onRestart: metrics.countRestart,
    onSynced: (kind) => {
      syncedKinds.add(kind);
      metrics.noteSync(kind);
    },
    onProblem: (kind, message) => {
      if (message === undefined) logger.info({ kind }, 'up to date again');
      else logger.warn({ kind }, message);
    },
  };
  const onProblem = (message: string): void => logger.warn(message);
  // Replicas that start together are strangers only where there are replicas.
  const times: Partial<ReflectorTimes> = identity.isInPod ? {} : { startJitterMs: 0 };

  const files = await watchTemplates({ paths: values.templates, settings, onChange: () => templates.cache.changed() });
  const templates = openClusterTemplates({
    values,
    settings,
    client,
    identity,
    random,
    events,
    times,
    files,
    onProblem,
    onRejected: (template, reason, message) => logger.warn({ template, reason }, message),
    onEvent: metrics.countEvent,
  });
  const certificate = await openClusterCertificate({
    values,
    client,
    identity,
    random,
    metrics,
    events,
    times,
    onProblem,
    onStep: (step) => logger.info({ step }, 'certificates'),
  });
  const clients = await openClientAuth(values, onProblem);
  let probe: TlsProbe = notYetProbed;
  const release = async (): Promise<void> => {
    probe.close();
    if (clients.kind === 'open') clients.close();
    files.close();
    await templates.close();
    if (certificate.kind === 'open') await certificate.close();
    opened.close();
    await log.flush();
  };
  if (certificate.kind === 'failed') {
    await release();
    return certificate;
  }
  if (clients.kind === 'failed') {
    await release();
    return clients;
  }
  const checks = (): readonly ReadyCheck[] => [
    ...templates.checks(),
    ...certificate.checks(),
    { name: 'tls', isOk: probe.isOk(), detail: 'our own port does not present the certificate yet' },
  ];
  const started = await startServer({
    ...serverOptions(values, clients.clientAuth),
    certificate: certificate.source,
    context: () => ({ templates: templates.cache.set(), settings, namespaceOf: templates.namespaceOf }),
    templateCounts: templates.cache.counts,
    checks,
    registerMetrics: metrics.register,
    logger,
  });
  if (started.kind === 'failed') {
    await release();
    return started;
  }
  const { server } = started;
  probe = probeTls(host ?? 'localhost', server.port, () =>
    certificate.checks().every(({ isOk }) => isOk) ? certificate.source.current().cert : undefined,
  );
  const stop = async (how: 'drain' | 'now'): Promise<void> => {
    await server.stop(how);
    await release();
  };
  return { kind: 'running', webhook: { server, identity, apiServer: client.server, stop } };
}
