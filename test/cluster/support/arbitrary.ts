import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { arrayField, canonical, field, isObject, objectField, stringField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { incompatiblePairs } from '../../../src/core/kubernetes/incompatible.ts';
import { incompatibleCases } from '../../core/kubernetes/incompatible-cases.ts';
import { injectionTemplate } from '../../support/fixtures.ts';

// Pods and templates out of pieces that are each fine alone, for a real API server to judge what comes of them together.
// Half of the pieces are those that are known to be refused together, taken apart.

// A field whose gate is off by default is dropped after the webhooks: the server judges another pod than they saw.
const gated = new Set(incompatiblePairs.filter(({ featureGate }) => featureGate !== undefined).map(({ id }) => id));
const incompatiblePods = incompatibleCases
  .filter(({ id }) => !gated.has(id))
  .flatMap(({ refused, fine }) => [refused, ...fine]);
const incompatibleContainers = incompatiblePods.flatMap((pod) =>
  ['containers', 'initContainers'].flatMap((list) => arrayField(objectField(pod, 'spec'), list)),
);

/** Each field of these objects by itself, and those of a securityContext one by one; the same one only once. */
function pieces(objects: readonly Json[], without: readonly string[]): readonly JsonObject[] {
  const found = new Map<string, JsonObject>();
  const add = (piece: JsonObject): void => void found.set(canonical(piece), piece);
  for (const object of objects.filter(isObject)) {
    for (const [key, value] of Object.entries(object)) {
      if (without.includes(key)) continue;
      add({ [key]: value });
      if (key !== 'securityContext' || !isObject(value)) continue;
      for (const [inner, setting] of Object.entries(value)) add({ [key]: { [inner]: setting } });
    }
  }
  return [...found.values()];
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const nodeTerm = (key: string): JsonObject => ({ matchExpressions: [{ key, operator: 'In', values: ['x'] }] });
const podTerm = (key: string): JsonObject => ({ topologyKey: 'zone', labelSelector: { matchLabels: { [key]: 'x' } } });
const notReady = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' };

const specPieces: readonly JsonObject[] = [
  ...pieces(
    incompatiblePods.map((pod) => objectField(pod, 'spec')),
    ['containers', 'initContainers'],
  ),
  { restartPolicy: 'Never' },
  { restartPolicy: 'OnFailure' },
  { hostNetwork: true },
  { serviceAccountName: 'robot' },
  { automountServiceAccountToken: false },
  { priorityClassName: 'podgraft-test-high' },
  { priorityClassName: 'podgraft-test-low' },
  { dnsPolicy: 'None', dnsConfig: { nameservers: ['10.0.0.1'] } },
  { dnsPolicy: 'Default' },
  {
    dnsConfig: {
      nameservers: ['10.0.0.2', '10.0.0.3'],
      searches: ['a.test'],
      options: [{ name: 'ndots', value: '2' }],
    },
  },
  { dnsConfig: { nameservers: ['10.0.0.4'], options: [{ name: 'ndots', value: '3' }] } },
  { terminationGracePeriodSeconds: 0 },
  { terminationGracePeriodSeconds: 5 },
  { activeDeadlineSeconds: 60 },
  { enableServiceLinks: false },
  { hostname: 'a', subdomain: 'b' },
  { schedulerName: 'other' },
  { nodeSelector: { a: 'x' } },
  { nodeSelector: { b: 'x', a: 'y' } },
  { tolerations: [{ key: 'a', operator: 'Exists' }] },
  { tolerations: [{ ...notReady, tolerationSeconds: 10 }] },
  { tolerations: [{ operator: 'Exists' }] },
  { affinity: { nodeAffinity: { [required]: { nodeSelectorTerms: [nodeTerm('a'), nodeTerm('b')] } } } },
  { affinity: { nodeAffinity: { [required]: { nodeSelectorTerms: [nodeTerm('c')] } } } },
  { affinity: { nodeAffinity: { [preferred]: [{ weight: 1, preference: nodeTerm('a') }] } } },
  { affinity: { podAntiAffinity: { [required]: [podTerm('a')] } } },
  { affinity: { podAffinity: { [preferred]: [{ weight: 1, podAffinityTerm: podTerm('b') }] } } },
  { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
  {
    topologySpreadConstraints: [
      { maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', minDomains: null },
    ],
  },
  {
    topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', minDomains: 2 }],
  },
  { hostAliases: [{ ip: '10.0.0.1', hostnames: ['a', 'b'] }] },
  {
    hostAliases: [
      { ip: '10.0.0.1', hostnames: ['c'] },
      { ip: '10.0.0.2', hostnames: ['d'] },
    ],
  },
  { imagePullSecrets: [{ name: 'a' }] },
  { imagePullSecrets: [{ name: 'b' }, { name: 'a' }] },
  { readinessGates: [{ conditionType: 'a.test/ready' }] },
  { schedulingGates: [{ name: 'a.test/gate' }] },
  { securityContext: { supplementalGroups: [1, 2], fsGroup: 1 } },
  { securityContext: { runAsNonRoot: true, runAsUser: 1000 } },
  { securityContext: { sysctls: [{ name: 'kernel.shm_rmid_forced', value: '0' }] } },
  { os: { name: 'linux' } },
  { os: { name: 'windows' } },
  { resources: { limits: { cpu: '4', memory: '4Gi' } } },
  { resources: { requests: { cpu: '300m' } } },
  { resources: { limits: { cpu: '150m' }, requests: { cpu: '150m' } } },
  { resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }] },
  { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpus' }] },
  { volumes: [{ name: 'data', emptyDir: {} }] },
  { volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }] },
  { volumes: [{ name: 'config', configMap: { name: 'c', defaultMode: 420 } }, { name: 'data' }] },
  { volumes: [{ name: 'config', configMap: { name: 'c' } }] },
  { volumes: [{ name: 'claim', persistentVolumeClaim: { claimName: 'c' } }] },
];

const initPieces: readonly JsonObject[] = [
  ...pieces(incompatibleContainers, ['name', 'image']),
  { env: [{ name: 'A', value: 'x' }] },
  {
    env: [
      { name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'B', value: '' },
    ],
  },
  { envFrom: [{ configMapRef: { name: 'a' } }] },
  { envFrom: [{ secretRef: { name: 'b' }, prefix: 'P_' }] },
  { resources: { limits: { cpu: '1', memory: '1Gi' } } },
  { resources: { requests: { cpu: '100m' } } },
  { resources: { requests: { cpu: '2', memory: '2Gi' } } },
  { resources: { limits: { cpu: '100m' } } },
  { resources: { limits: { memory: '64Mi', 'example.test/gpu': '1' } } },
  { resources: { claims: [{ name: 'gpu' }] } },
  { ports: [{ containerPort: 80 }] },
  {
    ports: [
      { containerPort: 80, name: 'http' },
      { containerPort: 81, name: 'admin' },
    ],
  },
  { ports: [{ containerPort: 90, name: 'http' }] },
  { ports: [{ containerPort: 80, protocol: 'UDP' }] },
  { ports: [{ containerPort: 82, hostPort: 82 }] },
  { ports: [{ containerPort: 83, hostPort: 82, hostIP: '127.0.0.1' }] },
  { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
  { volumeMounts: [{ name: 'data', mountPath: '/data', readOnly: true }] },
  { volumeMounts: [{ name: 'config', mountPath: '/data' }] },
  { volumeMounts: [{ name: 'config', mountPath: '/etc/c', subPath: 'c' }] },
  { volumeMounts: [{ name: 'data', mountPath: '/run', mountPropagation: 'Bidirectional' }] },
  { volumeMounts: [{ name: 'data', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] },
  { volumeDevices: [{ name: 'claim', devicePath: '/dev/x' }] },
  { volumeDevices: [{ name: 'claim', devicePath: '/data' }] },
  { securityContext: { privileged: true } },
  { securityContext: { allowPrivilegeEscalation: false } },
  { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } },
  { securityContext: { runAsUser: 0, readOnlyRootFilesystem: true } },
  { imagePullPolicy: 'Never' },
  { terminationMessagePath: '/data/t', terminationMessagePolicy: 'FallbackToLogsOnError' },
  { workingDir: '/data' },
  { stdin: true, tty: true },
  { stdinOnce: true },
  { command: ['a'], args: ['b'] },
];

const mainPieces: readonly JsonObject[] = [
  ...initPieces,
  { livenessProbe: { httpGet: { port: 80 } } },
  { livenessProbe: { tcpSocket: { port: 'http' } } },
  { readinessProbe: { exec: { command: ['x'] } } },
  { readinessProbe: { httpGet: { port: 81 }, successThreshold: 3 } },
  { startupProbe: { tcpSocket: { port: 80 }, terminationGracePeriodSeconds: 5 } },
  { lifecycle: { preStop: { sleep: { seconds: 3 } } } },
  { lifecycle: { postStart: { exec: { command: ['x'] } } } },
  { restartPolicy: 'Never' },
];

const metadataPieces: readonly JsonObject[] = [
  ...pieces(
    incompatiblePods.map((pod) => objectField(pod, 'metadata')),
    ['name', 'namespace', 'generateName'],
  ),
  { labels: { a: 'x', 'x.test/y': 'z' } },
  { labels: { a: 'y' } },
  { annotations: { 'x.test/y': 'some text', a: '' } },
];

/** Pieces put together; a securityContext's and an affinity's fields join, else the last one stands. */
function together(chosen: readonly JsonObject[]): JsonObject {
  const result: Record<string, Json> = {};
  for (const piece of chosen) {
    for (const [key, value] of Object.entries(piece)) {
      const before = result[key];
      const joins = ['securityContext', 'affinity', 'lifecycle', 'labels', 'annotations'].includes(key);
      result[key] = joins && isObject(before) && isObject(value) ? { ...before, ...value } : value;
    }
  }
  return result;
}

function some(from: readonly JsonObject[], maxLength: number): Arbitrary<JsonObject> {
  return fc.array(fc.constantFrom(...from), { maxLength }).map(together);
}

function containers(
  from: readonly JsonObject[],
  names: readonly string[],
  maxLength: number,
  minLength = 0,
): Arbitrary<JsonObject[]> {
  const one = fc.record({ name: fc.constantFrom(...names), image: fc.constantFrom('app', 'app:1') });
  return fc.uniqueArray(
    fc.tuple(one, some(from, 2)).map(([named, rest]): JsonObject => ({ ...rest, ...named })),
    { minLength, maxLength, selector: (container) => stringField(container, 'name') },
  );
}

/** With a volume for each mount and a claim for each device that would have none. */
function withVolumes(spec: JsonObject): JsonObject {
  const all = ['containers', 'initContainers'].flatMap((key) => arrayField(spec, key));
  const used = (key: string): readonly string[] =>
    all.flatMap((container) => arrayField(container, key).map((mount) => stringField(mount, 'name') ?? ''));
  const present = new Set(arrayField(spec, 'volumes').map((volume) => stringField(volume, 'name')));
  const sources = [
    ...used('volumeDevices').map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
    ...used('volumeMounts').map((name) => ({ name, emptyDir: {} })),
  ];
  const missing: JsonObject[] = [];
  for (const source of sources) {
    if (present.has(source.name)) continue;
    present.add(source.name);
    missing.push(source);
  }
  const claims = all.flatMap((container) => arrayField(field(container, 'resources'), 'claims'));
  return {
    ...spec,
    ...(missing.length > 0 && { volumes: [...arrayField(spec, 'volumes'), ...missing] }),
    ...(claims.length > 0 &&
      spec['resourceClaims'] === undefined && {
        resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }],
      }),
  };
}

