import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { issueCa } from '../../src/certs/issue.ts';
import { isClusterWanted, openClusterWebhook } from '../../src/cli/serve-cluster.ts';
import type { ClusterWebhook } from '../../src/cli/serve-cluster.ts';
import { injectionTemplates, namespaces } from '../../src/cluster/watched-kind.ts';
import { configurationsPath } from '../../src/cluster/webhook-configurations.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import type { SettingValues } from '../../src/config/settings-table.ts';
import { arrayField, field, stringField } from '../../src/core/json.ts';
import { startFakeApiServer } from '../support/fake-api-server.ts';
import type { FakeApiServer } from '../support/fake-api-server.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const mutating = configurationsPath('mutating');
const podgraft = 'podgraft.podgraft-system.svc';

async function serverWithChart(): Promise<FakeApiServer> {
  const server = await startFakeApiServer();
  server.apply('/api/v1/secrets', {
    metadata: { namespace: 'podgraft-system', name: 'podgraft-certificates' },
    type: 'Opaque',
  });
  server.apply('/apis/coordination.k8s.io/v1/leases', {
    metadata: { namespace: 'podgraft-system', name: 'podgraft-status' },
  });
  const clientConfig = { service: { namespace: 'podgraft-system', name: 'podgraft' } };
  server.apply(mutating, { metadata: { name: '00-podgraft' }, webhooks: [{ name: 'named', clientConfig }] });
  server.apply(configurationsPath('validating'), { metadata: { name: 'podgraft' }, webhooks: [] });
  server.apply(namespaces.path, { metadata: { name: 'default', labels: {} } });
  server.apply(injectionTemplates.path, {
    apiVersion: 'podgraft.dev/v1alpha1',
    kind: 'InjectionTemplate',
    metadata: { namespace: 'podgraft-system', name: 'side' },
    spec: { template: { spec: { containers: [{ name: 'added', image: 'a:1' }] } } },
  });
  return server;
}

function valuesOf(flags: Readonly<Record<string, unknown>>): SettingValues {
  const parsed = parseConfig({ flags, env: {} });
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.join('\n'));
  return parsed.values;
}

async function open(server: FakeApiServer, flags: Readonly<Record<string, unknown>> = {}): Promise<ClusterWebhook> {
  const quick = { drainSeconds: '0', quietSeconds: '0', drainCapSeconds: '0', logLevel: 'silent' };
  const address = { host: 'localhost', port: '0', probePort: '0' };
  const opened = await openClusterWebhook(valuesOf({ kubeconfig: server.kubeconfig, ...quick, ...address, ...flags }));
  if (opened.kind === 'failed') throw new Error(opened.message);
  onTestFinished(async () => opened.webhook.stop('now'));
  return opened.webhook;
}

async function readyz({ server }: ClusterWebhook): Promise<string> {
  return (await fetch(`http://localhost:${server.probePort}/readyz?verbose`)).text();
}

async function isReady(webhook: ClusterWebhook): Promise<boolean> {
  return (await readyz(webhook)).endsWith('\nok\n');
}

