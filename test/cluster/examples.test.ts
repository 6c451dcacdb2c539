import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { arrayField, canonical, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import { parsed } from '../support/fixtures.ts';
import { container, names } from '../support/graft.ts';
import { create, dryRun, eventually, list, messageOf } from './support/api.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { startPodgraft } from './support/podgraft.ts';
import type { Podgraft } from './support/podgraft.ts';

// The five systems' templates and workloads, as a real job controller and a real API server make pods of them. No node is
// needed: that the pods are right is to be seen while they are Pending.

let namespace = '';
let podgraft: Podgraft;
const systems = ['flyte-sidecar-task', 'flyte-pod-task', 'prefect-dind', 'hkube-sidecars', 'flyte2-pod-template'];

describeCluster('the five systems', () => {
  beforeAll(async () => {
    namespace = await newNamespace();
    podgraft = await startPodgraft('examples', [namespace]);
    const documents = await Promise.all(systems.map(async (system) => read(`${system}/template.yaml`)));
    podgraft.use(...documents.flat().map((document) => parsed(document)));
  });
  afterAll(async () => podgraft.close());

  test('Flyte sidecar_task: the task keeps all that is its own and gains a mount', async () => {
    const [made = {}] = await podsOf('flyte-sidecar-task');
    expect(names(made, 'containers')).toEqual(['primary', 'secondary']);
    expect(container(made, 'primary')).toMatchObject({
      image: 'alpine:3.22',
      env: [{ name: 'foo', value: 'bar' }],
      resources: { requests: { cpu: '10' }, limits: { cpu: '20' } },
      volumeMounts: expect.arrayContaining([{ name: 'shared-data', mountPath: '/data' }]),
    });
  });

  test('Prefect: the daemon is a native sidecar, the flow has its address and keeps its place', async () => {
    const [made = {}] = await podsOf('prefect-dind');
    expect(names(made, 'containers')).toEqual(['flow']);
    expect(container(made, 'dind-daemon')).toMatchObject({
      restartPolicy: 'Always',
      securityContext: { privileged: true },
    });
    expect(names({ spec: { containers: arrayField(container(made, 'flow'), 'env') } }, 'containers')).toEqual([
      'PREFECT__BACKEND',
      'PREFECT__CONTEXT__FLOW_RUN_ID',
      'PREFECT__LOGGING__LEVEL',
      'DOCKER_HOST',
    ]);
  });

  test('HKube: worker, algorunner, then the sidecars in their order', async () => {
    const [made = {}] = await podsOf('hkube-sidecars');
    expect(names(made, 'containers')).toEqual(['worker', 'algorunner', 'dataset-server', 'cache']);
    expect(container(made, 'dataset-server')['resources']).toEqual({
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { cpu: '200m', memory: '256Mi' },
    });
    expect(container(made, 'cache')['resources']).toEqual({
      requests: { cpu: '100m', memory: '1Gi' },
      limits: { cpu: '200m', memory: '1Gi' },
    });
  });

  test('Flyte 2: the csi volume of GCS Fuse and its annotations are accepted', async () => {
    const [workload = {}] = await read('flyte2-pod-template/workload.yaml');
    const answer = await dryRun(inNamespace(workload));
    expect(messageOf(answer)).toBe('');
    const { body } = answer;
    expect(objectField(body, 'metadata')['annotations']).toMatchObject({
      'gke-gcsfuse/volumes': 'true',
      'gke-gcsfuse/cpu-limit': '4',
    });
    expect(names(body, 'volumes')).toContain('gcs-bucket');
    expect(container(body, 'download-code')['terminationMessagePath']).toBe('/dev/flyte');
  });

  describe('a map task', () => {
    test("of 200 pods gets 200 grafts that are equal byte for byte, but for the random name of each one's token volume", async () => {
      const before = await podgraft.reviews();
      const made = await podsOf('flyte-pod-task', { completions: 200, parallelism: 200 }, 200);
      const indexes = new Set(
        made.map((each) =>
          stringField(
            objectField(objectField(each, 'metadata'), 'annotations'),
            'batch.kubernetes.io/job-completion-index',
          ),
        ),
      );
      expect(indexes.size).toBe(200);
      expect(new Set(made.map(withoutOwnIdentity)).size).toBe(1);
      const [first = {}] = made;
      expect(names(first, 'initContainers')).toEqual(['prepare', 'reporter']);
      const after = await podgraft.reviews();
      expect(after.named - before.named).toBeGreaterThanOrEqual(200);
      expect(after.matched).toBe(before.matched);
    });
  });
});

async function read(file: string): Promise<readonly JsonObject[]> {
  const text = await readFile(new URL(`../../examples/${file}`, import.meta.url), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Json)
    .filter(isObject);
}

function inNamespace(object: JsonObject): JsonObject {
  return { ...object, metadata: { ...objectField(object, 'metadata'), namespace } };
}

/** Creates an example's Job; its pods, as soon as the job controller has made so many. */
async function podsOf(system: string, spec: JsonObject = {}, count = 1): Promise<readonly JsonObject[]> {
  const [workload = {}] = await read(`${system}/workload.yaml`);
  await create(inNamespace({ ...workload, spec: { ...objectField(workload, 'spec'), ...spec } }));
  const job = stringField(objectField(workload, 'metadata'), 'name') ?? '';
  const selector = encodeURIComponent(`job-name=${job}`);
  return eventually(`the Job ${job} has ${count} pods`, async () => {
    const made = await list(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`);
    return made.length >= count ? made : undefined;
  });
}

/** A pod but for what makes it that one: its name, its index, its token volume's name. */
function withoutOwnIdentity(made: JsonObject): string {
  const { labels, annotations } = objectField(made, 'metadata');
  const spec: MutableJsonObject = { ...objectField(made, 'spec') };
  delete spec['hostname'];
  const common = (map: Json | undefined): Json =>
    Object.fromEntries(
      Object.entries(isObject(map) ? map : {}).filter(([key]) => key !== 'batch.kubernetes.io/job-completion-index'),
    );
  const text = canonical({ labels: common(labels), annotations: common(annotations), spec });
  return text.replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access-xxxxx');
}
