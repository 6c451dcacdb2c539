import { describe, expect, test } from 'vitest';
import { canonical } from '../../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../../src/core/json.ts';
import type { Template } from '../../../../src/core/template.ts';
import { throughServer, tokenVolume } from '../../../support/api-server.ts';
import { asking, covered, pod, template } from '../../../support/fixtures.ts';
import { at, decide, graft, names } from '../../../support/graft.ts';

/** A pod as the API server hands it over. */
const arrived = (spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject => throughServer(pod(spec, metadata));
const owned = {
  ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }],
};
const onPod = (spec: JsonObject): JsonObject => ({ spec });
const onPrimary = (entry: JsonObject): JsonObject => ({ spec: { containers: [{ name: 'primary', ...entry }] } });
const tolerate = (key: string, tolerationSeconds: number): JsonObject => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds,
});
const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

describe("a value that equals the API server's default counts as unset", () => {
  test.each([
    { field: 'dnsPolicy', wanted: 'None', extra: { dnsConfig: { nameservers: ['10.0.0.1'] } } },
    { field: 'schedulerName', wanted: 'batch' },
    { field: 'terminationGracePeriodSeconds', wanted: 5 },
    { field: 'enableServiceLinks', wanted: false },
    { field: 'serviceAccountName', wanted: 'robot' },
  ])('$field', ({ field, wanted, extra }) => {
    const t = template('t', onPod({ ...extra, [field]: wanted }));
    expect(at(graft(arrived(), [t]).pod, 'spec', field)).toEqual(wanted);
    expect(at(graft(pod(), [t]).pod, 'spec', field)).toEqual(wanted);
  });

  test.each([
    { field: 'terminationMessagePath', wanted: '/dev/t' },
    { field: 'terminationMessagePolicy', wanted: 'FallbackToLogsOnError' },
  ])('$field, of a container', ({ field, wanted }) => {
    const t = template('t', onPrimary({ [field]: wanted }));
    expect(at(graft(arrived(), [t]).pod, 'spec', 'containers', 0, field)).toBe(wanted);
    expect(at(graft(pod(), [t]).pod, 'spec', 'containers', 0, field)).toBe(wanted);
  });

  test.each([
    { field: 'dnsPolicy', own: 'Default', wanted: 'ClusterFirstWithHostNet' },
    { field: 'schedulerName', own: 'p', wanted: 'batch' },
    { field: 'terminationGracePeriodSeconds', own: 31, wanted: 5 },
    { field: 'enableServiceLinks', own: false, wanted: true },
    { field: 'serviceAccountName', own: 'p', wanted: 'robot' },
  ])("$field of the pod's own stands", ({ field, own, wanted }) => {
    const result = graft(arrived({ [field]: own }), [template('t', onPod({ [field]: wanted }))]);
    expect(at(result.pod, 'spec', field)).toEqual(own);
  });

  test('a value that the template wants and the server has put there needs no edit', () => {
    const t = template('t', onPod({ dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30 }));
    const given = arrived();
    expect(graft(given, [t]).pod['spec']).toEqual(given['spec']);
  });

  test("serviceAccountName: the old account's pull secrets stay", () => {
    const given = arrived({ imagePullSecrets: [{ name: 'of-default' }] });
    const t = template('t', onPod({ serviceAccountName: 'robot', imagePullSecrets: [{ name: 'of-robot' }] }));
    const result = graft(given, [t]);
    expect(at(result.pod, 'spec', 'serviceAccountName')).toBe('robot');
    expect(at(result.pod, 'spec', 'imagePullSecrets')).toEqual([{ name: 'of-default' }, { name: 'of-robot' }]);
  });
});

describe('restartPolicy', () => {
  const never = template('t', onPod({ restartPolicy: 'Never' }));

  test.each([
    { what: 'a pod of its own that has the default', given: arrived(), gives: 'Never' },
    { what: 'one written by hand without it', given: pod(), gives: 'Never' },
    {
      what: "one whose own value isn't the default",
      given: arrived({ restartPolicy: 'OnFailure' }),
      gives: 'OnFailure',
    },
    { what: 'one of a controller', given: arrived({}, owned), gives: 'Always' },
    { what: 'one of a controller that was written by hand without it', given: pod({}, owned), gives: undefined },
  ])('of $what', ({ given, gives }) => {
    expect(at(graft(given, [never]).pod, 'spec', 'restartPolicy')).toBe(gives);
  });

  test("where a controller's pod keeps its own, a warning says so", () => {
    expect(graft(arrived({}, owned), [never]).warnings.join('\n')).toContain('restartPolicy');
    expect(graft(arrived(), [never]).warnings).toEqual([]);
  });
});

