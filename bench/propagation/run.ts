/**
 * `npm run propagation [-- --changes N]`: how soon a changed template is used by each of three replicas (contract R17:
 * p99 at most 2 s), and how soon a caBundle that somebody wiped is back (P10: 2 s). On a real API server, with the bundle
 * that `npm run build` makes. Prints one line for each; exit 1 where a promise is not kept.
 */
import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { parse } from 'yaml';
import { arrayField, field, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { startSupervisedCluster } from '../../tools/cluster/supervised.ts';
import { webhookConfiguration } from '../../tools/cluster/webhook-configuration.ts';
import { commandLine } from '../../tools/command-line.ts';
import { quantileOf } from '../statistics.ts';
import { startReplicas } from './replicas.ts';
import type { Replica } from './replicas.ts';

const replicaCount = 3;
const promisedMs = 2000;
const asked = commandLine(
  'propagation',
  'Measures, on a real API server, how soon a changed template is used by each of three replicas, and how soon a caBundle that somebody wiped is back.',
  ['npm run propagation', 'npm run propagation -- --changes 200'],
)
  .option('--changes <number>', 'of the template; the caBundle is wiped once for five of them', '50')
  .parse()
  .opts<{ changes: string }>();
const changes = Number(asked.changes);
if (!(changes > 0)) throw new Error('--changes takes a number above 0');
const wipes = Math.ceil(changes / 5);
const root = 'podgraft-system';
const templates = `/apis/podgraft.dev/v1alpha1/namespaces/${root}/injectiontemplates`;
const configurations = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

const supervised = await startSupervisedCluster();
const { cluster } = supervised;
if (cluster.kind === 'missing') throw new Error(cluster.sentence);
const { url, kubeconfig } = cluster;
let replicas: readonly Replica[] = [];
try {
  await prepare();
  replicas = await startReplicas(replicaCount, kubeconfig);
  await until(async () => (await Promise.all(replicas.map(async ({ isReady }) => isReady()))).every(Boolean));
  const seen = await measureChanges();
  const restored = await measureWipes();
  const isKept = [report('template change used by a replica', seen), report('wiped caBundle restored', restored)];
  if (isKept.includes(false)) process.exitCode = 1;
} finally {
  await Promise.all(replicas.map(async ({ stop }) => stop()));
  await supervised.end();
}

async function api(method: string, path: string, body?: Json): Promise<JsonObject> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${url}${path}`, { method, headers: { 'Content-Type': type }, ...sent });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  const answer = JSON.parse(text) as Json;
  return isObject(answer) ? answer : {};
}

/** What the chart installs, as far as a replica out of the cluster needs it. */
async function prepare(): Promise<void> {
  const crd = await readFile(new URL('../../charts/podgraft/files/injectiontemplate.yaml', import.meta.url), 'utf8');
  await api('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', parse(crd) as Json);
  await api('POST', '/api/v1/namespaces', { metadata: { name: root } });
  await api('POST', `/api/v1/namespaces/${root}/secrets`, { metadata: { name: 'podgraft-certificates' } });
  const lease = { metadata: { name: 'podgraft-status' } };
  await api('POST', `/apis/coordination.k8s.io/v1/namespaces/${root}/leases`, lease);
  const excludedNamespaces = ['kube-system', root];
  const endpoint = { name: '00-podgraft', url: 'https://127.0.0.1:1', ca: '', excludedNamespaces };
  await api('POST', configurations, withoutBundles(webhookConfiguration(endpoint)));
  await until(async () =>
    api('POST', templates, template(0)).then(
      () => true,
      () => false,
    ),
  );
}

function template(version: number): JsonObject {
  const spec = { containers: [{ name: 'added', image: `a:${version}` }] };
  return {
    apiVersion: 'podgraft.dev/v1alpha1',
    kind: 'InjectionTemplate',
    metadata: { name: 'a' },
    spec: { template: { spec } },
  };
}

/** From the API server's answer to a change until a replica grafts the new template, for each change and replica. */
async function measureChanges(): Promise<readonly number[]> {
  const secret = await api('GET', `/api/v1/namespaces/${root}/secrets/podgraft-certificates`);
  const ca = Buffer.from(stringField(objectField(secret, 'data'), 'ca.crt') ?? '', 'base64').toString();
  const agent = new https.Agent({ keepAlive: true, ca });
  const times: number[] = [];
  for (let version = 1; version <= changes; version += 1) {
    await api('PATCH', `${templates}/a`, { spec: template(version)['spec'] ?? {} });
    const startMs = performance.now();
    await Promise.all(
      replicas.map(async ({ port }) => {
        await until(async () => (await graft(agent, port)).includes(`"a:${version}"`));
        times.push(performance.now() - startMs);
      }),
    );
    // Changes don't come in step with anything.
    await wait((version * 37) % 200);
  }
  agent.destroy();
  return times;
}

async function graft(agent: https.Agent, port: number): Promise<string> {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: { 'podgraft.dev/template': 'a' } },
    spec: { containers: [{ name: 'main', image: 'b:1' }] },
  };
  const request = {
    uid: 'u',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    namespace: 'default',
    operation: 'CREATE',
    object,
  };
  const text = await new Promise<string>((resolve, reject) => {
    const options = { method: 'POST', agent, headers: { 'Content-Type': 'application/json' } };
    const sent = https.request(`https://127.0.0.1:${port}/mutate/pods`, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve(body));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request }));
  });
  const review = JSON.parse(text) as Json;
  return Buffer.from(stringField(field(review, 'response'), 'patch') ?? '', 'base64').toString();
}

/** From the API server's answer to a wipe until every webhook has its bundle back. */
async function measureWipes(): Promise<readonly number[]> {
  const times: number[] = [];
  for (let count = 0; count < wipes; count += 1) {
    const live = await api('GET', `${configurations}/00-podgraft`);
    await api('PATCH', `${configurations}/00-podgraft`, { webhooks: withoutBundles(live)['webhooks'] ?? [] });
    const startMs = performance.now();
    await until(async () => {
      const now = await api('GET', `${configurations}/00-podgraft`);
      return arrayField(now, 'webhooks').every(
        (webhook) => field(field(webhook, 'clientConfig'), 'caBundle') !== undefined,
      );
    });
    times.push(performance.now() - startMs);
    await wait(1500);
  }
  return times;
}

function withoutBundles(configuration: JsonObject): JsonObject {
  const webhooks = arrayField(configuration, 'webhooks')
    .filter(isObject)
    .map((webhook) => {
      const { caBundle: _before, ...clientConfig } = objectField(webhook, 'clientConfig');
      return { ...webhook, clientConfig };
    });
  return { ...configuration, webhooks };
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await wait(10);
}

function report(what: string, times: readonly number[]): boolean {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => Math.round(quantileOf(times, share)));
  process.stdout.write(
    `${what}: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms (${times.length} samples, promised ${promisedMs} ms)\n`,
  );
  return quantileOf(times, 0.99) <= promisedMs;
}
