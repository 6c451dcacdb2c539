import { readFile, rm } from 'node:fs/promises';
import { pino } from 'pino';
import { openDevelopmentCertificate } from '../../../src/certs/development-certificate.ts';
import type { NamespaceInfo } from '../../../src/core/graft/graft-pod.ts';
import { isObject, objectField, stringField } from '../../../src/core/json.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { buildTemplateSet } from '../../../src/core/template-set.ts';
import type { Template } from '../../../src/core/template.ts';
import { startServer } from '../../../src/server/start-server.ts';
import { webhookConfiguration } from '../../../tools/cluster/webhook-configuration.ts';
import { settings } from '../../support/fixtures.ts';
import { api, create, eventually, get } from './api.ts';
import { newFolder } from './cluster.ts';

/** Where the API server reaches this machine; a cluster in containers needs another address than its own. */
export const webhookHost = process.env['PODGRAFT_TEST_WEBHOOK_HOST'] ?? '127.0.0.1';

/** podgraft's own server in this process, registered with the cluster for some namespaces. */
export interface Podgraft {
  /** From now on these templates are there. */
  readonly use: (...templates: readonly Template[]) => void;
  /** How many reviews it has been asked so far, by webhook. */
  readonly reviews: () => Promise<Readonly<Record<'named' | 'matched', number>>>;
  /** The webhook stays registered, and nobody answers. */
  readonly stop: () => Promise<void>;
  /** Stops, and takes the registration away. */
  readonly close: () => Promise<void>;
}

/** Starts the server with a development certificate and registers both webhooks; resolves when they are in effect. */
export async function startPodgraft(name: string, namespaces: readonly string[]): Promise<Podgraft> {
  const folder = await newFolder();
  const certificate = await openDevelopmentCertificate({ folder, names: [webhookHost], onProblem: complain });
  if (certificate.kind === 'failed') throw new Error(certificate.message);
  const known = new Map<string, NamespaceInfo>();
  for (const namespace of namespaces) known.set(namespace, await readNamespace(namespace));
  let set = buildTemplateSet([], settings.rootNamespace);
  const started = await startServer({
    host: webhookHost === '127.0.0.1' ? '127.0.0.1' : '0.0.0.0',
    port: 0,
    probePort: 0,
    tlsMinVersion: 'TLSv1.2',
    maxInFlight: 200,
    drain: { drainMs: 0, quietMs: 0, capMs: 0 },
    certificate: certificate.source,
    context: () => ({ templates: set, settings, namespaceOf: (namespace) => known.get(namespace) }),
    templateCounts: () => ({ active: set.size, invalid: 0 }),
    logger: pino({ level: 'silent' }),
    version: 'test',
  });
  if (started.kind === 'failed') throw new Error(started.message);
  const { server } = started;
  const configuration = `00-podgraft-test-${name}`;
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await server.stop('now');
    certificate.source.close();
    await rm(folder, { recursive: true, force: true });
  };
  const reviews: Podgraft['reviews'] = async () => {
    const text = await (await fetch(`http://127.0.0.1:${server.probePort}/metrics`)).text();
    return { named: countOf(text, 'named'), matched: countOf(text, 'matched') };
  };
  await replaceConfiguration(
    webhookConfiguration({
      name: configuration,
      url: `https://${webhookHost}:${server.port}`,
      ca: await readFile(certificate.caPath, 'utf8'),
      excludedNamespaces: ['kube-system', 'kube-public', 'kube-node-lease', settings.rootNamespace],
      onlyNamespaces: namespaces,
    }),
  );
  const [namespace = ''] = namespaces;
  await eventually('the API server calls podgraft', async () => {
    const before = await reviews();
    await api('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, probePod);
    return (await reviews()).named > before.named ? true : undefined;
  });
  return {
    use: (...templates) => {
      set = buildTemplateSet(templates, settings.rootNamespace);
    },
    reviews,
    stop,
    close: async () => {
      await api('DELETE', `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${configuration}`);
      await stop();
    },
  };
}

const probePod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'probe', labels: { 'podgraft.dev/template': 'absent' } },
  spec: { containers: [{ name: 'main', image: 'app:1' }] },
};

/** Registers, in place of one that an earlier run may have left in a cluster that isn't ours alone. */
export async function replaceConfiguration(configuration: JsonObject): Promise<void> {
  const name = stringField(objectField(configuration, 'metadata'), 'name') ?? '';
  await api('DELETE', `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${name}`);
  await create(configuration);
}

/** A namespace as the cluster describes it. */
async function readNamespace(name: string): Promise<NamespaceInfo> {
  const metadata = objectField(await get(`/api/v1/namespaces/${name}`), 'metadata');
  const { labels, annotations } = metadata;
  return { name, labels: isObject(labels) ? labels : {}, annotations: isObject(annotations) ? annotations : {} };
}

function countOf(metrics: string, webhook: string): number {
  const lines = metrics.split('\n').filter((line) => line.startsWith('podgraft_admission_requests_total{'));
  const counts = lines
    .filter((line) => line.includes(`webhook="${webhook}"`))
    .map((line) => Number(line.split(' ').at(-1)));
  return counts.reduce((sum, count) => sum + count, 0);
}

function complain(message: string): void {
  process.stderr.write(`${message}\n`);
}
