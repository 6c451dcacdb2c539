import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { issueCa, issueLeaf } from '../../src/certs/issue.ts';
import type { Issued } from '../../src/certs/issue.ts';
import { arrayField, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { hasHelm, helmVersions } from '../../tools/helm/binaries.ts';
import { chart, helm } from '../chart/support/helm.ts';
import { folder, run as runPodgraft, start } from '../support/cli.ts';
import type { Ran } from '../support/cli.ts';
import { injectionTemplate } from '../support/fixtures.ts';
import { api, create, eventually, get, remove } from './support/api.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { freePort, kubeconfigOf } from './support/release.ts';

// A release on a real API server, and each thing that can be wrong with it, one after the other: what `podgraft check`
// says, word for word. After a meant change: `npm run test:cluster -- --update check`, and read the difference.
//
// podgraft runs here, beside the API server, under a certificate of the test's, so that nothing is mended meanwhile; the
// release's Service stands for it.

const templates = '/apis/podgraft.dev/v1alpha1/injectiontemplates';
const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/injectiontemplates.podgraft.dev';
const dayMs = 86_400_000;

const [version] = helmVersions;

describe.runIf(hasHelm(version) || process.env['CI'] === 'true')('podgraft check', () => {
  describeCluster('on a real API server', () => {
    const release = 'checked';
    const name = `${release}-podgraft`;
    const configuration = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/00-podgraft-${release}`;
    const nowMs = Date.now();
    let namespace = '';
    let app = '';
    let ports = { webhook: 0, probes: 0 };
    let files: ReturnType<typeof folder>;
    let child: ReturnType<typeof start>;
    let ours: Issued;
    let theirs: Issued;

    const cluster = (): { readonly kubeconfig: string; readonly kind: string } => {
      const given = inject('cluster');
      if (given.kind === 'missing') throw new Error(given.sentence);
      return given;
    };
    const runHelm = async (...args: readonly string[]): Promise<void> => {
      const env = { KUBECONFIG: cluster().kubeconfig };
      const { exit, output } = await helm(version, [...args, '--namespace', namespace], env);
      if (exit !== 0) throw new Error(output);
    };
    const check = async (...args: readonly string[]): Promise<Ran> =>
      runPodgraft(['check', '--kubeconfig', cluster().kubeconfig, '--namespace', app, ...args]);

    /** What is printed, without what another run has otherwise; the exit code behind it. */
    const plain = ({ code, stdout, stderr }: Ran): string =>
      `${stderr}${stdout}[exit ${code ?? 'none'}]\n`
        .replaceAll(namespace, 'RELEASE')
        .replaceAll(app, 'APP')
        .replaceAll(release, 'NAME')
        .replaceAll(`:${ports.webhook}`, ':PORT')
        .replaceAll(/https:\/\/127\.0\.0\.1:\d+/gu, 'https://SERVER')
        .replaceAll(/\bv1\.\d+\.\d+\S*/gu, 'VERSION')
        .replaceAll(/\d+ days/gu, 'N days')
        .replaceAll(/current time \S+ is after \S+/gu, 'current time NOW is after THEN');

    /** What check prints as soon as it says this: the API server hears of a change a moment after it is made. */
    const said = async (isSaid: RegExp, ...args: readonly string[]): Promise<string> => {
      let last = '';
      return eventually(`check says ${isSaid.source}`, async () => {
        last = plain(await check(...args));
        return isSaid.test(last) ? last : undefined;
      }).catch(() => last);
    };
    const putPair = async (ca: Issued, names: readonly string[]): Promise<void> => {
      const leaf = await issueLeaf({ ...ca, notAfterMs: nowMs + 300 * dayMs }, names, nowMs, 60 * dayMs);
      await writeFile(path.join(files.path, 'tls.key'), leaf.key);
      await writeFile(path.join(files.path, 'tls.crt'), leaf.cert);
    };
    const service = (): string => `/api/v1/namespaces/${namespace}/services/${name}`;
    const serviceName = (): string => `${name}.${namespace}.svc`;
    const bundleOf = (...cas: readonly Issued[]): string =>
      Buffer.from(cas.map(({ cert }) => cert).join('')).toString('base64');

    /** Changes each webhook, as somebody with kubectl would. */
    const changeWebhooks = async (change: (webhook: JsonObject) => JsonObject | undefined): Promise<void> => {
      const live = await get(configuration);
      const webhooks = arrayField(live, 'webhooks')
        .filter(isObject)
        .flatMap((webhook) => change(webhook) ?? []);
      expect((await api('PUT', configuration, { ...live, webhooks })).status).toBe(200);
    };
    const setBundle = async (caBundle: Json): Promise<void> =>
      changeWebhooks((webhook) => ({
        ...webhook,
        clientConfig: { ...objectField(webhook, 'clientConfig'), caBundle },
      }));
    /** As it should be, whatever a test has done. */
    const mend = async (): Promise<void> => {
      // What somebody has changed Helm would change back, or ask about: what is gone it makes anew.
      await remove(configuration);
      await remove(service());
      await runHelm('upgrade', '--install', release, chart, '--set', 'replicas=0', '--take-ownership');
      const patched = await api('PATCH', service(), { spec: { type: 'ExternalName', externalName: '127.0.0.1' } });
      expect(patched.status).toBe(200);
      await putPair(ours, [serviceName()]);
      await changeWebhooks((webhook) => {
        const clientConfig = objectField(webhook, 'clientConfig');
        const called = { ...objectField(clientConfig, 'service'), port: ports.webhook };
        return { ...webhook, clientConfig: { service: called, caBundle: bundleOf(ours) } };
      });
    };

    beforeAll(async () => {
      // Check counts what is registered: other tests of this API server have left theirs.
      const { body } = await api('GET', templates);
      for (const metadata of arrayField(body, 'items').map((each) => objectField(each, 'metadata'))) {
        const [there, left] = [stringField(metadata, 'namespace') ?? '', stringField(metadata, 'name') ?? ''];
        await remove(`/apis/podgraft.dev/v1alpha1/namespaces/${there}/injectiontemplates/${left}`);
      }
      namespace = await newNamespace();
      app = await newNamespace();
      ports = { webhook: await freePort(), probes: await freePort() };
      files = folder({});
      ours = await issueCa(nowMs, { name: 'ours', lifeMs: 300 * dayMs });
      theirs = await issueCa(nowMs, { name: 'theirs', lifeMs: 300 * dayMs });
      await mend();
      const inFiles = (file: string): string => path.join(files.path, file);
      child = start(
        [
          ['serve', '--cluster', 'true', '--kubeconfig', cluster().kubeconfig, '--log-level', 'error'],
          ['--namespace', namespace, '--root-namespace', namespace, '--service-name', name],
          ['--status-lease', `${name}-status`, '--tls-cert', inFiles('tls.crt'), '--tls-key', inFiles('tls.key')],
          ['--host', '127.0.0.1', '--port', String(ports.webhook), '--probe-port', String(ports.probes)],
        ].flat(),
      );
      const accepted = injectionTemplate('good', { metadata: { labels: { a: 'b' } } });
      await create({ ...accepted, metadata: { name: 'good', namespace } });
      await eventually('it is accepted', async () => {
        const good = await get(`/apis/podgraft.dev/v1alpha1/namespaces/${namespace}/injectiontemplates/good`);
        return 'status' in good ? true : undefined;
      });
    });
    afterAll(async () => {
      child.kill('SIGKILL');
      files.remove();
      await runHelm('uninstall', release);
    });

    test('finds nothing wrong with a release that works', async () => {
      await expect(await said(/\[exit 0\]/u)).toMatchFileSnapshot('golden/check-fine.txt');
      const json = await check('-o', 'json');
      const { findings } = JSON.parse(json.stdout) as { findings: readonly { readonly state: string }[] };
      expect(new Set(findings.map(({ state }) => state))).toEqual(new Set(['ok']));
    });

    test('names the templates that are not in use, and why', async () => {
      const bad = injectionTemplate('bad', { spec: { nodeName: 'n' } });
      await create({ ...bad, metadata: { name: 'bad', namespace } });
      await expect(await said(/it is not accepted/u)).toMatchFileSnapshot('golden/check-template-not-accepted.txt');
      await remove(`/apis/podgraft.dev/v1alpha1/namespaces/${namespace}/injectiontemplates/bad`);
    });

    const changed: readonly (readonly [string, RegExp, () => Promise<void>])[] = [
      [
        'webhook-deleted',
        /without asking podgraft/u,
        async () => changeWebhooks((webhook) => (webhook['name'] === 'named.podgraft.dev' ? undefined : webhook)),
      ],
      ['configuration-deleted', /without asking podgraft/u, async () => remove(configuration)],
      [
        'webhook-changed',
        /failurePolicy/u,
        async () =>
          changeWebhooks((webhook) => ({
            ...webhook,
            failurePolicy: 'Ignore',
            timeoutSeconds: 10,
            matchConditions: [],
          })),
      ],
      ['bundle-wiped', /cannot ask podgraft: .*x509/u, async () => setBundle(null)],
      ['bundle-foreign', /cannot ask podgraft: .*x509/u, async () => setBundle(bundleOf(theirs))],
      [
        'bundle-expired',
        /cannot ask podgraft: .*x509/u,
        async () => setBundle(bundleOf(await issueCa(nowMs - 40 * dayMs, { name: 'ours', lifeMs: 30 * dayMs }))),
      ],
      ['certificate-foreign', /is of another CA/u, async () => putPair(theirs, [serviceName()])],
      ['certificate-other-name', /not for NAME/u, async () => putPair(ours, ['elsewhere.test'])],
    ];
    test.each(changed)('says what is wrong and what to do: %s', async (golden, isSaid, spoil) => {
      await spoil();
      await expect(await said(isSaid)).toMatchFileSnapshot(`golden/check-${golden}.txt`);
      await mend();
      await eventually('it is well again', async () => ((await check()).code === 0 ? true : undefined));
    });

    test('says what is wrong and what to do: no endpoints, and an address of its own to see the certificate by', async () => {
      const { spec: _spec, ...live } = await get(service());
      await remove(service());
      const { resourceVersion: _version, uid: _uid, ...metadata } = objectField(live, 'metadata');
      const selector = { 'app.kubernetes.io/instance': release };
      await create({ ...live, metadata, spec: { selector, ports: [{ port: ports.webhook }] } });
      // Connections that are there go on; who has another bundle to trust dials anew (contract C28).
      await setBundle(bundleOf(ours, theirs));
      let last = '';
      await eventually('the API server dials the Service', async () => {
        last = plain(await check('--address', `127.0.0.1:${ports.webhook}`));
        return /cannot ask podgraft/u.test(last) ? true : undefined;
      });
      // Who answers for an address behind which there is nobody, and how, is the network's affair.
      const isItself = last.replace(/(cannot ask podgraft: ).*\n.*/u, '$1…');
      await expect(isItself).toMatchFileSnapshot('golden/check-no-endpoints.txt');
      await mend();
      await eventually('it is well again', async () => ((await check()).code === 0 ? true : undefined));
    });

    test('says what the caller may not see, which is no fault of the cluster', async () => {
      await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'nobody', namespace: app } });
      const config = await kubeconfigOf(app, 'nobody');
      const file = path.join(files.path, 'nobody.kubeconfig');
      await writeFile(file, config);
      const ran = await runPodgraft(['check', '--kubeconfig', file, '--namespace', app]);
      await expect(plain(ran)).toMatchFileSnapshot('golden/check-no-rights.txt');
    });

    // In a cluster that somebody named, other people's templates would go with it.
    test('says what is wrong and what to do: the CustomResourceDefinition is gone', async ({ skip }) => {
      if (cluster().kind === 'named') skip('a cluster of somebody else’s keeps its CustomResourceDefinition');
      await remove(crd);
      await expect(await said(/CustomResourceDefinition \S+: it is not there/u)).toMatchFileSnapshot(
        'golden/check-crd-gone.txt',
      );
      await mend();
    });
  });
});
