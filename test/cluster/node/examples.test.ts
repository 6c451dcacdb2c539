import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { arrayField, field, isObject, objectField, stringField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { describeHelm } from '../../chart/support/helm.ts';
import { container, names } from '../../support/graft.ts';
import { create, dryRun, eventually, get, messageOf } from '../support/api.ts';
import { describeCluster, kubectl, newNamespace } from '../support/cluster.ts';
import { loadExamples } from './support/node.ts';
import { logOf, phaseOf, podWhen, stateOf } from './support/pods.ts';
import { expectDone, helmVersion, installRelease } from './support/release.ts';
import type { Release } from './support/release.ts';

// The five systems' examples, run: templates that a user applies, workloads that a node runs, with podgraft in between as its
// chart installs it. The images can't be pulled: others stand in for them (tools/cluster/node/example-images.ts). What a pod
// looks like before it runs, and the map task of 200 pods, are tried without a node (../examples.test.ts).

/** The name of {@link asOrdinaryContainer}'s template. */
const ordinary = 'prefect-dind-ordinary';
const systems = ['flyte-sidecar-task', 'flyte-pod-task', 'prefect-dind', 'hkube-sidecars', 'flyte2-pod-template'];

describeHelm(
  'the five systems on a node',
  () => {
    describeCluster('with podgraft as its chart installs it', () => {
      let release: Release;
      let namespace = '';

      beforeAll(async () => {
        namespace = await newNamespace();
        await loadExamples();
        release = await installRelease('settings.allow={privileged}');
        const templates = (await Promise.all(systems.map(async (system) => read(`${system}/template.yaml`)))).flat();
        const [dind = {}] = await read('prefect-dind/template.yaml');
        await release.register(...templates, asOrdinaryContainer(dind));
      }, 240_000);
      afterAll(async () => release.uninstall());

      /** An example's workload, created as it is but for what `change` changes of its pods' spec. */
      async function run(system: string, change: (spec: JsonObject) => JsonObject = (spec) => spec): Promise<string> {
        const [workload = {}] = await read(`${system}/workload.yaml`);
        const spec = objectField(workload, 'spec');
        const template = objectField(spec, 'template');
        const changed = { ...template, spec: change(objectField(template, 'spec')) };
        await create(inNamespace({ ...workload, spec: { ...spec, template: changed } }, namespace));
        return `job-name=${nameOf(workload)}`;
      }

      const jobIsComplete = async (name: string): Promise<true> =>
        eventually(`the Job ${name} is complete`, async () => {
          const { status } = await get(`/apis/batch/v1/namespaces/${namespace}/jobs/${name}`);
          const conditions = arrayField(isObject(status) ? status : undefined, 'conditions');
          return conditions.some((each) => field(each, 'type') === 'Complete' && field(each, 'status') === 'True')
            ? true
            : undefined;
        });

      test('Flyte sidecar_task: the primary reads the sidecar’s message, and the Job completes', async () => {
        const label = await run('flyte-sidecar-task', asForSmallNodes);
        await jobIsComplete('sidecar-task');
        const pod = await podWhen(namespace, label, (each) => phaseOf(each) === 'Succeeded');
        expect(await logOf(pod, 'primary')).toBe('hi sidecar world\n');
        expect(names(pod, 'containers')).toEqual(['primary', 'secondary']);
      });

      test('Flyte Pod task: each pod of a map task finds what the init container prepared, and its sidecar ends with it', async () => {
        expectDone(await kubectl(['label', 'node', '--all', 'workload-class=batch', '--overwrite']));
        const [workload = {}] = await read('flyte-pod-task/workload.yaml');
        const spec = { ...objectField(workload, 'spec'), completions: 3, parallelism: 3 };
        await create(inNamespace({ ...workload, spec }, namespace));
        await jobIsComplete('map-task');
        for (const index of ['0', '1', '2']) {
          const label = `batch.kubernetes.io/job-completion-index=${index}`;
          const pod = await podWhen(namespace, label, (each) => phaseOf(each) === 'Succeeded');
          expect(await logOf(pod, 'task')).toBe(`${Number(index) + 1}\n`);
          expect([stateOf(pod, 'prepare'), stateOf(pod, 'reporter')]).toEqual([0, 0]);
        }
      });

      test('Prefect: the flow reaches its daemon, and the Job ends when the flow does', async () => {
        const label = await run('prefect-dind');
        await jobIsComplete('prefect-job-docker-build');
        const pod = await podWhen(namespace, label, (each) => phaseOf(each) === 'Succeeded');
        expect(await logOf(pod, 'flow')).toBe('the daemon answers\n');
        expect(names(pod, 'initContainers')).toEqual(['dind-daemon']);
      });

      test('Prefect: with the daemon as an ordinary container the Job goes on when the flow has ended', async () => {
        const [workload = {}] = await read('prefect-dind/workload.yaml');
        const spec = objectField(workload, 'spec');
        const metadata = { labels: { 'podgraft.dev/template': ordinary } };
        const template = { ...objectField(spec, 'template'), metadata };
        await create(inNamespace({ ...workload, metadata: { name: 'never' }, spec: { ...spec, template } }, namespace));
        const pod = await podWhen(namespace, 'job-name=never', (each) => stateOf(each, 'flow') === 0);
        expect(await logOf(pod, 'flow')).toBe('the daemon answers\n');
        expect(names(pod, 'containers')).toEqual(['flow', 'dind-daemon']);
        // Its workload has ended well, and nothing ends the daemon: the kubelet says so of a pod that is still running.
        expect({ phase: phaseOf(pod), daemon: stateOf(pod, 'dind-daemon') }).toEqual({
          phase: 'Running',
          daemon: 'running',
        });
        const job = await get(`/apis/batch/v1/namespaces/${namespace}/jobs/never`);
        expect(objectField(job, 'status')).toMatchObject({ active: 1 });
        expect(objectField(job, 'status')).not.toHaveProperty('succeeded');
      });

      test('HKube: worker, algorunner and the sidecars run in this order, each sidecar with what is its own', async () => {
        for (const object of datasets(namespace)) await create(object);
        const label = await run('hkube-sidecars');
        const order = ['worker', 'algorunner', 'dataset-server', 'cache'];
        const pod = await podWhen(namespace, label, (each) => order.every((name) => stateOf(each, name) === 'running'));
        expect(names(pod, 'containers')).toEqual(order);
        const folders = order.map((name) =>
          arrayField(container(pod, name), 'volumeMounts')
            .map((mount) => stringField(mount, 'mountPath'))
            .filter((path) => path?.startsWith('/var/run/') !== true),
        );
        expect(folders).toEqual([[], [], ['/usr/share/nginx/html'], ['/data']]);
      });

      test('Flyte 2: the csi volume of GCS Fuse and its annotations are accepted', async () => {
        const [workload = {}] = await read('flyte2-pod-template/workload.yaml');
        const answer = await dryRun(inNamespace(workload, namespace));
        expect(messageOf(answer)).toBe('');
        expect(names(answer.body, 'volumes')).toContain('gcs-bucket');
        expect(objectField(answer.body, 'metadata')['annotations']).toMatchObject({ 'gke-gcsfuse/volumes': 'true' });
      });

      test('Flyte 2: a core/v1 PodTemplate’s magic entries say where each container leaves its last words', async () => {
        const [workload = {}] = await read('flyte2-pod-template/workload.yaml');
        // No node has GCS Fuse's driver here: the PodTemplate alone.
        const annotations = { 'podgraft.dev/templates': 'flyte-defaults' };
        const metadata = { name: 'train', labels: { app: 'train' }, annotations };
        const spec = asForSmallNodes(objectField(workload, 'spec'));
        await create(inNamespace({ ...workload, metadata, spec }, namespace));
        const pod = await podWhen(namespace, 'app=train', (each) => phaseOf(each) === 'Succeeded');
        const words = ['initContainerStatuses', 'containerStatuses'].flatMap((key) =>
          arrayField(objectField(pod, 'status'), key).map((status) =>
            field(field(field(status, 'state'), 'terminated'), 'message'),
          ),
        );
        expect(words).toEqual(['downloaded\n', 'trained\n']);
      });

      test('a Deployment gets the same sidecar as an ordinary container, and stays up', async () => {
        expectDone(await kubectl(['label', 'node', '--all', 'workload-class=batch', '--overwrite']));
        await create(deployment(namespace));
        const label = 'app=web';
        const pod = await podWhen(namespace, label, (each) => stateOf(each, 'reporter') === 'running');
        expect(names(pod, 'containers')).toEqual(['web', 'reporter']);
        expectDone(await kubectl(['rollout', 'status', 'deployment/web', '--namespace', namespace, '--timeout=60s']));
      });
    });
  },
  [helmVersion],
);

async function read(file: string): Promise<readonly JsonObject[]> {
  const text = await readFile(new URL(`../../../examples/${file}`, import.meta.url), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Json)
    .filter(isObject);
}

function nameOf(object: JsonObject): string {
  return stringField(objectField(object, 'metadata'), 'name') ?? '';
}

function inNamespace(object: JsonObject, namespace: string): JsonObject {
  return { ...object, metadata: { ...objectField(object, 'metadata'), namespace } };
}

/** Without what its containers ask of a node: ten processors are more than a test's node has. */
function asForSmallNodes(spec: JsonObject): JsonObject {
  const containers = arrayField(spec, 'containers')
    .filter(isObject)
    .map(({ resources: _resources, ...rest }) => rest);
  return { ...spec, containers };
}

/** The same template, but for what podgraft makes of its sidecar. */
function asOrdinaryContainer(template: JsonObject): JsonObject {
  const spec = { ...objectField(template, 'spec'), sidecars: { lifecycle: 'Container' } };
  return { ...template, metadata: { name: ordinary }, spec };
}

/** What HKube's example wants to be there: a claim for a folder of the node. */
function datasets(namespace: string): readonly JsonObject[] {
  const spec = { accessModes: ['ReadOnlyMany'], storageClassName: '' };
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'datasets' },
      spec: {
        ...spec,
        capacity: { storage: '1Gi' },
        hostPath: { path: '/var/lib/datasets', type: 'DirectoryOrCreate' },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'datasets', namespace },
      spec: { ...spec, volumeName: 'datasets', resources: { requests: { storage: '1Gi' } } },
    },
  ];
}

function deployment(namespace: string): JsonObject {
  const labels = { app: 'web', 'podgraft.dev/template': 'flyte-pod-task' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'alpine:3.22' }] } },
    },
  };
}