describe('imagePullPolicy', () => {
  test.each([
    { image: 'app', arrives: 'Always', own: undefined, wanted: 'Never', gives: 'Never' },
    { image: 'app:latest', arrives: 'Always', own: undefined, wanted: 'IfNotPresent', gives: 'IfNotPresent' },
    { image: 'app:1', arrives: 'IfNotPresent', own: undefined, wanted: 'Always', gives: 'Always' },
    { image: 'host:5000/app', arrives: 'Always', own: undefined, wanted: 'Never', gives: 'Never' },
    {
      image: `app@sha256:${'0'.repeat(64)}`,
      arrives: 'IfNotPresent',
      own: undefined,
      wanted: 'Always',
      gives: 'Always',
    },
    { image: 'app:1', arrives: 'Always', own: 'Always', wanted: 'IfNotPresent', gives: 'Always' },
    { image: 'app', arrives: 'IfNotPresent', own: 'IfNotPresent', wanted: 'Always', gives: 'IfNotPresent' },
    { image: 'app:1', arrives: 'Never', own: 'Never', wanted: 'Always', gives: 'Never' },
  ])('$image, $own, template $wanted: $gives', ({ image, arrives, own, wanted, gives }) => {
    const main = { name: 'main', image, ...(own === undefined ? {} : { imagePullPolicy: own }) };
    const given = arrived({ containers: [main] });
    expect(at(given, 'spec', 'containers', 0, 'imagePullPolicy')).toBe(arrives);
    const t = template('t', onPrimary({ imagePullPolicy: wanted }));
    expect(at(graft(given, [t]).pod, 'spec', 'containers', 0, 'imagePullPolicy')).toBe(gives);
  });
});

describe('priorityClassName', () => {
  const t = template('t', onPod({ priorityClassName: 'high' }));

  test('is set, and the fields derived from no class are removed', () => {
    const result = graft(arrived(), [t]);
    expect(at(result.pod, 'spec', 'priorityClassName')).toBe('high');
    expect(at(result.pod, 'spec', 'priority')).toBeUndefined();
    expect(at(result.pod, 'spec', 'preemptionPolicy')).toBeUndefined();
  });

  test('is set on a pod that has none of them', () => {
    expect(at(graft(pod(), [t]).pod, 'spec', 'priorityClassName')).toBe('high');
  });

  test("a globalDefault's name stands as the pod's own", () => {
    const given = arrived({ priorityClassName: 'global', priority: 7 });
    const result = graft(given, [t]);
    expect(result.pod['spec']).toEqual(given['spec']);
  });

  test('without a class in the template the derived fields stay', () => {
    const result = graft(arrived(), [template('t', onPod({ hostname: 'h' }))]);
    expect(at(result.pod, 'spec', 'priority')).toBe(0);
    expect(at(result.pod, 'spec', 'preemptionPolicy')).toBe('PreemptLowerPriority');
  });
});

