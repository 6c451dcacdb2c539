import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayField, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { pod, template, yamlObject } from '../support/fixtures.ts';
import { at } from '../support/graft.ts';
import { api, create, dryRun, eventually, messageOf, remove } from './support/api.ts';
import { watchArrivals } from './support/arrivals.ts';
import type { Arrivals } from './support/arrivals.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { startPodgraft } from './support/podgraft.ts';
import type { Podgraft } from './support/podgraft.ts';

// Specification §6, "The API server gets there first", row by row: what the pod arrives as, and what comes out with a
// template that sets the field. A newer Kubernetes that defaults differently fails here.

let bare = '';
let grafted = '';
let arrivals: Arrivals;
let podgraft: Podgraft;
const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';

interface Row {
  readonly field: string;
  /** As written by hand. */
  readonly pod: JsonObject;
  /** Parts of the spec, as they come to a webhook. */
  readonly arrives: JsonObject;
  /** A template's PodTemplateSpec, as YAML. */
  readonly template: string;
  /** Parts of the spec, as the server would store it. */
  readonly comes: JsonObject;
  readonly warns?: string;
}

const main = (fields: JsonObject): JsonObject => ({ containers: [{ name: 'main', image: 'app:1', ...fields }] });
const limits = { cpu: '1' };
/** By the LimitRange of the test's namespaces. */
const limited = { requests: { cpu: '20m', memory: '1Gi' }, limits: { memory: '1Gi' } };
const deadline = (key: string, tolerationSeconds: number): JsonObject => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds,
});
const images: readonly (readonly [image: string, policy: string])[] = [
  ['app', 'Always'],
  ['app:latest', 'Always'],
  ['app:1', 'IfNotPresent'],
  ['host:5000/app', 'Always'],
  [`app@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
  [`app:latest@sha256:${'a'.repeat(64)}`, 'Always'],
];

const rows: readonly Row[] = [
  {
    field: 'dnsPolicy',
    pod: pod(),
    arrives: { dnsPolicy: 'ClusterFirst' },
    template: 'spec: {dnsPolicy: Default}',
    comes: { dnsPolicy: 'Default' },
  },
  {
    field: 'schedulerName',
    pod: pod(),
    arrives: { schedulerName: 'default-scheduler' },
    template: 'spec: {schedulerName: other}',
    comes: { schedulerName: 'other' },
  },
  {
    field: 'terminationGracePeriodSeconds',
    pod: pod(),
    arrives: { terminationGracePeriodSeconds: 30 },
    template: 'spec: {terminationGracePeriodSeconds: 5}',
    comes: { terminationGracePeriodSeconds: 5 },
  },
  {
    field: 'enableServiceLinks',
    pod: pod(),
    arrives: { enableServiceLinks: true },
    template: 'spec: {enableServiceLinks: false}',
    comes: { enableServiceLinks: false },
  },
  {
    field: "serviceAccountName, and the account's imagePullSecrets",
    pod: pod(),
    arrives: { serviceAccountName: 'default', imagePullSecrets: [{ name: 'of-default' }] },
    template: 'spec: {serviceAccountName: robot, imagePullSecrets: [{name: of-template}]}',
    comes: {
      serviceAccountName: 'robot',
      serviceAccount: 'robot',
      imagePullSecrets: [{ name: 'of-default' }, { name: 'of-template' }],
    },
  },
  {
    field: 'terminationMessagePath, terminationMessagePolicy',
    pod: pod(),
    arrives: main({ terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }),
    template:
      'spec: {containers: [{name: primary, terminationMessagePath: /t, terminationMessagePolicy: FallbackToLogsOnError}]}',
    comes: main({ terminationMessagePath: '/t', terminationMessagePolicy: 'FallbackToLogsOnError' }),
  },
  {
    field: 'restartPolicy of a pod without a controller',
    pod: pod(),
    arrives: { restartPolicy: 'Always' },
    template: 'spec: {restartPolicy: Never}',
    comes: { restartPolicy: 'Never' },
  },
  {
    field: "restartPolicy of a controller's pod",
    pod: pod(
      {},
      { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true }] },
    ),
    arrives: { restartPolicy: 'Always' },
    template: 'spec: {restartPolicy: Never}',
    comes: { restartPolicy: 'Always' },
    warns: 'spec.restartPolicy',
  },
  ...images.map(([image, policy]) => ({
    field: `imagePullPolicy of ${image}`,
    pod: pod(main({ image })),
    arrives: main({ image, imagePullPolicy: policy }),
    template: 'spec: {containers: [{name: primary, imagePullPolicy: Never}]}',
    comes: main({ image, imagePullPolicy: 'Never' }),
  })),
  {
    field: 'priorityClassName',
    pod: pod(),
    arrives: { priority: 0, preemptionPolicy: 'PreemptLowerPriority' },
    template: 'spec: {priorityClassName: podgraft-test-first}',
    comes: { priorityClassName: 'podgraft-test-first', priority: 1000, preemptionPolicy: 'Never' },
  },
  {
    field: 'runtimeClassName, whose overhead is a plugin of the server',
    pod: pod(),
    arrives: {},
    template: 'spec: {runtimeClassName: podgraft-test-sandbox}',
    comes: { runtimeClassName: 'podgraft-test-sandbox', overhead: { cpu: '250m' } },
  },
  {
    field: 'hostNetwork, and the hostPorts that it gives',
    pod: pod(main({ ports: [{ containerPort: 80 }] })),
    arrives: main({ ports: [{ containerPort: 80, protocol: 'TCP' }] }),
    template: 'spec: {hostNetwork: true}',
    comes: { hostNetwork: true, ...main({ ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] }) },
  },
  {
    field: 'tolerations for taints that a node without news gets',
    pod: pod(),
    arrives: { tolerations: [deadline('not-ready', 300), deadline('unreachable', 300)] },
    template:
      'spec: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]}',
    comes: { tolerations: [deadline('unreachable', 300), deadline('not-ready', 5)] },
  },
  {
    field: 'tolerations: one with a value, which is enough for the plugin',
    pod: pod(),
    arrives: { tolerations: [deadline('not-ready', 300), deadline('unreachable', 300)] },
    template:
      'spec: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Equal, value: x, effect: NoExecute}]}',
    comes: {
      tolerations: [
        deadline('unreachable', 300),
        { key: 'node.kubernetes.io/not-ready', operator: 'Equal', value: 'x', effect: 'NoExecute' },
      ],
    },
  },
  {
    field: 'tolerations: the same by hand, which the plugin leaves so',
    pod: pod({ tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Equal', value: 'x' }] }),
    arrives: {
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Equal', value: 'x' },
        deadline('unreachable', 300),
      ],
    },
    template: 'spec: {hostname: h}',
    comes: { hostname: 'h' },
  },
  {
    field: 'hostPort under hostNetwork, of an init container',
    pod: pod({
      hostNetwork: true,
      initContainers: [{ name: 'setup', image: 'app:1', ports: [{ containerPort: 80 }] }],
    }),
    arrives: { initContainers: [{ ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] }] },
    template: 'spec: {initContainers: [{name: default-init, ports: [{containerPort: 80, hostPort: 81}]}]}',
    comes: { initContainers: [{ ports: [{ containerPort: 80, hostPort: 81, protocol: 'TCP' }] }] },
  },
  {
    field: 'tolerations: one of the template that is exactly the default',
    pod: pod(),
    arrives: {},
    template: `spec: {tolerations: [${JSON.stringify(deadline('not-ready', 300))}]}`,
    comes: { tolerations: [deadline('not-ready', 300), deadline('unreachable', 300)] },
  },
  {
    field: "a container's resources out of a LimitRange",
    pod: pod(),
    arrives: main({ resources: limited }),
    template: 'spec: {containers: [{name: primary, resources: {requests: {cpu: 100m}}}]}',
    comes: main({ resources: limited }),
    warns: 'spec.containers[0].resources.requests.cpu',
  },
  {
    field: 'spec.resources.requests, derived from the containers',
    pod: pod({ ...main({ resources: { requests: { cpu: '100m' } } }), resources: { limits } }),
    arrives: { resources: { limits, requests: { cpu: '100m' } } },
    // The LimitRange gives it memory when the sum has been taken: so the sum is taken once more.
    template: 'spec: {containers: [{name: s, image: "s:1", resources: {requests: {cpu: 50m}}}]}',
    comes: { resources: { limits, requests: { cpu: '150m', memory: '2Gi' } } },
  },
  {
    field: 'spec.resources.requests, where the template asks for them',
    pod: pod({ ...main({ resources: { requests: { cpu: '100m' } } }), resources: { limits } }),
    arrives: { resources: { limits, requests: { cpu: '100m' } } },
    template: 'spec: {resources: {requests: {cpu: 300m}}}',
    comes: { resources: { limits, requests: { cpu: '300m' } } },
  },
];

describeCluster('the API server gets there first', () => {
  beforeAll(async () => {
    bare = await newNamespace();
    grafted = await newNamespace();
    for (const namespace of [bare, grafted]) {
      await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } });
      const secrets = { imagePullSecrets: [{ name: 'of-default' }] };
      await api('PATCH', `/api/v1/namespaces/${namespace}/serviceaccounts/default`, secrets);
      await create({
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'limits', namespace },
        spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '20m' }, default: { memory: '1Gi' } }] },
      });
    }
    await create({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'podgraft-test-first' },
      value: 1000,
      preemptionPolicy: 'Never',
    });
    await create({
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'podgraft-test-sandbox' },
      handler: 'sandbox',
      overhead: { podFixed: { cpu: '250m' } },
    });
    arrivals = await watchArrivals('first', bare);
    podgraft = await startPodgraft('first', [grafted]);
    const secrets = { imagePullSecrets: [{ name: 'of-default' }] };
    for (const namespace of [bare, grafted]) {
      await arrivesWith(namespace, { ...secrets, ...main({ resources: limited }) });
      await arrivesWith(namespace, { priority: 1000 }, { priorityClassName: 'podgraft-test-first' });
      await arrivesWith(namespace, { overhead: { cpu: '250m' } }, { runtimeClassName: 'podgraft-test-sandbox' });
    }
  });
  afterAll(async () => {
    await arrivals.close();
    await podgraft.close();
    await remove(`${classes}/podgraft-test-first`);
    await remove('/apis/node.k8s.io/v1/runtimeclasses/podgraft-test-sandbox');
  });

  test.each(rows)('$field', async (row) => {
    const { pod: arrived } = await arrivals.of(row.pod);
    expect(arrived['spec']).toMatchObject(row.arrives);
    const { spec, warnings } = await graft(row.pod, row.template);
    expect(spec).toMatchObject(row.comes);
    if (row.warns === undefined) expect(warnings).toEqual([]);
    else expect(warnings).toEqual([expect.stringContaining(row.warns)]);
  });

  describe("the service account's token", () => {
    const off = 'spec: {automountServiceAccountToken: false, containers: [{name: s, image: "s:1"}]}';

    test('arrives as a volume and its mounts, and both go where a template switches it off', async () => {
      const given = pod({ initContainers: [{ name: 'setup', image: 'app:1' }] });
      const { pod: arrived } = await arrivals.of(given);
      expect(at(arrived, 'spec', 'automountServiceAccountToken')).toBeUndefined();
      expect(tokenPlaces(objectField(arrived, 'spec'))).toEqual(['volume', 'setup', 'main']);
      const { spec } = await graft(given, off);
      expect(spec['automountServiceAccountToken']).toBe(false);
      expect(tokenPlaces(spec)).toEqual([]);
    });

    test.each([true, false])('stays as the pod says where it says so itself: %s', async (said) => {
      const { spec } = await graft(pod({ automountServiceAccountToken: said }), off);
      expect(spec['automountServiceAccountToken']).toBe(said);
      expect(tokenPlaces(spec)).toEqual(said ? ['volume', 'main', 's'] : []);
    });

    test('a mount of the template at its path takes its place', async () => {
      const path = '/var/run/secrets/kubernetes.io/serviceaccount';
      const own = `{name: own, mountPath: ${path}}`;
      const { spec } = await graft(
        pod(),
        `spec: {volumes: [{name: own, emptyDir: {}}], containers: [{name: primary, volumeMounts: [${own}]}]}`,
      );
      const mounts = arrayField(arrayField(spec, 'containers')[0], 'volumeMounts');
      expect(mounts).toEqual([{ name: 'own', mountPath: path }]);
    });
  });

  test("a globalDefault class arrives as the pod's own, and stands", async () => {
    const priorityClass = {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'podgraft-test-global' },
      value: 7,
      globalDefault: true,
    };
    await create(priorityClass);
    try {
      const global = { priorityClassName: 'podgraft-test-global', priority: 7 };
      await arrivesWith(bare, global);
      const { spec, warnings } = await graft(pod(), 'spec: {priorityClassName: podgraft-test-first}');
      expect(spec).toMatchObject(global);
      expect(warnings).toEqual([expect.stringContaining('spec.priorityClassName')]);
    } finally {
      await remove(`${classes}/podgraft-test-global`);
    }
  });

  test('an account that is not there is refused by the server itself, by name', async () => {
    podgraft.use(template('t', yamlObject('spec: {serviceAccountName: nobody}')));
    expect(messageOf(await dryRun(asking(pod())))).toContain('serviceaccount "nobody" not found');
  });
});

/** The server's plugins learn of other objects a moment after they are made. */
async function arrivesWith(namespace: string, wanted: JsonObject, spec: JsonObject = {}): Promise<void> {
  await eventually('the server knows the objects that the tests have made', async () => {
    const answer = await dryRun(pod(spec, { namespace }));
    try {
      expect(answer.body['spec']).toMatchObject(wanted);
      return true;
    } catch {
      return undefined;
    }
  });
}

function asking(given: JsonObject): JsonObject {
  const { metadata, ...rest } = given;
  const labels = { 'podgraft.dev/template': 't' };
  return {
    ...rest,
    metadata: { ...objectField({ metadata: metadata ?? {} }, 'metadata'), namespace: grafted, labels },
  };
}

/** What the server makes of the pod with a template, in a dry run. */
async function graft(
  given: JsonObject,
  podTemplate: string,
): Promise<{ readonly spec: JsonObject; readonly warnings: readonly string[] }> {
  podgraft.use(template('t', yamlObject(podTemplate), { protect: ['image', 'command', 'args'] }));
  const answer = await dryRun(asking(given));
  expect(messageOf(answer)).toBe('');
  return { spec: objectField(answer.body, 'spec'), warnings: answer.warnings };
}

/** `volume`, and the containers that mount it. */
function tokenPlaces(spec: JsonObject): readonly string[] {
  const isToken = (named: Json): boolean => stringField(named, 'name')?.startsWith('kube-api-access-') === true;
  const containers = [...arrayField(spec, 'initContainers'), ...arrayField(spec, 'containers')];
  return [
    ...(arrayField(spec, 'volumes').some(isToken) ? ['volume'] : []),
    ...containers
      .filter((container) => arrayField(container, 'volumeMounts').some(isToken))
      .map((container) => stringField(container, 'name') ?? ''),
  ];
}
