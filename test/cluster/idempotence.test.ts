import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { arrayField, field, objectField, own, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { namespace as namespaceInfo, pod, template, yamlObject } from '../support/fixtures.ts';
import { decide, mark, names } from '../support/graft.ts';
import { withoutTokenMount } from '../support/token-mount.ts';
import { create, dryRun, eventually, messageOf } from './support/api.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { startOtherWebhook } from './support/other-webhook.ts';
import type { OtherWebhook } from './support/other-webhook.ts';
import { startPodgraft } from './support/podgraft.ts';
import type { Podgraft } from './support/podgraft.ts';

let namespace = '';
let limited = '';
let podgraft: Podgraft;
const open: OtherWebhook[] = [];

const logShipper = template(
  'log-shipper',
  yamlObject(`
    metadata: {labels: {logs: shipped}, annotations: {example.test/logs: shipped}}
    spec:
      containers:
        - name: primary
          volumeMounts: [{name: logs, mountPath: /var/log/app}]
        - name: shipper
          image: shipper:2
          ports: [{containerPort: 9000}]
          volumeMounts: [{name: logs, mountPath: /logs, readOnly: true}]
      initContainers:
        - {name: prepare, image: "prepare:1", volumeMounts: [{name: logs, mountPath: /logs}]}
      volumes: [{name: logs, emptyDir: {}}]
      nodeSelector: {disk: fast}
      tolerations: [{key: logs, operator: Exists}]
      priorityClassName: system-node-critical
      terminationGracePeriodSeconds: 60
`),
);
const nativeSidecar = template('native', yamlObject('spec: {containers: [{name: native, image: "native:1"}]}'), {
  sidecars: { lifecycle: 'Native', initOrder: 'First' },
});

function asking(spec: JsonObject = {}, at: string = namespace): JsonObject {
  const given = pod({ ...spec }, { namespace: at, annotations: { 'podgraft.dev/templates': 'log-shipper,native' } });
  return given;
}

/** What a webhook does to each pod; registered before podgraft's, or after. */
interface Other {
  readonly what: string;
  readonly mutate: (pod: JsonObject) => readonly Json[];
  /** What must be seen of it in the end. */
  readonly seen: (pod: JsonObject) => boolean;
}

const containersOf = (given: JsonObject): readonly Json[] => arrayField(objectField(given, 'spec'), 'containers');
const imagesOf = (given: JsonObject): readonly string[] =>
  containersOf(given).map((container) => stringField(container, 'image') ?? '');

const others: readonly Other[] = [
  {
    what: 'appends a container and an init container',
    mutate: (given) =>
      names(given, 'containers').includes('mesh')
        ? []
        : [
            { op: 'add', path: '/spec/containers/-', value: { name: 'mesh', image: 'mesh:1' } },
            names(given, 'initContainers').length === 0
              ? { op: 'add', path: '/spec/initContainers', value: [{ name: 'mesh-init', image: 'mesh:1' }] }
              : { op: 'add', path: '/spec/initContainers/-', value: { name: 'mesh-init', image: 'mesh:1' } },
          ],
    seen: (given) =>
      names(given, 'containers').includes('mesh') && names(given, 'initContainers').includes('mesh-init'),
  },
  {
    what: 'puts a container in front of all others',
    mutate: (given) =>
      names(given, 'containers').includes('mesh')
        ? []
        : [{ op: 'add', path: '/spec/containers/0', value: { name: 'mesh', image: 'mesh:1' } }],
    seen: (given) => names(given, 'containers')[0] === 'mesh',
  },
  {
    what: 'rewrites every image to a mirror',
    mutate: (given) =>
      ['containers', 'initContainers'].flatMap((list) =>
        arrayField(objectField(given, 'spec'), list).flatMap((container, index) => {
          const image = stringField(container, 'image') ?? '';
          return image.startsWith('mirror.test/')
            ? []
            : [{ op: 'replace', path: `/spec/${list}/${index}/image`, value: `mirror.test/${image}` }];
        }),
      ),
    seen: (given) => imagesOf(given).every((image) => image.startsWith('mirror.test/')),
  },
  {
    what: 'sorts the volumes backwards',
    mutate: (given) => {
      const volumes = arrayField(objectField(given, 'spec'), 'volumes');
      const wanted = volumes.toSorted((a, b) =>
        (stringField(a, 'name') ?? '') < (stringField(b, 'name') ?? '') ? 1 : -1,
      );
      return wanted.every((volume, index) => volume === volumes[index])
        ? []
        : [{ op: 'replace', path: '/spec/volumes', value: wanted }];
    },
    seen: () => true,
  },
  {
    what: 'sets limits in every container',
    mutate: (given) =>
      containersOf(given).flatMap((container, index) =>
        own(objectField(container, 'resources'), 'limits') === undefined
          ? [{ op: 'add', path: `/spec/containers/${index}/resources`, value: { limits: { cpu: '1' } } }]
          : [],
      ),
    seen: (given) =>
      containersOf(given).every((container) => field(field(container, 'resources'), 'limits') !== undefined),
  },
];

describeCluster('again and again', () => {
  beforeAll(async () => {
    namespace = await newNamespace();
    limited = await newNamespace();
    await create({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'limits', namespace: limited },
      spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '20m' }, default: { cpu: '2', memory: '1Gi' } }] },
    });
    podgraft = await startPodgraft('again', [namespace, limited]);
    podgraft.use(logShipper, nativeSidecar);
    await eventually('the LimitRange is in effect', async () => {
      const { body } = await dryRun(pod({}, { namespace: limited }));
      return field(field(containersOf(body)[0], 'resources'), 'limits') === undefined ? undefined : true;
    });
  });
  afterEach(async () => {
    for (const webhook of open.splice(0)) await webhook.close();
  });
  afterAll(async () => podgraft.close());

  describe.each(['before', 'after'] as const)('with another webhook %s podgraft', (order) => {
    test.each(others)('that $what: once each, nothing refused, one more round', async ({ mutate, seen }) => {
      const name = order === 'before' ? '00-before-podgraft' : '01-after-podgraft';
      const reinvocationPolicy = 'IfNeeded';
      open.push(await startOtherWebhook({ name, namespaces: [namespace], reinvocationPolicy, mutate }));
      const before = await podgraft.reviews();
      const answer = await dryRun(asking());
      expect(messageOf(answer)).toBe('');
      expect(answer.warnings).toEqual([]);
      const { body } = answer;
      expect(seen(body)).toBe(true);
      expectOnce(body);
      const after = await podgraft.reviews();
      expect(after.named - before.named).toBe(2);
      expect(after.matched - before.matched).toBe(0);
    });
  });

  test('a mark is the same in every round', async () => {
    const watcher = await startOtherWebhook({
      name: '01-watcher',
      namespaces: [namespace],
      reinvocationPolicy: 'IfNeeded',
    });
    open.push(watcher);
    const { body } = await dryRun(asking());
    const marks = watcher.pods.map((seen) => mark(seen));
    expect(marks.length).toBeGreaterThan(0);
    for (const each of marks) expect(each).toEqual(mark(body));
  });

  test.each(['alone', 'in a namespace with a LimitRange'])(
    'a pod that was grafted and is created again gets nothing more: %s',
    async (where) => {
      const at = where === 'alone' ? namespace : limited;
      const first = await dryRun(asking({}, at));
      expect(messageOf(first)).toBe('');
      expectOnce(first.body);
      const { status: _, ...grafted } = first.body;
      const again = await dryRun({ ...grafted, metadata: withoutServers(grafted, at) });
      expect(messageOf(again)).toBe('');
      expect(again.body['spec']).toEqual(first.body['spec']);
      expect(mark(again.body)).toEqual(mark(first.body));
    },
  );

  test("the manifest by hand and the pod as it arrives get the same graft, the token's mount apart", async () => {
    const watcher = await startOtherWebhook({ name: '00-arrivals', namespaces: [namespace] });
    open.push(watcher);
    const byHand = asking({ restartPolicy: 'Never', initContainers: [{ name: 'setup', image: 'app:1' }] });
    await dryRun(byHand);
    const [arrived = {}] = watcher.pods;
    const around = { namespace: namespaceInfo(namespace) };
    const results = [byHand, arrived].map((given) => decide(given, [logShipper, nativeSidecar], around));
    const [written, found] = results;
    expect(written?.problems).toEqual(found?.problems);
    const edits = results.map(({ outcome }) =>
      outcome.kind === 'graft'
        ? outcome.graft.edits
            .filter(({ op }) => op !== 'remove')
            .map(({ path, value, template: id }) => ({
              path: path.filter((step) => typeof step === 'string').join('.'),
              value: value === undefined ? null : withoutTokenMount(value),
              id,
            }))
            .toSorted((a, b) => (a.path < b.path ? -1 : 1))
        : [],
    );
    expect(edits[0]?.length).toBeGreaterThan(5);
    expect(edits[0]).toEqual(edits[1]);
  });
});

