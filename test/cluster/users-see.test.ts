import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { arrayField, objectField, stringField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { pod, template, yamlObject } from '../support/fixtures.ts';
import { create, eventually, get, list } from './support/api.ts';
import { describeCluster, kubectl, newNamespace } from './support/cluster.ts';
import { startPodgraft } from './support/podgraft.ts';
import type { Podgraft } from './support/podgraft.ts';

// What people read, word for word. After a meant change: `npm run test:cluster -- --update users-see`, and read the difference.

let namespace = '';
let podgraft: Podgraft;

const shipper = template(
  'log-shipper',
  yamlObject(`
    metadata: {labels: {logs: shipped}}
    spec:
      hostname: shipped
      containers:
        - {name: primary, volumeMounts: [{name: logs, mountPath: /logs}]}
        - {name: log-shipper, image: "shipper:2", volumeMounts: [{name: logs, mountPath: /logs}]}
      volumes: [{name: logs, emptyDir: {}}]
`),
);
const matched = template('always', yamlObject('spec: {volumes: [{name: logs, emptyDir: {medium: Memory}}]}'), {
  match: {},
});

const named = { labels: { 'podgraft.dev/template': 'log-shipper' } };
const clashing = {
  containers: [
    { name: 'main', image: 'app:1' },
    { name: 'log-shipper', image: 'own:1', volumeMounts: [{ name: 'logs', mountPath: '/logs' }] },
  ],
  volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }],
};

describeCluster('what a user sees', () => {
  beforeAll(async () => {
    namespace = await newNamespace({ 'podgraft.dev/injection': 'enabled' });
    podgraft = await startPodgraft('users', [namespace]);
    podgraft.use(shipper, matched);
  });
  afterAll(async () => podgraft.close());

  test('kubectl apply of a pod that is refused', async () => {
    const { exit, stderr } = await apply(pod(clashing, named));
    expect(exit).toBe(1);
    await expect(plain(stderr)).toMatchFileSnapshot('golden/apply-refused.txt');
  });

  test('kubectl apply of a pod that names a template which is not there', async () => {
    const { stderr } = await apply(pod({}, { labels: { 'podgraft.dev/template': 'log-shiper' } }));
    await expect(plain(stderr)).toMatchFileSnapshot('golden/apply-absent.txt');
  });

  test('kubectl apply of a pod that is grafted, with what was kept and what was left out', async () => {
    const { exit, stdout, stderr } = await apply(pod({ hostname: 'mine' }, { ...named, name: 'kept' }));
    expect(exit).toBe(0);
    await expect(plain(`${stderr}${stdout}`)).toMatchFileSnapshot('golden/apply-warned.txt');
  });

  test("a Deployment whose pods are refused: its condition, and the ReplicaSet's event", async () => {
    const { exit } = await apply(workload('apps/v1', 'Deployment', {}));
    expect(exit).toBe(0);
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    const condition = await eventually('the Deployment says that its pods are refused', async () => {
      const conditions = arrayField(objectField(await get(path), 'status'), 'conditions');
      return conditions.find((each) => stringField(each, 'type') === 'ReplicaFailure');
    });
    await expect(
      plain(
        stringify({ condition: withoutTimes(condition), event: await failedCreate('ReplicaSet') }, { lineWidth: 0 }),
      ),
    ).toMatchFileSnapshot('golden/deployment-refused.txt');
  });

  test('a Job whose pods are refused: its conditions, and its event', async () => {
    const { exit } = await apply(workload('batch/v1', 'Job', { restartPolicy: 'Never' }));
    expect(exit).toBe(0);
    const event = await failedCreate('Job');
    const { status } = await get(`/apis/batch/v1/namespaces/${namespace}/jobs/web`);
    const conditions = arrayField(objectField({ status: status ?? {} }, 'status'), 'conditions');
    await expect(
      plain(stringify({ conditions: conditions.map(withoutTimes), event }, { lineWidth: 0 })),
    ).toMatchFileSnapshot('golden/job-refused.txt');
  });

  test('kubectl logs and exec find the workload without a flag', async () => {
    const stored = await create(pod({}, { ...named, name: 'shown', namespace }));
    expect(objectField(stored, 'metadata')['annotations']).toMatchObject({
      'kubectl.kubernetes.io/default-container': 'main',
    });
  });
});

function workload(apiVersion: string, kind: string, spec: JsonObject): JsonObject {
  const podTemplate = { metadata: { labels: { ...named.labels, app: 'web' } }, spec: { ...clashing, ...spec } };
  const isJob = kind === 'Job';
  return {
    apiVersion,
    kind,
    metadata: { name: 'web', namespace },
    spec: isJob ? { template: podTemplate } : { selector: { matchLabels: { app: 'web' } }, template: podTemplate },
  };
}

async function apply(object: JsonObject): ReturnType<typeof kubectl> {
  return kubectl(
    ['apply', '--namespace', namespace, '--filename', '-'],
    JSON.stringify({ ...object, metadata: { ...objectField(object, 'metadata'), namespace } }),
  );
}

async function failedCreate(kind: string): Promise<string> {
  return eventually(`an event says that pods of the ${kind} are refused`, async () => {
    const events = await list(`/api/v1/namespaces/${namespace}/events`);
    const event = events.find(
      (each) =>
        stringField(each, 'reason') === 'FailedCreate' &&
        stringField(objectField(each, 'involvedObject'), 'kind') === kind,
    );
    return stringField(event, 'message');
  });
}

function withoutTimes(condition: Parameters<typeof stringField>[0]): JsonObject {
  const {
    lastTransitionTime: _t,
    lastUpdateTime: _u,
    lastProbeTime: _p,
    ...rest
  } = objectField({ condition: condition ?? {} }, 'condition');
  return rest;
}

/** Without what is made up anew each time. */
function plain(text: string): string {
  return text
    .replaceAll(namespace, 'NAMESPACE')
    .replaceAll(/"web-[a-z0-9]{5}"/g, '"web-SUFFIX"')
    .replaceAll(/"web-[a-z0-9]+-[a-z0-9]{5}"/g, '"web-HASH-SUFFIX"')
    .replaceAll(/web-[a-f0-9]{7,10}-/g, 'web-HASH-');
}
