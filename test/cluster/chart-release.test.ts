import path from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { arrayField, isObject, objectField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Ending } from '../../tools/cluster/child.ts';
import type { HelmVersion } from '../../tools/helm/binaries.ts';
import { chart, describeHelm, helm } from '../chart/support/helm.ts';
import { folder, run as runPodgraft } from '../support/cli.ts';
import { api, dryRun, eventually, get, list } from './support/api.ts';
import { describeCluster, kubectl, newNamespace } from './support/cluster.ts';

// The life of a release on a real API server: what podgraft writes stays through upgrades and a rollback, and nothing that
// could stand in the way of a pod stays after it. No node runs the pods: podgraft's part is played by kubectl.

const bundle = Buffer.from('a bundle of podgraft’s').toString('base64');
const named = { 'podgraft.dev/template': 'a' };

describeHelm('a release of the chart', (version) => {
  describeCluster('on a real API server', () => {
    const release = `chart-${version.replaceAll('.', '-')}`;
    const fullname = `${release}-podgraft`;
    const configuration = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/00-podgraft-${release}`;
    let namespace = '';

    const run = async (...args: readonly string[]): Promise<Ending> => runHelm(version, args, namespace);
    const secretPath = (): string => `/api/v1/namespaces/${namespace}/secrets/${fullname}-certificates`;
    const leasePath = (): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${fullname}-status`;

    /** What podgraft writes: its CA, its bundle, its Lease. */
    async function written(): Promise<JsonObject> {
      const secret = await get(secretPath());
      return {
        data: objectField(secret, 'data'),
        phase: objectField(objectField(secret, 'metadata'), 'annotations')['podgraft.dev/certificate-phase'] ?? null,
        holder: objectField(await get(leasePath()), 'spec')['holderIdentity'] ?? null,
        bundles: arrayField(await get(configuration), 'webhooks')
          .filter(isObject)
          .map((webhook) => objectField(webhook, 'clientConfig')['caBundle'] ?? null),
      };
    }
    const asWritten = {
      data: { 'ca.crt': 'Y2E=', 'signer.key': 'a2V5' },
      phase: 'steady',
      holder: 'a-replica',
      bundles: [bundle, bundle],
    };

    beforeAll(async () => {
      namespace = await newNamespace();
    });

    describe('from its installation to its end', () => {
      test('is installed, and in the time without a caBundle only pods that name a template are refused', async () => {
        // Another test of this run, or another release, may have left the CRD.
        expectOk(await run('install', release, chart, '--take-ownership'));
        const app = await newNamespace({ 'podgraft.dev/injection': 'enabled' });
        await eventually('named pods are refused', async () =>
          (await dryRun(pod(app, { labels: named }))).status === 201 ? undefined : true,
        );
        expect((await dryRun(pod(app, {}))).status).toBe(201);
      });

      test('keeps what podgraft wrote through upgrades and a rollback', async () => {
        const secret = await get(secretPath());
        // As podgraft writes: the whole object by PUT, and a JSON patch.
        const annotations = {
          ...objectField(objectField(secret, 'metadata'), 'annotations'),
          'podgraft.dev/certificate-phase': 'steady',
        };
        const body = { ...secret, data: asWritten.data, metadata: { ...objectField(secret, 'metadata'), annotations } };
        expect((await api('PUT', secretPath(), body)).status).toBe(200);
        const lease = await get(leasePath());
        expect((await api('PUT', leasePath(), { ...lease, spec: { holderIdentity: 'a-replica' } })).status).toBe(200);
        const patch = [0, 1].map((index) => ({
          op: 'add',
          path: `/webhooks/${index}/clientConfig/caBundle`,
          value: bundle,
        }));
        const target = ['mutatingwebhookconfiguration', `00-podgraft-${release}`];
        expectOk(
          await kubectl(['patch', ...target, '--type=json', '-p', JSON.stringify(patch), '--field-manager=podgraft']),
        );
        expect(await written()).toEqual(asWritten);

        expectOk(await run('upgrade', release, chart, '--set', 'settings.logLevel=debug,replicas=3'));
        expect(await written()).toEqual(asWritten);
        expectOk(await run('upgrade', release, chart, '--set', 'settings.injection=all,commonLabels.team=a'));
        expect(await written()).toEqual(asWritten);
        expectOk(await run('rollback', release, '1'));
        expect(await written()).toEqual(asWritten);
      });

      test('scaled to nothing it refuses pods that name a template, saying why, and no others', async () => {
        expectOk(await run('upgrade', release, chart, '--set', 'replicas=0'));
        const app = await newNamespace({ 'podgraft.dev/injection': 'enabled' });
        const refused = await dryRun(pod(app, { labels: named }));
        expect(refused.status).toBe(500);
        expect(JSON.stringify(refused.body)).toContain('failed calling webhook');
        expect((await dryRun(pod(app, {}))).status).toBe(201);
      });

      test('its notes have a template that the cluster takes and lint has nothing against', async () => {
        const notes = (await run('get', 'notes', release)).stdout;
        const [, yaml = ''] = /<<'EOF'\n([\s\S]+?)\nEOF\n/.exec(notes) ?? [];
        expectOk(await kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], yaml));
        const files = folder({ 'template.yaml': yaml });
        const { code, stdout } = await runPodgraft(['lint', path.join(files.path, 'template.yaml')]);
        files.remove();
        expect({ code, stdout }).toEqual({ code: 0, stdout: '1 template: 0 errors, 0 warnings\n' });
      });

      test('its emergency command lets every pod through at once', async () => {
        const notes = (await run('get', 'notes', release)).stdout;
        const [, command = ''] = /^ {2}kubectl (delete mutatingwebhookconfiguration .+)$/m.exec(notes) ?? [];
        expectOk(await kubectl(command.split(' ')));
        const app = await newNamespace();
        await eventually('named pods are created', async () =>
          (await dryRun(pod(app, { labels: named }))).status === 201 ? true : undefined,
        );
        expectOk(await run('upgrade', release, chart));
        expect((await api('GET', configuration)).status).toBe(200);
      });

      test('uninstalled it leaves the CRD, for everybody’s templates, and nothing else', async () => {
        expectOk(await run('uninstall', release));
        const selector = `app.kubernetes.io/instance=${release}`;
        const kinds = (await kubectl(['api-resources', '--verbs=list', '-o', 'name'])).stdout.trim().split('\n');
        const left = await kubectl(['get', kinds.join(','), '-A', '-l', selector, '-o', 'name', '--ignore-not-found']);
        // The Deployment's ReplicaSets go with it, a little later.
        const stays = left.stdout
          .trim()
          .split('\n')
          .filter((line) => !line.startsWith('replicaset') && !line.startsWith('pod/'));
        expect(stays).toEqual(['customresourcedefinition.apiextensions.k8s.io/injectiontemplates.podgraft.dev']);
        const app = await newNamespace({ 'podgraft.dev/injection': 'enabled' });
        await eventually('named pods are created', async () => {
          const { status, warnings } = await dryRun(pod(app, { labels: named }));
          return status === 201 && warnings.length === 0 ? true : undefined;
        });
        expect(await list(`/api/v1/namespaces/${namespace}/secrets`)).toEqual([]);
      });
    });
  });
});

function pod(namespace: string, metadata: JsonObject): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace, ...metadata },
    spec: { containers: [{ name: 'main', image: 'app:1' }] },
  };
}

async function runHelm(version: HelmVersion, args: readonly string[], namespace: string): Promise<Ending> {
  const cluster = inject('cluster');
  if (cluster.kind === 'missing') throw new Error(cluster.sentence);
  return helm(version, [...args, '--namespace', namespace], { KUBECONFIG: cluster.kubeconfig });
}

function expectOk({ exit, output }: Ending): void {
  expect({ exit, output: exit === 0 ? '' : output }).toEqual({ exit: 0, output: '' });
}