/** Each thing of the two templates is there once, and the workload's own container is still its first. */
function expectOnce(given: JsonObject): void {
  const containers = names(given, 'containers').filter((name) => name !== 'mesh');
  expect(containers).toEqual(['main', 'shipper']);
  expect(names(given, 'initContainers').filter((name) => name !== 'mesh-init')).toEqual(['native', 'prepare']);
  expect(names(given, 'volumes').filter((name) => name === 'logs')).toEqual(['logs']);
  const main = containersOf(given).find((container) => stringField(container, 'name') === 'main');
  const paths = arrayField(main, 'volumeMounts').map((mount) => stringField(mount, 'mountPath'));
  expect(new Set(paths)).toEqual(new Set(['/var/log/app', '/var/run/secrets/kubernetes.io/serviceaccount']));
  expect(paths).toHaveLength(2);
  expect(given['metadata']).toMatchObject({
    labels: { logs: 'shipped', 'podgraft.dev/grafted': 'true' },
    annotations: { 'kubectl.kubernetes.io/default-container': 'main' },
  });
  expect(given['spec']).toMatchObject({
    nodeSelector: { disk: 'fast' },
    priorityClassName: 'system-node-critical',
    terminationGracePeriodSeconds: 60,
  });
}

function withoutServers(given: JsonObject, at: string): JsonObject {
  const { labels, annotations } = objectField(given, 'metadata');
  return { name: 'web', namespace: at, labels: labels ?? {}, annotations: annotations ?? {} };
}
