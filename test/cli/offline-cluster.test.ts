import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { run } from '../support/cli.ts';
import type { Ran } from '../support/cli.ts';
import { startFakeApiServer } from '../support/fake-api-server.ts';
import type { FakeApiServer, Fault, Seen } from '../support/fake-api-server.ts';
import { injectionTemplate } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// `inject` and `explain` without --templates: what they read of a cluster, and every way in which that can fail. That the
// result is what the webhook itself answers is tried on a real API server (test/cluster/chart-serve.test.ts).

const injections = '/apis/podgraft.dev/v1alpha1/injectiontemplates';
const podTemplates = '/api/v1/podtemplates';
const namespaces = '/api/v1/namespaces';
const configurations = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const configMaps = '/api/v1/configmaps';

const pod = (name: string, namespace?: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'p',
      ...(namespace !== undefined && { namespace }),
      ...(name !== '' && { labels: { 'podgraft.dev/template': name } }),
    },
    spec: { containers: [{ name: 'main', image: 'app:1' }] },
  });

const sidecar = (image: string, spec: JsonObject = {}): JsonObject => ({
  spec: { containers: [{ name: image.split(':', 1)[0] || 'none', image }], ...spec },
});

function at(namespace: string, object: JsonObject): JsonObject {
  const metadata = object['metadata'] as JsonObject;
  return { ...object, metadata: { ...metadata, namespace } };
}

/** With podgraft's webhooks and settings, as the chart installs them; the root namespace is `platform`. */
async function installed(settings = ''): Promise<FakeApiServer> {
  const server = await startFakeApiServer();
  const service = { namespace: 'platform', name: 'podgraft', path: '/mutate/pods' };
  server.apply(configurations, {
    metadata: { name: '00-podgraft-x' },
    webhooks: [{ name: 'named.podgraft.dev', clientConfig: { service } }],
  });
  server.apply(configMaps, {
    metadata: { namespace: 'platform', name: 'podgraft' },
    data: { 'podgraft.yaml': `cluster: true\nrootNamespace: platform\n${settings}` },
  });
  for (const name of ['default', 'shop']) server.apply(namespaces, { metadata: { name } });
  server.apply(injections, at('platform', injectionTemplate('shipper', sidecar('shipper:1'))));
  return server;
}

async function inject(server: FakeApiServer, input: string, ...args: readonly string[]): Promise<Ran> {
  return run(['inject', '-f', '-', '-o', 'patch', ...args], { input, env: { KUBECONFIG: server.kubeconfig } });
}

const forbidden: Fault = { status: 403, message: 'User "dev" cannot list resource' };
const isEverywhere = ({ verb, path: asked }: Seen): boolean =>
  verb === 'list' && (asked === injections || asked === podTemplates);

