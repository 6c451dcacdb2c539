import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { arrayField, field, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { runToEnd } from '../../tools/cluster/child.ts';
import { chart, describeHelm, helm } from '../chart/support/helm.ts';
import { apiServerClient } from '../support/api-server-client.ts';
import { folder, run as runPodgraft, start } from '../support/cli.ts';
import { injectionTemplate, pod, yamlObject } from '../support/fixtures.ts';
import { podReview } from '../support/review.ts';
import { api, create, eventually, get, remove } from './support/api.ts';
import { describeCluster, kubectl, newNamespace } from './support/cluster.ts';
import { freePort, kubeconfigOf } from './support/release.ts';

const none = { patch: [] };
const seeWebhooks = {
  apiGroups: ['admissionregistration.k8s.io'],
  resources: ['mutatingwebhookconfigurations'],
  verbs: ['list'],
};

// What the chart grants and what it tells podgraft must be enough for podgraft, and is all that it gets: the process runs
// here, beside a real API server, with the token of the release's account and the settings of the release's ConfigMap.

describeHelm('podgraft with the account and the settings of a release', (version) => {
  describeCluster('on a real API server', () => {
    const release = `serve-${version.replaceAll('.', '-')}`;
    const name = `${release}-podgraft`;
    let namespace = '';
    let ports = { webhook: 0, probes: 0 };
    let files: ReturnType<typeof folder>;
    let child: ReturnType<typeof start>;
    let log = '';

    const run = async (...args: readonly string[]): Promise<void> => {
      const { kubeconfig } = reachable();
      const { exit, output } = await helm(version, [...args, '--namespace', namespace], { KUBECONFIG: kubeconfig });
      if (exit !== 0) throw new Error(output);
    };
    const ready = async (): Promise<string> =>
      fetch(`http://localhost:${ports.probes}/readyz?verbose`).then(
        async (response) => response.text(),
        () => 'not there',
      );
    const secretData = async (): Promise<JsonObject> =>
      objectField(await get(`/api/v1/namespaces/${namespace}/secrets/${name}-certificates`), 'data');

    beforeAll(async () => {
      namespace = await newNamespace();
      await run('install', release, chart, '--take-ownership', '--set', 'replicas=0');
      ports = { webhook: await freePort(), probes: await freePort() };
      const settings = objectField(await get(`/api/v1/namespaces/${namespace}/configmaps/${name}`), 'data');
      files = folder({
        'podgraft.yaml': stringField(settings, 'podgraft.yaml') ?? '',
        kubeconfig: await kubeconfigOf(namespace, name),
      });
      const args = [
        '--config',
        path.join(files.path, 'podgraft.yaml'),
        '--kubeconfig',
        path.join(files.path, 'kubeconfig'),
      ];
      const own = ['--port', String(ports.webhook), '--probe-port', String(ports.probes), '--tls-names', 'localhost'];
      child = start(['serve', ...args, ...own]);
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => (log += text));
      }
    });
    afterAll(async () => {
      child.kill('SIGKILL');
      files.remove();
      await run('uninstall', release);
    });

    test('gets ready', async () => {
      await eventually('it is ready', async () => ((await ready()).endsWith('\nok\n') ? true : undefined)).catch(
        async () => {
          throw new Error(`${await ready()}${log}`);
        },
      );
      expect(await ready()).not.toContain('[-]');
    });

    test('makes its CA and publishes it to both webhooks', async () => {
      const bundle = (await secretData())['ca.crt'];
      expect(bundle).toEqual(expect.any(String));
      const configuration = await get(
        `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/00-podgraft-${release}`,
      );
      const bundles = arrayField(configuration, 'webhooks').map((webhook) =>
        isObject(webhook) ? objectField(webhook, 'clientConfig')['caBundle'] : undefined,
      );
      expect(bundles).toEqual([bundle, bundle]);
    });

    test('puts a caBundle back that somebody wiped, and counts it', async () => {
      const configuration = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/00-podgraft-${release}`;
      const wiped = await get(configuration);
      const webhooks = arrayField(wiped, 'webhooks')
        .filter(isObject)
        .map((webhook) => {
          const { caBundle: _wiped, ...clientConfig } = objectField(webhook, 'clientConfig');
          return { ...webhook, clientConfig };
        });
      expect((await api('PUT', configuration, { ...wiped, webhooks })).status).toBe(200);
      const bundle = (await secretData())['ca.crt'];
      await eventually('both webhooks have it again', async () => {
        const now = arrayField(await get(configuration), 'webhooks');
        return now.every((webhook) => field(field(webhook, 'clientConfig'), 'caBundle') === bundle) ? true : undefined;
      });
      const metrics = await (await fetch(`http://localhost:${ports.probes}/metrics`)).text();
      expect(metrics).toMatch(/^podgraft_cabundle_drift_total 1$/mu);
    });

    test('holds the Lease and writes the status of templates', async () => {
      const template = injectionTemplate('served', { metadata: { labels: { a: 'b' } } });
      await create({ ...template, metadata: { name: 'served', namespace } });
      const served = `/apis/podgraft.dev/v1alpha1/namespaces/${namespace}/injectiontemplates/served`;
      const accepted = await eventually('the template has a status', async () => {
        const conditions = arrayField(objectField(await get(served), 'status'), 'conditions').filter(isObject);
        return conditions.find(({ type }) => type === 'Accepted');
      });
      expect(accepted).toMatchObject({ status: 'True' });
      const lease = await get(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}-status`);
      expect(field(objectField(lease, 'spec'), 'holderIdentity')).toEqual(expect.any(String));
    });

    test('tells of templates by Events, which kubectl describe shows', async () => {
      const broken = {
        apiVersion: 'v1',
        kind: 'PodTemplate',
        metadata: {
          name: 'broken',
          namespace,
          labels: { 'podgraft.dev/is-template': 'true' },
          annotations: { 'podgraft.dev/order': 'first' },
        },
        template: { spec: { containers: [{ name: 'side', image: 'side:1' }] } },
      };
      await create(broken);
      const described = async (kind: string, object: string, event: RegExp): Promise<void> => {
        let last = '';
        await eventually(`kubectl describe ${kind} shows the Event`, async () => {
          last = (await kubectl(['describe', kind, object, '--namespace', namespace])).stdout;
          return event.test(last) ? true : undefined;
        }).catch(() => expect(last).toMatch(event));
      };
      await described('injt', 'served', /Normal +Accepted +\S+ +podgraft\.dev\/podgraft +the template is in use$/mu);
      await described(
        'podtemplate',
        'broken',
        /Warning +Invalid +\S+ +podgraft\.dev\/podgraft +metadata\.annotations\[podgraft\.dev\/order\]: Invalid value: .*$/mu,
      );
      const ours = ['--field-selector', 'reportingComponent=podgraft.dev/podgraft', '--output', 'name'];
      const { stdout } = await kubectl(['get', 'events', '--namespace', namespace, ...ours]);
      expect(stdout.trim().split('\n').toSorted()).toEqual([
        expect.stringMatching(/^event\/broken\.[0-9a-f]{16}$/u) as string,
        expect.stringMatching(/^event\/served\.[0-9a-f]{16}$/u) as string,
      ]);
      await remove(`/api/v1/namespaces/${namespace}/podtemplates/broken`);
    });

    test('answers what inject says that it would, without --templates and with a user’s own rights', async () => {
      const app = await newNamespace({ 'podgraft.dev/injection': 'enabled' });
      const shipper = injectionTemplate(
        'shipper',
        yamlObject(`
          spec:
            containers:
              - {name: primary, volumeMounts: [{name: logs, mountPath: /logs}]}
              - {name: shipper, image: "shipper:1", volumeMounts: [{name: logs, mountPath: /logs}]}
            volumes: [{name: logs, emptyDir: {}}]
      `),
      );
      const matched = injectionTemplate('matched', { metadata: { labels: { seen: 'yes' } } }, { match: {} });
      for (const { template, home } of [
        { template: shipper, home: namespace },
        { template: matched, home: app },
      ]) {
        await create({ ...template, metadata: { ...objectField(template, 'metadata'), namespace: home } });
      }
      const asking = pod({}, { labels: { 'podgraft.dev/template': 'shipper' }, namespace: app });
      const ca = Buffer.from(stringField(await secretData(), 'ca.crt') ?? '', 'base64').toString();
      const client = apiServerClient(ports.webhook, ca);
      const answered = await eventually('the webhook knows both templates and the namespace', async () => {
        const { patch } = await client.review('/mutate/pods', podReview(asking, { namespace: app })).catch(() => none);
        const text = JSON.stringify(patch);
        return text.includes('shipper:1') && text.includes('seen') ? patch : undefined;
      });
      client.close();

      const rules = [
        { apiGroups: ['podgraft.dev'], resources: ['injectiontemplates'], verbs: ['list'] },
        { apiGroups: [''], resources: ['podtemplates'], verbs: ['list'] },
        { apiGroups: [''], resources: ['configmaps', 'namespaces'], verbs: ['get'] },
      ];
      const looking = { metadata: { name: `${release}-look` }, rules: [seeWebhooks] };
      const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };
      await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'dev', namespace: app } });
      const subjects = [{ kind: 'ServiceAccount', name: 'dev', namespace: app }];
      for (const home of [namespace, app]) {
        await create({ ...rbac, kind: 'Role', metadata: { name: 'dev', namespace: home }, rules });
        const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'dev' };
        await create({ ...rbac, kind: 'RoleBinding', metadata: { name: 'dev', namespace: home }, roleRef, subjects });
      }
      await create({ ...rbac, kind: 'ClusterRole', ...looking });
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `${release}-look` };
      await create({ ...rbac, kind: 'ClusterRoleBinding', metadata: looking.metadata, roleRef, subjects });
      const dev = folder({ kubeconfig: await kubeconfigOf(app, 'dev') });
      const args = ['inject', '-f', '-', '-o', 'patch', '--kubeconfig', path.join(dev.path, 'kubeconfig')];
      const injected = await runPodgraft(args, { input: JSON.stringify(asking) });
      dev.remove();
      for (const kind of ['clusterroles', 'clusterrolebindings']) {
        await remove(`/apis/rbac.authorization.k8s.io/v1/${kind}/${release}-look`);
      }
      const notes = injected.stderr.replaceAll(namespace, 'ROOT').replaceAll(app, 'APP');
      expect(notes).toBe(
        ['InjectionTemplate', 'PodTemplate']
          .map(
            (kind) =>
              `note: ${kind}s of all namespaces may not be listed; those of ROOT, APP were read, and no others count here\n`,
          )
          .join(''),
      );
      expect(injected.code).toBe(0);
      expect(JSON.parse(injected.stdout)).toEqual(answered);
    });

    test('passes helm test’s script, which trusts nothing but the CA in the Secret', async () => {
      const script = await readFile(path.join(chart, 'files', 'test.mjs'), 'utf8');
      const ca = folder({ 'ca.crt': Buffer.from(stringField(await secretData(), 'ca.crt') ?? '', 'base64') });
      const url = `https://localhost:${ports.webhook}/mutate/pods?timeout=3s`;
      const env = {
        ...process.env,
        NODE_OPTIONS: '',
        WEBHOOK_URL: url,
        NODE_EXTRA_CA_CERTS: path.join(ca.path, 'ca.crt'),
      };
      const ending = await runToEnd(process.execPath, ['--input-type=module', '--eval', script], { env });
      ca.remove();
      expect(ending).toMatchObject({ exit: 0, stderr: '' });
    });

    test('is refused nothing that it asks for, and stays ready when the release is upgraded', async () => {
      const before = await secretData();
      await run('upgrade', release, chart, '--set', 'replicas=0,settings.logLevel=debug');
      expect(await secretData()).toEqual(before);
      expect(await ready()).toMatch(/\nok\n$/);
      expect(log).not.toMatch(/forbidden|HTTP 40[13]/i);
    });
  });
});

function reachable(): { readonly kubeconfig: string } {
  const cluster = inject('cluster');
  if (cluster.kind === 'missing') throw new Error(cluster.sentence);
  return cluster;
}