function caBundle(server: FakeApiServer): string {
  const [webhook] = arrayField(server.object(mutating, '/00-podgraft'), 'webhooks');
  return Buffer.from(stringField(field(webhook, 'clientConfig'), 'caBundle') ?? '', 'base64').toString('utf8');
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A review as an API server sends it: it trusts the caBundle and nothing else, and knows the Service's name only. */
async function send({ server }: ClusterWebhook, body: string, ca: string | undefined): Promise<Answer> {
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        ...trust,
        host: 'localhost',
        port: server.port,
        servername: podgraft,
        agent: false,
        method: 'POST',
        path: '/mutate/pods?timeout=3s',
        headers: { 'Content-Type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function asking(namespace: string): string {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: { 'podgraft.dev/template': 'side' } },
    spec: { containers: [{ name: 'main', image: 'b:1' }] },
  };
  return reviewBody(podReview(pod, { namespace }));
}

function patchOf({ body }: Answer): string {
  const { response } = JSON.parse(body) as { response: { patch?: string } };
  return Buffer.from(response.patch ?? '', 'base64').toString('utf8');
}

describe('serve in a cluster', () => {
  test('R1 answers, over a certificate that the caBundle verifies, with templates that the cluster has', async () => {
    const server = await serverWithChart();
    const webhook = await open(server);
    await until('it is ready', async () => isReady(webhook));
    const answer = await send(webhook, asking('default'), caBundle(server));
    expect(answer.status).toBe(200);
    expect(patchOf(answer)).toContain('"image":"a:1"');
    server.apply(injectionTemplates.path, {
      ...server.object(injectionTemplates.path, 'podgraft-system/side'),
      spec: { template: { spec: { containers: [{ name: 'added', image: 'a:2' }] } } },
    });
    await until('the change counts', async () =>
      patchOf(await send(webhook, asking('default'), caBundle(server))).includes('"image":"a:2"'),
    );
    await until(
      'its status is written',
      () => 'status' in (server.object(injectionTemplates.path, 'podgraft-system/side') ?? {}),
    );
  });

  test('R2 T37 before templates have been read: 503 to come again, and the reason where one looks for it', async () => {
    const server = await serverWithChart();
    const undo = server.onRequest(({ path }) => (path.includes('injectiontemplates') ? { status: 404 } : undefined));
    const webhook = await open(server);
    await until('it says why', async () => (await readyz(webhook)).includes('install the CustomResourceDefinition'));
    const text = await readyz(webhook);
    expect(text).toMatch(/^\[-\]InjectionTemplates the cluster does not know InjectionTemplates: install/mu);
    expect(text).toMatch(/\nnot ready\n$/u);
    const answer = await send(webhook, asking('default'), undefined);
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({ 'retry-after': '1', connection: 'close' });
    undo();
    await until('it is ready', async () => isReady(webhook));
  });

  test('a namespace that nobody has heard of is a 503, not "no template"', async () => {
    const server = await serverWithChart();
    const webhook = await open(server);
    await until('it is ready', async () => isReady(webhook));
    expect((await send(webhook, asking('new'), caBundle(server))).status).toBe(503);
    server.apply(namespaces.path, { metadata: { name: 'new' } });
    await until('it is known', async () => (await send(webhook, asking('new'), caBundle(server))).status === 200);
  });

  test('R4 R11 stays ready, and serves what it knows, while the API server is away', async () => {
    const server = await serverWithChart();
    const webhook = await open(server);
    await until('it is ready', async () => isReady(webhook));
    const ca = caBundle(server);
    const templatesGone = (await metrics(webhook)).get(
      'podgraft_watch_restarts_total{kind="InjectionTemplate",reason="unreachable"}',
    );
    expect(templatesGone).toBe(0);
    await server.goAway();
    await until(
      'it has noticed',
      async () =>
        ((await metrics(webhook)).get('podgraft_watch_restarts_total{kind="InjectionTemplate",reason="unreachable"}') ??
          0) > 0,
    );
    expect(await isReady(webhook)).toBe(true);
    expect(patchOf(await send(webhook, asking('default'), ca))).toContain('"image":"a:1"');
    await server.comeBack();
  });

  test('O1 its metrics are there from the start', async () => {
    const server = await serverWithChart();
    const webhook = await open(server);
    await until('it is ready', async () => isReady(webhook));
    const found = await metrics(webhook);
    for (const kind of ['InjectionTemplate', 'PodTemplate', 'Namespace']) {
      expect(found.get(`podgraft_cache_synced{kind="${kind}"}`)).toBe(1);
      expect(found.get(`podgraft_lists_total{kind="${kind}",result="ok"}`)).toBe(1);
      expect(found.get(`podgraft_lists_total{kind="${kind}",result="error"}`)).toBe(0);
      expect(found.get(`podgraft_watch_restarts_total{kind="${kind}",reason="gone"}`)).toBe(0);
      expect(found.get(`podgraft_cache_last_sync_timestamp_seconds{kind="${kind}"}`)).toBeGreaterThan(1_700_000_000);
    }
    expect(found.get('podgraft_cabundle_drift_total')).toBe(0);
    expect(found.get('podgraft_cert_rotations_total{phase="bootstrapped"}')).toBe(1);
    expect(found.get('podgraft_templates{state="active"}')).toBe(1);
    const { notAfterMs } = { notAfterMs: Date.parse(new X509Certificate(caBundle(server)).validTo) };
    expect(found.get('podgraft_cert_not_after_seconds{role="ca"}')).toBe(notAfterMs / 1000);
  });

  const watchedKinds: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ['with certificates of its own', {}, ['Secret', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']],
    ['as the chart tells it', { validatingWebhookConfigurations: '' }, ['Secret', 'MutatingWebhookConfiguration']],
    ['with certificates of others', { tlsCert: 'tls.crt', tlsKey: 'tls.key' }, []],
  ];
  test.each(watchedKinds)(
    'O1 has metrics of the kinds that it watches, and of no other: %s',
    async (_, flags, others) => {
      const server = await serverWithChart();
      const folder = await temporaryFolder();
      const ca = await issueCa(Date.now());
      await writeFile(join(folder, 'tls.crt'), ca.cert);
      await writeFile(join(folder, 'tls.key'), ca.key);
      const inFolder = ([key, value]: [string, string]): [string, string] => [
        key,
        key.startsWith('tls') ? join(folder, value) : value,
      ];
      const webhook = await open(server, Object.fromEntries(Object.entries(flags).map(inFolder)));
      await until('it is ready', async () => isReady(webhook));
      const found = await metrics(webhook);
      const kinds = ['InjectionTemplate', 'PodTemplate', 'Namespace', ...others];
      for (const name of ['cache_synced', 'cache_last_sync_timestamp_seconds', 'lists_total', 'watch_restarts_total']) {
        const labels = [...found.keys()].flatMap((series) =>
          series.startsWith(`podgraft_${name}{`) ? (/kind="(\w+)"/u.exec(series)?.[1] ?? []) : [],
        );
        expect([...new Set(labels)].toSorted()).toEqual(kinds.toSorted());
      }
      await until('each has been listed', async () => {
        const now = await metrics(webhook);
        return kinds.every((kind) => now.get(`podgraft_cache_synced{kind="${kind}"}`) === 1);
      });
    },
  );

  test('S18 with a client CA it answers nobody who has no certificate of it', async () => {
    const server = await serverWithChart();
    const clientCaFile = join(await temporaryFolder(), 'ca.crt');
    await writeFile(clientCaFile, (await issueCa(Date.now())).cert);
    const webhook = await open(server, { clientCaFile });
    await until('it is ready', async () => isReady(webhook));
    await expect(send(webhook, asking('default'), caBundle(server))).rejects.toThrow(
      /certificate required|socket hang up|ECONNRESET|EPIPE/,
    );
  });

  test('a client CA that is not there is one line', async () => {
    const server = await serverWithChart();
    const flags = { kubeconfig: server.kubeconfig, clientCaFile: '/nonexistent/ca.crt', logLevel: 'silent' };
    expect(await openClusterWebhook(valuesOf(flags))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('/nonexistent/ca.crt'),
    });
  });

  test('a port that is taken is one line, and nothing is left running', async () => {
    const server = await serverWithChart();
    const webhook = await open(server);
    const flags = {
      kubeconfig: server.kubeconfig,
      host: 'localhost',
      port: String(webhook.server.port),
      probePort: '0',
      logLevel: 'silent',
    };
    expect(await openClusterWebhook(valuesOf(flags))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('--port'),
    });
  });

  test('a kubeconfig that cannot be read is one line', async () => {
    expect(await openClusterWebhook(valuesOf({ kubeconfig: '/nonexistent/kubeconfig', logLevel: 'silent' }))).toEqual({
      kind: 'failed',
      message: '/nonexistent/kubeconfig cannot be read (ENOENT); set KUBECONFIG or --kubeconfig to one that can',
    });
  });

  test.each([
    [{ cluster: 'true', templates: '/t' }, true],
    [{ templates: '/t' }, false],
    [{ kubeconfig: '/k' }, true],
  ])('with %j: %s', async (flags, isWanted) => {
    expect(await isClusterWanted(valuesOf(flags))).toBe(isWanted);
  });
});

async function metrics({ server }: ClusterWebhook): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://localhost:${server.probePort}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