describe('without --templates', () => {
  test("the templates are the cluster's, under its podgraft's settings, with the caller's rights and nothing written", async () => {
    const server = await installed();
    const { code, stdout, stderr } = await inject(server, pod('shipper'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('shipper:1');
    expect(new Set(server.seen.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  test("the pod's namespace comes before the root namespace, a labelled PodTemplate is one too", async () => {
    const server = await installed();
    server.apply(injections, at('shop', injectionTemplate('shipper', sidecar('own:2'))));
    const labels = { 'podgraft.dev/is-template': 'true' };
    server.apply(podTemplates, {
      metadata: { namespace: 'shop', name: 'tracer', labels },
      template: sidecar('tracer:3'),
    });
    expect((await inject(server, pod('shipper', 'shop'))).stdout).toContain('own:2');
    expect((await inject(server, pod('shipper'), '--namespace', 'shop')).stdout).toContain('own:2');
    expect((await inject(server, pod('shipper'))).stdout).toContain('shipper:1');
    expect((await inject(server, pod('tracer', 'shop'))).stdout).toContain('tracer:3');
  });

  test("a namespace's labels and annotations count, those of the manifests and of the command line before them", async () => {
    const server = await installed();
    const match = { match: { namespaceSelector: { matchLabels: { tier: 'web' } } } };
    server.apply(injections, at('platform', injectionTemplate('web', sidecar('web:1'), match)));
    server.apply(namespaces, {
      metadata: { name: 'shop', labels: { 'podgraft.dev/injection': 'enabled', tier: 'web' } },
    });
    expect((await inject(server, pod('', 'shop'))).stdout).toContain('web:1');
    expect(JSON.parse((await inject(server, pod('', 'shop'), '--namespace-labels', 'tier=db')).stdout)).toEqual([]);
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {tier: web}}\n---\n';
    expect((await inject(server, namespace + pod(''))).stdout).not.toContain('web:1');
    const annotations = { 'podgraft.dev/default-template': 'shipper' };
    const labels = { 'podgraft.dev/injection': 'enabled' };
    server.apply(namespaces, { metadata: { name: 'default', labels, annotations } });
    const both = (await inject(server, namespace + pod(''))).stdout;
    expect(both).toContain('web:1');
    expect(both).toContain('shipper:1');
  });

  test('a namespace that is not there yet is one without labels, with a warning', async () => {
    const { code, stdout, stderr } = await inject(await installed(), pod('shipper', 'later'));
    expect(stderr).toBe('warning: there is no Namespace later in the cluster yet: it counts as one without labels\n');
    expect(code).toBe(0);
    expect(stdout).toContain('shipper:1');
  });

  test("objects that name no namespace are in the context's", async () => {
    const server = await installed();
    server.apply(injections, at('shop', injectionTemplate('shipper', sidecar('own:2'))));
    const config = JSON.parse(await readFile(server.kubeconfig, 'utf8')) as { contexts: { context: JsonObject }[] };
    const contexts = [...config.contexts, { name: 'y', context: { cluster: 'c', user: 'u', namespace: 'shop' } }];
    await writeFile(server.kubeconfig, JSON.stringify({ ...config, contexts }));
    expect((await inject(server, pod('shipper'), '--context', 'y')).stdout).toContain('own:2');
    expect((await inject(server, pod('shipper'))).stdout).toContain('shipper:1');
  });

  test('explain says which templates of the cluster were considered', async () => {
    const server = await installed();
    const { code, stdout } = await run(['explain', '-f', '-', '--kubeconfig', server.kubeconfig], {
      input: pod('shipper'),
    });
    expect(code).toBe(0);
    expect(stdout).toContain('platform/shipper');
  });
});

describe('what is in the cluster and is of no use', () => {
  test('is named, where these pods could use it, and stops nothing', async () => {
    const server = await installed();
    server.apply(injections, at('platform', injectionTemplate('broken', sidecar(''))));
    server.apply(injections, at('elsewhere', injectionTemplate('theirs', sidecar(''))));
    server.apply(podTemplates, {
      metadata: { namespace: 'platform', name: 'shipper', labels: { 'podgraft.dev/is-template': 'true' } },
      template: sidecar('other:1'),
    });
    const { code, stdout, stderr } = await inject(server, pod('shipper'));
    expect(stderr).toMatch(
      /^warning: InjectionTemplate platform\/broken is not used: Invalid: spec\.template\.spec\.containers\[0\]\.image: Required value[^\n]*\nwarning: PodTemplate platform\/shipper is not used: Shadowed: [^\n]*\n$/u,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('shipper:1');
  });

  test("is what the cluster's podgraft doesn't allow, and it is what its settings, or templates' status, say", async () => {
    const privileged = injectionTemplate('root', sidecar('root:1', { hostPID: true }));
    const strict = await installed();
    strict.apply(injections, at('platform', privileged));
    const refused = await inject(strict, pod('root'));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/platform\/root is not used: Invalid: .*hostNamespaces/u);
    expect((await inject(strict, pod('root'), '--allow', 'hostNamespaces')).stdout).toContain('root:1');
    const lenient = await installed('allow: [hostNamespaces]\n');
    lenient.apply(injections, at('platform', privileged));
    expect((await inject(lenient, pod('root'))).stdout).toContain('root:1');

    strict.onRequest(({ path: asked }) => (asked.includes('/configmaps/') ? forbidden : undefined));
    expect((await inject(strict, pod('root'))).stdout).toContain('root:1');
    const accepted = { type: 'Accepted', status: 'False', reason: 'Invalid', message: 'nothing of the host' };
    const status = { observedGeneration: 1, conditions: [accepted] };
    strict.apply(injections, { ...at('platform', privileged), status });
    const { code, stderr } = await inject(strict, pod('root'));
    expect(code).toBe(1);
    expect(stderr).toContain('platform/root is not used: its status says Invalid: nothing of the host\n');
  });
});

describe("where podgraft's settings can't be seen", () => {
  const unknown =
    /^warning: the settings of the cluster's podgraft are not known: (?<why>.*); flags, environment and defaults count\n$/u;
  const cases: readonly (readonly [string, (server: FakeApiServer) => void, RegExp, readonly string[]])[] = [
    [
      'its webhooks may not be listed',
      (server) => void server.onRequest(({ path: asked }) => (asked === configurations ? forbidden : undefined)),
      /User "dev" cannot list/u,
      ['--root-namespace', 'platform'],
    ],
    [
      'it has none',
      (server) => server.remove(configurations, '/00-podgraft-x'),
      /no webhook/u,
      ['--root-namespace', 'platform'],
    ],
    ['its ConfigMap is gone', (server) => server.remove(configMaps, 'platform/podgraft'), /there is no ConfigMap/u, []],
    [
      'its ConfigMap may not be read',
      (server) => void server.onRequest(({ path: asked }) => (asked.includes('/configmaps/') ? forbidden : undefined)),
      /User "dev" cannot/u,
      [],
    ],
    [
      'its ConfigMap is not the chart’s',
      (server) => void server.apply(configMaps, { metadata: { namespace: 'platform', name: 'podgraft' }, data: {} }),
      /has no podgraft\.yaml/u,
      [],
    ],
    [
      'they are of another version',
      (server) =>
        void server.apply(configMaps, {
          metadata: { namespace: 'platform', name: 'podgraft' },
          data: { 'podgraft.yaml': 'settingOfTheFuture: 1\n' },
        }),
      /ConfigMap platform\/podgraft:1:1: .*settingOfTheFuture/u,
      ['--root-namespace', 'platform'],
    ],
  ];
  test.each(cases)('because %s: a warning, and the rest goes on', async (_, spoil, why, args) => {
    const server = await installed();
    spoil(server);
    const { code, stdout, stderr } = await inject(server, pod('shipper'), ...args);
    expect(unknown.exec(stderr)?.groups?.['why']).toMatch(why);
    expect(code).toBe(0);
    expect(stdout).toContain('shipper:1');
  });

  test('because there are several podgrafts: they are named', async () => {
    const server = await installed();
    const service = { namespace: 'other', name: 'podgraft', path: '/mutate/pods' };
    const webhooks = [{ name: 'named.podgraft.dev', clientConfig: { service } }];
    server.apply(configurations, { metadata: { name: '00-podgraft-y' }, webhooks });
    const { stderr } = await inject(server, pod('shipper'), '--root-namespace', 'platform');
    expect(unknown.exec(stderr)?.groups?.['why']).toBe(
      'there are several podgrafts: other/podgraft, platform/podgraft',
    );
  });
});

describe('where not all namespaces may be listed', () => {
  test('those that count are, and it is said', async () => {
    const server = await installed();
    server.onRequest((seen) => (isEverywhere(seen) ? forbidden : undefined));
    server.apply(injections, at('shop', injectionTemplate('shipper', sidecar('own:2'))));
    const { code, stdout, stderr } = await inject(server, pod('shipper', 'shop'));
    expect(code).toBe(0);
    expect(stdout).toContain('own:2');
    expect(stderr).toBe(
      ['InjectionTemplate', 'PodTemplate']
        .map(
          (kind) =>
            `note: ${kind}s of all namespaces may not be listed; those of platform, shop were read, and no others count here\n`,
        )
        .join(''),
    );
  });

  test('nor those that count: one line that says what to grant, exit 2', async () => {
    const server = await installed();
    server.onRequest(({ path: asked }) => (asked.endsWith('templates') ? forbidden : undefined));
    const { code, stdout, stderr } = await inject(server, pod('shipper', 'shop'));
    expect(stderr).toMatch(
      /^list InjectionTemplates of namespace platform at https:\S+: HTTP 403, User "dev" cannot list resource; grant it: a Role in that namespace, or a ClusterRole, with the verb list on injectiontemplates\.podgraft\.dev,podtemplates; or name files with --templates DIR\|FILE\n$/u,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test("nor the pod's Namespace read: one line, unless its labels are said", async () => {
    const server = await installed();
    server.onRequest(({ path: asked }) => (asked === `${namespaces}/shop` ? forbidden : undefined));
    const { code, stderr } = await inject(server, pod('shipper', 'shop'));
    expect(stderr).toMatch(
      /^read Namespace shop at https:\S+: HTTP 403, .*; its labels decide which templates apply: grant get on it, or say them with -n and --namespace-labels; or name files/u,
    );
    expect(code).toBe(2);
    expect((await inject(server, pod('shipper', 'shop'), '-n', 'shop', '--namespace-labels', 'tier=web')).code).toBe(0);
  });
});

describe('with a cluster that answers nothing of use: one line, exit 2', () => {
  const faults: readonly (readonly [string, (seen: Seen) => Fault | undefined, RegExp])[] = [
    [
      'it knows nobody',
      () => ({ status: 401 }),
      /HTTP 401; the token or client certificate has expired or is for another cluster; renew it; or name files/u,
    ],
    [
      'it is full',
      () => ({ status: 429, headers: { 'Retry-After': '1' } }),
      /HTTP 429; the API server is overloaded; or name files/u,
    ],
    [
      'it is something else',
      () => 'garbage',
      /this is not how a Kubernetes API server answers; see whether the address is one; or name/u,
    ],
    [
      'it hangs up',
      () => 'reset',
      /ECONNRESET; see whether something between us and the API server ends connections; or name/u,
    ],
    [
      'it has no InjectionTemplates',
      ({ path: asked }) => (asked === injections ? { status: 404 } : undefined),
      /^list InjectionTemplates at \S+: HTTP 404; the cluster does not know InjectionTemplates of podgraft\.dev\/v1alpha1: install it: helm upgrade --install, or kubectl apply --server-side -f \S+; or name files with --templates/u,
    ],
  ];
  test.each(faults)('%s', async (_, fault, message) => {
    const server = await installed();
    server.onRequest(fault);
    const { code, stdout, stderr } = await inject(server, pod('shipper'));
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stderr).not.toContain('tried again');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('it is away', async () => {
    const server = await installed();
    await server.goAway();
    const { code, stdout, stderr } = await inject(server, pod('shipper'));
    expect(stderr).toMatch(
      /^list MutatingWebhookConfigurations at https:\S+: ECONNREFUSED; see whether the address is right [^\n]*; or name files with --templates DIR\|FILE\n$/u,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('with no way to a cluster: one line, exit 2', () => {
  const none = { KUBECONFIG: '', HOME: '/nonexistent', KUBERNETES_SERVICE_HOST: '' };
  test.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    [
      'nothing names one',
      [],
      none,
      /^there is no cluster to reach: set KUBECONFIG, [^\n]*; or name files with --templates DIR\|FILE\n$/u,
    ],
    [
      'the kubeconfig is not there',
      ['--kubeconfig', '/nonexistent/config'],
      none,
      /^\/nonexistent\/config cannot be read \(ENOENT\); set KUBECONFIG [^\n]*\n$/u,
    ],
    [
      'none of $KUBECONFIG is there',
      [],
      { ...none, KUBECONFIG: '/nonexistent/a:/nonexistent/b' },
      /^\/nonexistent\/a cannot be read \(ENOENT\)[^\n]*\n$/u,
    ],
    [
      'templates are named too',
      ['--templates', 'x', '--context', 'y'],
      none,
      /^--context names a cluster, and templates are to come from files \(x\): drop one of the two\n$/u,
    ],
  ])('%s', async (_, args, env, message) => {
    const { code, stdout, stderr } = await run(['inject', '-f', '-', ...args], { input: pod('shipper'), env });
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('and manifests that are none are said before anybody is asked', async () => {
    const server = await startFakeApiServer();
    const { code, stderr } = await inject(server, '{');
    expect(stderr).toMatch(/^stdin:1:/u);
    expect(code).toBe(2);
    expect(server.seen).toEqual([]);
  });

  test('$KUBECONFIG may name several files: what they say is put together, the first counts, absent ones are skipped', async () => {
    const server = await installed();
    const folder = await temporaryFolder();
    const first = path.join(folder, 'first');
    const { clusters, users } = JSON.parse(await readFile(server.kubeconfig, 'utf8')) as Record<
      string,
      readonly JsonObject[]
    >;
    const contexts = [{ name: 'mine', context: { cluster: 'c', user: 'u', namespace: 'shop' } }];
    await writeFile(first, JSON.stringify({ contexts, 'current-context': 'mine' }));
    const second = path.join(folder, 'second');
    await writeFile(
      second,
      JSON.stringify({
        clusters,
        users,
        contexts: [{ name: 'mine', context: { cluster: 'gone', user: 'gone' } }],
        'current-context': 'x',
      }),
    );
    const env = { KUBECONFIG: ['/nonexistent', first, second].join(':') };
    const { code, stdout } = await run(['inject', '-f', '-', '-o', 'patch'], { input: pod('shipper'), env });
    expect(code).toBe(0);
    expect(stdout).toContain('shipper:1');
    expect(server.seen.map(({ path: asked }) => asked)).toContain(`${namespaces}/shop`);
  });
});