const metadata = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: some(metadataPieces, 2) });

/** A pod without a namespace; most of them a real API server takes. */
export const pod: Arbitrary<JsonObject> = fc
  .record({
    spec: some(specPieces, 3),
    metadata,
    containers: containers(mainPieces, ['web', 'proxy'], 2, 1),
    initContainers: containers(initPieces, ['setup', 'warm-up'], 1),
    isOwned: fc.boolean(),
  })
  .map(({ spec, metadata: own, containers: main, initContainers, isOwned }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      ...own,
      ...(isOwned && {
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true }],
      }),
    },
    spec: withVolumes({ ...spec, containers: main, ...(initContainers.length > 0 && { initContainers }) }),
  }));

function entry(name: string, from: readonly JsonObject[]): Arbitrary<readonly JsonObject[]> {
  return fc.option(some(from, 2)).map((fields) => (fields === null ? [] : [{ name, ...fields }]));
}

/** A template's document; it need not be valid. */
function templateNamed(name: string): Arbitrary<JsonObject> {
  return fc
    .record({
      metadata,
      spec: some(specPieces, 2),
      primary: entry('primary', mainPieces),
      all: entry('default', mainPieces),
      sidecars: containers(mainPieces, [`${name}-a`, 'proxy', `${name}-b`], 1),
      allInit: entry('default-init', initPieces),
      init: containers(initPieces, [`${name}-i`], 1),
      settings: fc.record(
        {
          protect: fc.constant(['image', 'command', 'args']),
          sidecars: fc.constantFrom<Json[]>(
            { lifecycle: 'Native' },
            { lifecycle: 'Container', resources: { requests: { cpu: '10m', memory: '16Mi' } } },
            { initOrder: 'First', resources: { limits: { cpu: '50m' } } },
          ),
        },
        { requiredKeys: [] },
      ),
    })
    .map(({ metadata: own, spec, primary, all, sidecars, allInit, init, settings: given }) => {
      const lists = { containers: [...all, ...primary, ...sidecars], initContainers: [...allInit, ...init] };
      return injectionTemplate(name, { metadata: own, spec: withVolumes({ ...spec, ...lists }) }, given);
    });
}

/** The documents of one or two templates, `t0` and `t1`, which need not be valid. */
export const templateDocuments: Arbitrary<readonly JsonObject[]> = fc
  .tuple(templateNamed('t0'), fc.option(templateNamed('t1')))
  .map((found) => found.filter((document) => document !== null));