describe('automountServiceAccountToken: false', () => {
  const t = template('t', onPod({ automountServiceAccountToken: false }));
  const mounts = (given: JsonObject): readonly (Json | undefined)[] =>
    ['containers', 'initContainers'].flatMap((list) =>
      names(given, list).map((_, index) => at(given, 'spec', list, index, 'volumeMounts')),
    );

  test("takes the plugin's volume and its mount in every container away", () => {
    const keep = { name: 'data', mountPath: '/data' };
    const given = arrived({
      containers: [
        { name: 'main', image: 'app:1', volumeMounts: [keep] },
        { name: 'helper', image: 'h:1' },
      ],
      initContainers: [{ name: 'setup', image: 's:1' }],
      volumes: [{ name: 'data', emptyDir: {} }],
    });
    expect(at(given, 'spec', 'volumes')).toContainEqual(tokenVolume);
    const result = graft(given, [t]);
    expect(at(result.pod, 'spec', 'automountServiceAccountToken')).toBe(false);
    expect(at(result.pod, 'spec', 'volumes')).toEqual([{ name: 'data', emptyDir: {} }]);
    expect(mounts(result.pod).flat()).toContainEqual(keep);
    expect(JSON.stringify(mounts(result.pod))).not.toContain('kube-api-access');
  });

  test('stands with the pod where it set the field itself', () => {
    const given = arrived({ automountServiceAccountToken: true });
    expect(graft(given, [t]).pod['spec']).toEqual(given['spec']);
  });

  const sources = at(tokenVolume, 'projected', 'sources') as Json[];
  const [token = null, certificate = null, namespace = null] = sources;
  const standard = { name: 'kube-api-access-mine1', sources };
  test.each([
    { what: 'another source beside', ...standard, sources: [...sources, { secret: { name: 'x' } }] },
    { what: 'a source missing', ...standard, sources: [token, certificate] },
    {
      what: 'a token in another file',
      ...standard,
      sources: [{ serviceAccountToken: { path: 'mine' } }, certificate, namespace],
    },
    {
      what: 'a certificate from elsewhere',
      ...standard,
      sources: [token, { configMap: { name: 'mine' } }, namespace],
    },
    {
      what: 'something else than the namespace',
      ...standard,
      sources: [token, certificate, { secret: { name: 'x' } }],
    },
    { what: 'sources in another order', ...standard, sources: [namespace, certificate, token] },
    { what: 'a name of its own', ...standard, name: 'mine' },
  ])('a volume that is not exactly the plugin’s stays, and its mount: $what', ({ name, sources: given }) => {
    const volume = { name, projected: { sources: given } };
    const mount = { name, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    const arrives = pod({ containers: [{ name: 'main', image: 'app:1', volumeMounts: [mount] }], volumes: [volume] });
    const result = decide(
      { ...arrives, metadata: { ...(arrives['metadata'] as JsonObject), labels: { 'podgraft.dev/template': 't' } } },
      [t],
    );
    expect(at(result.pod, 'spec', 'volumes')).toEqual([volume]);
    expect(at(result.pod, 'spec', 'containers', 0, 'volumeMounts')).toEqual([mount]);
  });

  test('true in a template takes nothing away', () => {
    const result = graft(arrived(), [template('t', onPod({ automountServiceAccountToken: true }))]);
    expect(at(result.pod, 'spec', 'volumes')).toEqual([tokenVolume]);
  });
});

describe('tolerations of the DefaultTolerationSeconds plugin', () => {
  const defaults = [tolerate(notReady, 300), tolerate(unreachable, 300)];

  test.each([
    {
      what: 'one of them is replaced',
      wanted: [tolerate(notReady, 10)],
      gives: [tolerate(unreachable, 300), tolerate(notReady, 10)],
    },
    {
      what: 'one that tolerates everything replaces both',
      wanted: [{ operator: 'Exists' }],
      gives: [{ operator: 'Exists' }],
    },
    {
      what: 'one without an effect counts too',
      wanted: [{ key: unreachable, operator: 'Exists' }],
      gives: [tolerate(notReady, 300), { key: unreachable, operator: 'Exists' }],
    },
    {
      what: 'one for another taint leaves them',
      wanted: [{ key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }],
      gives: [...defaults, { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }],
    },
    {
      what: 'one for the same taint with another effect leaves them',
      wanted: [{ key: notReady, operator: 'Exists', effect: 'NoSchedule' }],
      gives: [...defaults, { key: notReady, operator: 'Exists', effect: 'NoSchedule' }],
    },
    {
      what: 'one that is equal to the empty value tolerates the taint too',
      wanted: [{ key: notReady, operator: 'Equal' }],
      gives: [tolerate(unreachable, 300), { key: notReady, operator: 'Equal' }],
    },
    {
      what: 'one with a value counts too: the plugin looks at key and effect alone',
      wanted: [{ key: notReady, operator: 'Equal', value: 'x', effect: 'NoExecute' }],
      gives: [tolerate(unreachable, 300), { key: notReady, operator: 'Equal', value: 'x', effect: 'NoExecute' }],
    },
    { what: 'exactly it in the template keeps it', wanted: [tolerate(notReady, 300)], gives: defaults },
    {
      what: 'exactly it beside a wider one keeps it',
      wanted: [tolerate(notReady, 300), { key: notReady, operator: 'Exists' }],
      gives: [...defaults, { key: notReady, operator: 'Exists' }],
    },
  ])('$what', ({ wanted, gives }) => {
    const t = template('t', onPod({ tolerations: wanted }));
    expect(at(graft(arrived(), [t]).pod, 'spec', 'tolerations')).toEqual(gives);
    // By hand nothing is there yet, and the plugin adds what it would have: in another order.
    const byHand = at(throughServer(graft(pod(), [t]).pod), 'spec', 'tolerations') as readonly Json[];
    expect(new Set(byHand.map(canonical))).toEqual(new Set(gives.map(canonical)));
  });

  test("a pod's own toleration of such a taint, with other seconds, stands", () => {
    const given = arrived({ tolerations: [tolerate(notReady, 60)] });
    const result = graft(given, [template('t', onPod({ tolerations: [tolerate(notReady, 10)] }))]);
    expect(at(result.pod, 'spec', 'tolerations')).toEqual([
      tolerate(notReady, 60),
      tolerate(unreachable, 300),
      tolerate(notReady, 10),
    ]);
  });
});

describe("under the pod's own hostNetwork a hostPort that equals the containerPort counts as unset", () => {
  const ports = (hostPort?: number): JsonObject[] => [
    { containerPort: 80, ...(hostPort === undefined ? {} : { hostPort }) },
  ];
  const web = (hostNetwork: boolean, hostPort?: number): JsonObject =>
    pod({ hostNetwork, containers: [{ name: 'main', image: 'app:1', ports: ports(hostPort) }] });
  const setup = (hostNetwork: boolean, hostPort?: number): JsonObject =>
    pod({ hostNetwork, initContainers: [{ name: 'setup', image: 'app:1', ports: ports(hostPort) }] });
  const deny = { conflictPolicy: 'Deny' };

  test.each<{ what: string; given: JsonObject; asked: JsonObject; settings?: JsonObject; codes: readonly string[] }>([
    { what: 'the same', given: web(true), asked: onPrimary({ ports: ports(80) }), codes: [] },
    { what: 'another', given: web(true), asked: onPrimary({ ports: ports(81) }), codes: ['PG021'] },
    {
      what: 'another, Deny',
      given: web(true),
      asked: onPrimary({ ports: ports(81) }),
      settings: deny,
      codes: ['PG021'],
    },
    {
      what: 'another that was written',
      given: web(true, 80),
      asked: onPrimary({ ports: ports(81) }),
      codes: ['PG021'],
    },
    { what: 'another, in no hostNetwork', given: web(false, 80), asked: onPrimary({ ports: ports(81) }), codes: [] },
    {
      what: 'another, in no hostNetwork, Deny',
      given: web(false, 80),
      asked: onPrimary({ ports: ports(81) }),
      settings: deny,
      codes: ['PG011'],
    },
  ])('$what: $codes', ({ given, asked, settings = {}, codes }) => {
    for (const each of [given, throughServer(given)]) {
      expect(graft(each, [template('t', asked, settings)]).codes).toEqual(codes);
    }
  });

  test.each([
    { what: 'by hand', given: setup(true) },
    { what: 'as it arrives', given: throughServer(setup(true)) },
  ])("an init container's is replaced, which the server takes: $what", ({ given }) => {
    const t = template('t', { spec: { initContainers: [{ name: 'default-init', ports: ports(81) }] } });
    const result = graft(given, [t]);
    expect(at(result.pod, 'spec', 'initContainers', 0, 'ports', 0, 'hostPort')).toBe(81);
    expect(result.warnings).toEqual([]);
  });

  test('where a template sets hostNetwork, what the pod came with stands in later rounds too', () => {
    const host = template('host', onPod({ hostNetwork: true }));
    const t = template('t', { spec: { initContainers: [{ name: 'default-init', ports: ports(81) }] } });
    const result = graft(setup(false, 80), [host, t]);
    expect(at(result.pod, 'spec', 'initContainers', 0, 'ports', 0, 'hostPort')).toBe(80);
  });
});

describe('what plugins fill in later', () => {
  test('runtimeClassName is set; overhead is left to the plugin', () => {
    const result = graft(arrived(), [template('t', onPod({ runtimeClassName: 'gvisor' }))]);
    expect(at(result.pod, 'spec', 'runtimeClassName')).toBe('gvisor');
    expect(at(result.pod, 'spec', 'overhead')).toBeUndefined();
  });

  test('hostNetwork is set; the API server gives every port its hostPort', () => {
    const given = arrived({ containers: [{ name: 'main', image: 'app:1', ports: [{ containerPort: 80 }] }] });
    const result = graft(given, [template('t', onPod({ hostNetwork: true }))]);
    expect(at(result.pod, 'spec', 'hostNetwork')).toBe(true);
    expect(at(result.pod, 'spec', 'containers', 0, 'ports', 0, 'hostPort')).toBeUndefined();
  });

  test("a container's resources that a LimitRange filled in stand", () => {
    const limits = { limits: { cpu: '1' }, requests: { cpu: '100m' } };
    const given = throughServer(pod(), limits);
    const t = template(
      't',
      {
        spec: {
          containers: [{ name: 'primary', resources: { requests: { cpu: '2' }, limits: { cpu: '2', memory: '1Gi' } } }],
        },
      },
      { protect: ['image', 'command', 'args', 'env'] },
    );
    expect(at(graft(given, [t]).pod, 'spec', 'containers', 0, 'resources')).toEqual({
      limits: { cpu: '1', memory: '1Gi' },
      requests: { cpu: '100m' },
    });
  });

  test("a sidecar's values that a LimitRange filled in between two rounds are no difference", () => {
    const t = template('t', { spec: { containers: [{ name: 'log', image: 'log:1' }] } });
    const once = graft(arrived(), [t]).pod;
    const ranged = throughServer(once, { limits: { cpu: '1' }, requests: { cpu: '100m', memory: '64Mi' } });
    expect(at(ranged, 'spec', 'containers', 1, 'resources', 'limits')).toEqual({ cpu: '1' });
    expect(graft(ranged, [t]).patch).toEqual([]);
  });

  test('a mount at the token’s path replaces the plugin’s', () => {
    const path = '/var/run/secrets/kubernetes.io/serviceaccount';
    const t = template('t', {
      spec: {
        containers: [{ name: 'primary', volumeMounts: [{ name: 'mine', mountPath: path }] }],
        volumes: [{ name: 'mine', emptyDir: {} }],
      },
    });
    const result = graft(arrived(), [t]);
    expect(at(result.pod, 'spec', 'containers', 0, 'volumeMounts')).toEqual([{ name: 'mine', mountPath: path }]);
    expect(names(result.pod, 'volumes')).toContain('mine');
  });
});

describe('spec.resources.requests where the pod has pod-level limits', () => {
  const requests = { requests: { cpu: '1', memory: '1Gi' } };
  const main = { name: 'main', image: 'app:1', resources: requests };
  const limits = { cpu: '4', memory: '4Gi' };
  const sidecar = template('t', {
    spec: { containers: [{ name: 'log', image: 'log:1', resources: { requests: { cpu: '500m' } } }] },
  });

  test('a value equal to the sum of the containers goes when the graft changes that sum', () => {
    const given = pod({ containers: [main], resources: { limits, requests: { cpu: '1', memory: '1Gi' } } });
    const result = graft(given, [sidecar]);
    expect(at(result.pod, 'spec', 'resources', 'requests', 'cpu')).toBeUndefined();
    expect(at(result.pod, 'spec', 'resources', 'requests', 'memory')).toBe('1Gi');
    expect(at(result.pod, 'spec', 'resources', 'limits')).toEqual(limits);
  });

  test("another value is the pod's own and stands", () => {
    const given = pod({ containers: [main], resources: { limits, requests: { cpu: '3', memory: '3Gi' } } });
    expect(at(graft(given, [sidecar]).pod, 'spec', 'resources')).toEqual({
      limits,
      requests: { cpu: '3', memory: '3Gi' },
    });
  });

  test('it stays where the graft changes no sum', () => {
    const given = pod({ containers: [main], resources: { limits, requests: { cpu: '1', memory: '1Gi' } } });
    const result = graft(given, [template('t', { spec: { hostname: 'h' } })]);
    expect(at(result.pod, 'spec', 'resources')).toEqual({ limits, requests: { cpu: '1', memory: '1Gi' } });
  });
});

describe('a LimitRange fills what the template adds, when the pod has resources of its own', () => {
  const range = { requests: { cpu: '20m', memory: '1Gi' }, limits: { memory: '1Gi' } };
  const main = (resources: JsonObject): JsonObject => ({ name: 'main', image: 'app:1', resources });
  const bare = template('t', { spec: { containers: [{ name: 's', image: 's:1' }] } });
  /** As the plugin marks it when it has filled `main`. */
  const said = (text: string): JsonObject => ({ annotations: { 'kubernetes.io/limit-ranger': text } });
  const both = 'LimitRanger plugin set: cpu, memory request for container main; memory limit for container main';
  interface Filled {
    readonly what: string;
    /** Of the pod's container, before it was filled. */
    readonly own?: JsonObject;
    /** Of the pod as a whole. */
    readonly resources: JsonObject;
    readonly annotations?: string;
    readonly sidecar?: JsonObject;
    readonly problem?: string;
  }

  test.each<{ what: string; spec: JsonObject; by: Template; removed: readonly string[] }>([
    { what: 'a sidecar', spec: {}, by: bare, removed: ['cpu', 'memory'] },
    { what: 'a native sidecar', spec: { restartPolicy: 'Never' }, by: bare, removed: ['cpu', 'memory'] },
    {
      what: 'a sidecar with cpu by a preset',
      spec: {},
      by: template(
        't',
        { spec: { containers: [{ name: 's', image: 's:1' }] } },
        {
          sidecars: { resources: { requests: { cpu: '30m' } } },
        },
      ),
      removed: ['memory'],
    },
    {
      what: 'an init container that needs no more than all others',
      spec: {},
      by: template('t', { spec: { initContainers: [{ name: 's', image: 's:1' }] } }),
      removed: [],
    },
    {
      what: 'a sidecar beside requests that a template asks for',
      spec: {},
      by: template('t', {
        spec: { containers: [{ name: 's', image: 's:1' }], resources: { requests: { memory: '3Gi', cpu: '1' } } },
      }),
      removed: [],
    },
  ])('the next round has the requests of the pod derived anew: $what', ({ spec, by, removed }) => {
    const limits = { cpu: '2', memory: '4Gi' };
    const sized = main({ requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '1Gi' } });
    const given = throughServer(pod({ containers: [sized], resources: { limits }, ...spec }));
    const first = graft(given, [by]);
    const filled = throughServer(first.pod, range);
    const second = decide(filled, [by]);
    expect(second.patch).toEqual(removed.map((name) => ({ op: 'remove', path: `/spec/resources/requests/${name}` })));
    const third = throughServer(second.pod, range);
    expect(decide(third, [by]).patch).toEqual([]);
  });

  test("requests that the pod's author has set stand, though a LimitRange fills the sidecar", () => {
    const sized = main({ requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '1Gi' } });
    const own = { limits: { cpu: '2', memory: '4Gi' }, requests: { cpu: '1500m', memory: '3Gi' } };
    const first = graft(throughServer(pod({ containers: [sized], resources: own })), [bare]);
    expect(decide(throughServer(first.pod, range), [bare]).patch).toEqual([]);
  });

  test.each<Filled>([
    {
      what: 'more than the limit of the pod',
      resources: { limits: { cpu: '1', memory: '1536Mi' } },
      problem: 'spec.containers.resources: Invalid value: the containers together request more than the pod does',
    },
    {
      what: 'more than the limit of the pod, whose requests are derived',
      own: { requests: { cpu: '100m' } },
      resources: { limits: { cpu: '110m' } },
      annotations: 'LimitRanger plugin set: cpu, memory request for init container setup',
      problem:
        'spec.containers.resources: Invalid value: the containers together request more than the limit of the pod',
    },
    { what: 'no more than that', resources: { limits: { cpu: '1', memory: '2Gi' } } },
    { what: 'no pod-level resources', resources: {} },
    {
      what: 'memory that the template sets itself',
      resources: { limits: { cpu: '1', memory: '1536Mi' } },
      sidecar: { resources: { requests: { memory: '1Mi' }, limits: { memory: '1Mi' } } },
    },
    {
      what: 'a limit of its own, which is its request too',
      resources: { limits: { cpu: '1', memory: '1536Mi' } },
      sidecar: { resources: { limits: { memory: '1Mi' } } },
    },
    {
      what: 'a limit below its own request',
      resources: {},
      sidecar: { resources: { requests: { memory: '2Gi' } } },
      problem: 'spec.containers[1].resources.limits: Invalid value: a request of the container is above its limit',
    },
    {
      what: 'nothing that the pod shows: another container is named',
      resources: { limits: { cpu: '1', memory: '1536Mi' } },
      annotations: 'LimitRanger plugin set: memory request for container other',
    },
    {
      what: 'nothing that the pod shows: an annotation of another form',
      resources: { limits: { cpu: '1', memory: '1536Mi' } },
      annotations: 'memory for main',
    },
    {
      what: 'a request alone',
      resources: { limits: { cpu: '1', memory: '1536Mi' } },
      annotations: 'LimitRanger plugin set: memory request for container main',
      problem: 'spec.containers.resources: Invalid value: the containers together request more than the pod does',
    },
    {
      what: 'a request that an init container shows',
      resources: { limits: { cpu: '1', memory: '1536Mi' } },
      annotations: 'LimitRanger plugin set: memory request for init container setup',
      problem: 'spec.containers.resources: Invalid value: the containers together request more than the pod does',
    },
  ])('where the pod shows what the LimitRange gives, it counts: $what', (row) => {
    const { own = {}, resources, annotations = both, sidecar = {}, problem } = row;
    // As it arrives: the server has derived the requests of the pod, and then LimitRanger has filled its containers.
    const setup = { name: 'setup', image: 'app:1' };
    const written = throughServer(
      pod({ containers: [main(own)], initContainers: [setup], resources }, said(annotations)),
      range,
    );
    const t = (spec: JsonObject): Template =>
      template('t', { spec: { containers: [{ name: 's', image: 's:1', ...sidecar }] } }, spec);
    const named = decide(asking(written, 't'), [t({})]);
    expect(named.problems.map((text) => text.split(' when a LimitRange of the namespace')[0])).toEqual(
      problem === undefined ? [] : [problem],
    );
    const soft = decide(written, [t({ match: {} })], { namespace: covered });
    expect(soft.kind).toBe(problem === undefined ? 'graft' : 'skip');
    expect(soft.leftOut).toEqual(problem === undefined ? [] : ['podgraft-system/t']);
  });

  test('the problem names the template and what to do', () => {
    const resources = { limits: { cpu: '1', memory: '1536Mi' } };
    const given = throughServer(pod({ containers: [main({})], resources }, said(both)), range);
    expect(decide(asking(given, 't'), [bare]).problems).toEqual([
      'spec.containers.resources: Invalid value: the containers together request more than the pod does when a ' +
        'LimitRange of the namespace has filled in what template podgraft-system/t leaves open; set resources in the ' +
        'template, or drop it (podgraft PG020)',
    ]);
  });
});

