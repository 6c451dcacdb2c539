import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayField, objectField } from '../../../src/core/json.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { describeHelm } from '../../chart/support/helm.ts';
import { injectionTemplate, yamlObject } from '../../support/fixtures.ts';
import { names } from '../../support/graft.ts';
import { api, create, dryRun, eventually, get, list } from '../support/api.ts';
import { describeCluster, kubectl, newNamespace } from '../support/cluster.ts';
import { phaseOf, podWhen } from './support/pods.ts';
import { expectDone, helmVersion, installRelease } from './support/release.ts';
import type { Release } from './support/release.ts';

// The chart with the image of the Dockerfile on a node that runs it: podgraft in pods, called through its Service. What needs
// no running pod is tried with each Helm on an API server alone (chart-release.test.ts).

const image = 'docker.io/library/busybox:pause';
const podTemplate = yamlObject(`
  spec:
    containers:
      - {name: primary, volumeMounts: [{name: scratch, mountPath: /scratch}]}
      - {name: helper, image: "${image}"}
    volumes: [{name: scratch, emptyDir: {}}]
`);
const configurations = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

describeHelm(
  'the chart on a node',
  () => {
    describeCluster('a release', () => {
      let release: Release;
      let covered = '';
      let uncovered = '';

      beforeAll(async () => {
        [covered, uncovered] = [await newNamespace({ 'podgraft.dev/injection': 'enabled' }), await newNamespace()];
        release = await installRelease();
      }, 240_000);
      afterAll(async () => release.helm('uninstall', 'podgraft', '--ignore-not-found'));

      const replicas = async (): Promise<readonly JsonObject[]> =>
        list(`/api/v1/namespaces/${release.namespace}/pods?labelSelector=app.kubernetes.io/component=webhook`);

      test('runs two replicas where Pod Security lets in only what is restricted', async () => {
        const pods = await replicas();
        expect(pods.map(phaseOf)).toEqual(['Running', 'Running']);
        const refused = await list(`/api/v1/namespaces/${release.namespace}/events?fieldSelector=reason=FailedCreate`);
        expect(refused).toEqual([]);
      });

      test('publishes its own CA to both webhooks', async () => {
        const secret = await get(`/api/v1/namespaces/${release.namespace}/secrets/podgraft-certificates`);
        const { webhooks } = await get(`${configurations}/00-podgraft-podgraft`);
        const bundles = arrayField({ webhooks: webhooks ?? [] }, 'webhooks').map(
          (webhook) => objectField(webhook, 'clientConfig')['caBundle'],
        );
        const ca = objectField(secret, 'data')['ca.crt'];
        expect(ca).toEqual(expect.any(String));
        expect(bundles).toEqual([ca, ca]);
      });

      test('grafts the pod of a user, who has registered a template, and the pod runs', async () => {
        const everywhere = injectionTemplate('everywhere', matchedTemplate, { match: {} });
        await release.register(injectionTemplate('helper', podTemplate), everywhere);
        await create(pod(uncovered, 'asks', named));
        const running = await podWhen(uncovered, 'app=asks', (each) => phaseOf(each) === 'Running');
        expect(names(running, 'containers')).toEqual(['main', 'helper']);
      });

      test('passes helm test, which runs as a pod beside it', async () => {
        const { exit, stdout } = await release.helm('test', 'podgraft');
        expect({ exit, stdout }).toMatchObject({ exit: 0, stdout: expect.stringMatching(/Phase: +Succeeded/) });
      });

      test('is not called for a pod that asks for nothing in a namespace that is not covered', async () => {
        const before = await release.reviews();
        for (const name of ['a', 'b', 'c', 'd']) {
          expect((await dryRun(pod(uncovered, name))).status).toBe(201);
        }
        expect(await release.reviews()).toEqual(before);
        const { body } = await dryRun(pod(covered, 'a'));
        expect(objectField(body, 'metadata')['labels']).toMatchObject({ everywhere: 'yes' });
        const after = await release.reviews();
        expect(after.named).toBe(before.named);
        expect(after.matched).toBeGreaterThan(before.matched);
      });

      test('is upgraded, and neither its CA nor its answers change', async () => {
        const webhooks = (await get(`${configurations}/00-podgraft-podgraft`))['webhooks'];
        const first = (await replicas()).map((each) => objectField(each, 'metadata')['name']);
        await release.upgrade('settings.logLevel=debug');
        const ready = (await replicas()).filter((each) => !('deletionTimestamp' in objectField(each, 'metadata')));
        expect(ready.length).toBe(2);
        for (const each of ready) expect(first).not.toContain(objectField(each, 'metadata')['name']);
        expect((await get(`${configurations}/00-podgraft-podgraft`))['webhooks']).toEqual(webhooks);
        expect(names((await dryRun(pod(uncovered, 'a', named))).body, 'containers')).toEqual(['main', 'helper']);
        for (const each of ready) {
          const [status] = arrayField(objectField(each, 'status'), 'containerStatuses');
          expect(objectField({ status: status ?? {} }, 'status')['restartCount']).toBe(0);
        }
      });

      describe('scaled to nothing', () => {
        beforeAll(async () => {
          await release.upgrade('replicas=0');
          await eventually('no replica is left', async () => ((await replicas()).length === 0 ? true : undefined));
        });

        test('lets pods start that ask for nothing, and those that templates would match', async () => {
          await create(pod(uncovered, 'free'));
          await create(pod(covered, 'matched'));
          await podWhen(uncovered, 'app=free', (each) => phaseOf(each) === 'Running');
          const matched = await podWhen(covered, 'app=matched', (each) => phaseOf(each) === 'Running');
          expect(names(matched, 'containers')).toEqual(['main']);
        });

        test('refuses pods that name a template, with a message that says why', async () => {
          const applied = await kubectl(['apply', '--filename', '-'], JSON.stringify(pod(covered, 'a', named)));
          expect(applied.exit).toBe(1);
          const message = applied.stderr
            .replaceAll(release.namespace, 'NAMESPACE')
            .replace(/tcp [\d.]+:/, 'tcp ADDRESS:');
          await expect(message).toMatchFileSnapshot('golden/scaled-to-nothing.txt');
        });
      });

      test('uninstalled it stands in no pod’s way', async () => {
        await release.uninstall();
        expect((await api('GET', `${configurations}/00-podgraft-podgraft`)).status).toBe(404);
        const applied = await kubectl(['apply', '--filename', '-'], JSON.stringify(pod(covered, 'after', named)));
        expectDone(applied);
        await podWhen(covered, 'app=after', (each) => phaseOf(each) === 'Running');
        const left = await kubectl(['get', 'all', '--namespace', release.namespace, '--output', 'name']);
        expect(left.stdout).toBe('');
      });
    });
  },
  [helmVersion],
);

const named = { 'podgraft.dev/template': 'helper' };
const matchedTemplate = yamlObject('metadata: {labels: {everywhere: "yes"}}');

function pod(namespace: string, name: string, labels: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name, ...labels } },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image }] },
  };
}