test('a manifest by hand and the same pod from the API server get the same graft', () => {
  const t = template('t', {
    metadata: { labels: { a: 'b' } },
    spec: {
      containers: [
        { name: 'primary', workingDir: '/w', imagePullPolicy: 'Always' },
        { name: 'log', image: 'log:1', ports: [{ containerPort: 99 }] },
      ],
      volumes: [{ name: 'v', configMap: { name: 'c' } }],
      schedulerName: 's',
      terminationGracePeriodSeconds: 5,
      tolerations: [tolerate(notReady, 10)],
    },
  });
  const byHand = throughServer(graft(pod(), [t]).pod);
  const fromServer = throughServer(graft(arrived(), [t]).pod);
  const comparable = (given: JsonObject): JsonObject => ({
    ...given,
    spec: { ...(given['spec'] as JsonObject), tolerations: null, volumes: null },
  });
  expect(comparable(byHand)).toEqual(comparable(fromServer));
  for (const list of ['tolerations', 'volumes']) {
    const all = (given: JsonObject): readonly Json[] => at(given, 'spec', list) as readonly Json[];
    expect(new Set(all(byHand).map((each) => JSON.stringify(each)))).toEqual(
      new Set(all(fromServer).map((each) => JSON.stringify(each))),
    );
  }
});
