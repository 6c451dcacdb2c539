import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { arrayField, field } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/register/parse-template.ts';
import type { Template } from '../../src/core/template.ts';
import { injectionTemplate, settings } from './fixtures.ts';

// Small pools on purpose: pods and templates must meet on the same names, or nothing would be merged or in conflict.

/** How many cases each property gets. */
export const runs = Number(process.env['PROPERTY_RUNS'] ?? '2000');

/** An object of which each key may be there or not: half of the time about half of them, else few, which agree more often. */
function some(fields: Readonly<Record<string, Arbitrary<Json>>>): Arbitrary<JsonObject> {
  const all = fc.record(fields, { requiredKeys: [] }).map((object) => object as JsonObject);
  const few = fc
    .tuple(all, fc.subarray(Object.keys(fields), { maxLength: Math.min(2, Object.keys(fields).length) }))
    .map(([object, kept]) => {
      const entries = Object.entries(object).filter(([key]) => kept.includes(key));
      return Object.fromEntries<Json>(entries);
    });
  return fc.oneof(all, few);
}

/** A list of at most `max` elements of which no two have the same key. */
function listBy(
  element: Arbitrary<JsonObject>,
  key: (element: JsonObject) => string,
  max: number,
): Arbitrary<JsonObject[]> {
  return fc.uniqueArray(element, { maxLength: max, selector: key });
}

const byKey =
  (key: string) =>
  (element: JsonObject): string =>
    JSON.stringify(element[key]);
const byName = byKey('name');
const word = fc.constantFrom('a', 'b', 'c');
const volumeNames = fc.constantFrom('v0', 'v1', 'v2');

const env = listBy(
  fc.oneof(
    fc.record({ name: word, value: word }),
    fc.record({ name: word, valueFrom: fc.constant({ fieldRef: { fieldPath: 'metadata.name' } }) }),
  ),
  byName,
  3,
);
const envFrom = fc.array(
  word.map((name) => ({ configMapRef: { name } })),
  { maxLength: 2 },
);
const resources = some({
  requests: some({ cpu: fc.constantFrom('100m', '0.1', '1'), memory: fc.constantFrom('64Mi', '1Gi') }),
  limits: some({ cpu: fc.constantFrom('1', '2'), memory: fc.constantFrom('1Gi', '2Gi') }),
});
const mounts = listBy(
  fc.record(
    { name: volumeNames, mountPath: fc.constantFrom('/a', '/b', '/c'), readOnly: fc.boolean() },
    { requiredKeys: ['name', 'mountPath'] },
  ),
  byKey('mountPath'),
  2,
);
const ports = listBy(
  fc.record(
    { containerPort: fc.constantFrom(80, 81, 82), protocol: fc.constantFrom('TCP', 'UDP') },
    { requiredKeys: ['containerPort'] },
  ),
  (port) => `${byKey('containerPort')(port)}/${port['protocol'] === 'UDP' ? 'UDP' : 'TCP'}`,
  2,
);
const probe: Arbitrary<Json> = fc.constantFrom<Json[]>(
  { tcpSocket: { port: 80 } },
  { httpGet: { port: 80 } },
  { exec: { command: ['x'] }, periodSeconds: 5 },
);
const containerSecurity = some({
  runAsUser: fc.constantFrom(0, 1000),
  readOnlyRootFilesystem: fc.boolean(),
  capabilities: fc.constantFrom({ drop: ['ALL'] }, { add: ['NET_ADMIN'] }),
});
// What an init container may have too: no probes.
const initFields = {
  workingDir: fc.constantFrom('/w', '/x'),
  terminationMessagePath: fc.constantFrom('/dev/termination-log', '/dev/t'),
  terminationMessagePolicy: fc.constantFrom('File', 'FallbackToLogsOnError'),
  imagePullPolicy: fc.constantFrom('Always', 'IfNotPresent', 'Never'),
  tty: fc.constant(true),
  env,
  envFrom,
  resources,
  volumeMounts: mounts,
  ports,
  securityContext: containerSecurity,
  args: fc.array(word, { minLength: 1, maxLength: 2 }),
  command: fc.array(word, { minLength: 1, maxLength: 2 }),
};
const containerFields = { ...initFields, livenessProbe: probe, readinessProbe: probe };
const image = fc.constantFrom('app', 'app:1', 'app:latest', 'host:5000/app');

function containerNamed(name: Arbitrary<string>, fieldsOf = some(containerFields)): Arbitrary<JsonObject> {
  return fc.tuple(name, image, fieldsOf).map(([own, its, fields]) => ({ name: own, image: its, ...fields }));
}

const selectorTerm: Arbitrary<Json> = fc.record({
  matchExpressions: fc.uniqueArray(
    fc.record({ key: word, operator: fc.constant('In'), values: fc.constantFrom(['x'], ['y']) }),
    { minLength: 1, maxLength: 2, selector: ({ key }) => key },
  ),
});
const podTerm: Arbitrary<Json> = fc.record({
  topologyKey: fc.constantFrom('zone', 'node'),
  labelSelector: fc.constant({ matchLabels: { a: 'x' } }),
});
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const affinity = some({
  nodeAffinity: some({
    [required]: fc
      .array(selectorTerm, { minLength: 1, maxLength: 2 })
      .map((nodeSelectorTerms) => ({ nodeSelectorTerms })),
  }),
  podAntiAffinity: some({ [required]: fc.array(podTerm, { maxLength: 2 }) }),
});
const toleration: Arbitrary<Json> = fc.oneof(
  fc.record({ key: word, operator: fc.constant('Exists') }),
  fc.record({
    key: fc.constantFrom('node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'),
    operator: fc.constant('Exists'),
    effect: fc.constant('NoExecute'),
    tolerationSeconds: fc.constantFrom(10, 300),
  }),
);
const volume: Arbitrary<JsonObject> = fc.oneof(
  fc.record({ name: volumeNames, emptyDir: fc.constantFrom<Json[]>({}, { medium: 'Memory' }) }),
  fc.record({ name: volumeNames, configMap: fc.constantFrom<Json[]>({ name: 'c' }, { name: 'c', defaultMode: 420 }) }),
);
const specFields = {
  hostname: word,
  subdomain: word,
  schedulerName: fc.constantFrom('default-scheduler', 'x'),
  terminationGracePeriodSeconds: fc.constantFrom(0, 5, 30),
  enableServiceLinks: fc.boolean(),
  serviceAccountName: fc.constantFrom('default', 'robot'),
  automountServiceAccountToken: fc.boolean(),
  priorityClassName: fc.constantFrom('high', 'low'),
  nodeSelector: fc.dictionary(word, word, { maxKeys: 2 }),
  tolerations: fc.uniqueArray(toleration, { maxLength: 2, selector: (each) => JSON.stringify(each) }),
  securityContext: some({
    runAsUser: fc.constantFrom(0, 1000),
    fsGroup: fc.constantFrom(0, 1),
    supplementalGroups: fc.constantFrom([1], [1, 2]),
    seccompProfile: fc.constant({ type: 'RuntimeDefault' }),
  }),
  imagePullSecrets: listBy(fc.record({ name: word }), byName, 2),
  hostAliases: listBy(
    fc.record({
      ip: fc.constantFrom('10.0.0.1', '10.0.0.2'),
      hostnames: fc.uniqueArray(word, { minLength: 1, maxLength: 2 }),
    }),
    byKey('ip'),
    2,
  ),
  dnsConfig: some({
    searches: fc.uniqueArray(word, { maxLength: 2 }),
    options: listBy(fc.record({ name: word, value: word }), byName, 2),
  }),
  topologySpreadConstraints: listBy(
    fc.record({
      maxSkew: fc.constantFrom(1, 2),
      topologyKey: fc.constantFrom('zone', 'node'),
      whenUnsatisfiable: fc.constant('ScheduleAnyway'),
    }),
    byKey('topologyKey'),
    2,
  ),
  affinity,
};
// So much that a LimitRange can't make a pod too large: it does that after the graft, and then only the server can refuse.
const podResources = fc.constantFrom<JsonObject[]>(
  { limits: { cpu: '50' } },
  { limits: { cpu: '50', memory: '99Gi' } },
);
// Legal label keys and values, hostile only to a careless program.
const labels = fc.dictionary(fc.constantFrom('a', 'x/y', 'constructor', 'toString', 'hasOwnProperty'), word, {
  maxKeys: 3,
});
const annotations = fc.dictionary(fc.constantFrom('a', 'x/y', 'constructor', 'valueOf'), word, { maxKeys: 3 });

/** `{metadata?, spec?}` of a template: special entries, sidecars and init containers, volumes and fields of the pod. */
const podTemplate: Arbitrary<JsonObject> = fc
  .tuple(
    some({ labels, annotations }),
    some({ ...specFields, volumes: listBy(volume, byName, 3), restartPolicy: fc.constantFrom('Never', 'OnFailure') }),
    fc.option(some({ ...containerFields, image })),
    fc.option(some(containerFields)),
    listBy(containerNamed(fc.constantFrom('s0', 's1', 'main')), byName, 2),
    fc.option(some(initFields)),
    listBy(containerNamed(fc.constantFrom('i0', 'i1'), some(initFields)), byName, 1),
  )
  .map(([metadata, spec, primary, everyContainer, sidecars, everyInit, init]) => ({
    metadata,
    spec: {
      ...spec,
      containers: [
        ...(everyContainer === null ? [] : [{ name: 'default', ...everyContainer }]),
        ...(primary === null ? [] : [{ name: 'primary', ...primary }]),
        ...sidecars,
      ],
      initContainers: [...(everyInit === null ? [] : [{ name: 'default-init', ...everyInit }]), ...init],
    },
  }));

const templateSettings = some({
  conflictPolicy: fc.constantFrom('KeepPod', 'KeepPod', 'Deny'),
  protect: fc.constantFrom(['image', 'command', 'args'], ['image', 'command', 'args', 'resources', 'env']),
  sidecars: some({
    lifecycle: fc.constantFrom('Auto', 'Native', 'Container'),
    initOrder: fc.constantFrom('Last', 'First'),
    resources: fc.constant({ requests: { cpu: '10m', memory: '16Mi' } }),
  }),
  match: fc.constant({}),
  order: fc.integer({ min: -2, max: 2 }),
});

/** A template's document that need not be valid. */
export const templateDocument: Arbitrary<JsonObject> = fc
  .tuple(fc.constantFrom('t0', 't1', 'app/t1', 't2'), podTemplate, templateSettings)
  .map(([id, pod, spec]) => injectionTemplate(id, pod, spec));

/** Templates that may be registered, of different names. */
export const templates: Arbitrary<readonly Template[]> = fc
  .uniqueArray(templateDocument, { maxLength: 4, selector: (document) => JSON.stringify(document['metadata']) })
  .map((documents) =>
    documents.flatMap((document) => {
      const result = parseTemplate(document, settings);
      return result.kind === 'template' ? [result.template] : [];
    }),
  );

function mountedIn(containers: readonly JsonObject[], volumeName: string): boolean {
  return containers.some((container) =>
    arrayField(container, 'volumeMounts').some((mount) => field(mount, 'name') === volumeName),
  );
}

/** A pod as a person writes it: valid by the schema, asking for some of {@link templates}. */
export const pod: Arbitrary<JsonObject> = fc
  .tuple(
    some({ ...specFields, resources: podResources, restartPolicy: fc.constantFrom('Always', 'Never', 'OnFailure') }),
    fc.uniqueArray(containerNamed(fc.constantFrom('main', 'helper', 's0')), {
      minLength: 1,
      maxLength: 3,
      selector: byName,
    }),
    listBy(containerNamed(fc.constantFrom('setup', 'i0'), some(initFields)), byName, 2),
    fc.tuple(...['v0', 'v1', 'v2'].map((name) => volume.map((each) => ({ ...each, name })))),
    fc.subarray(['v0', 'v1', 'v2']),
    labels,
    annotations,
    fc.option(fc.uniqueArray(fc.constantFrom('t0', 't1', 't2'), { minLength: 1, maxLength: 3 })),
    fc.boolean(),
  )
  .map(([spec, containers, initContainers, volumes, chosen, ownLabels, ownAnnotations, asked, isOwned]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'app',
      labels: ownLabels,
      annotations: { ...ownAnnotations, ...(asked === null ? {} : { 'podgraft.dev/templates': asked.join(',') }) },
      ...(isOwned
        ? { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true }] }
        : {}),
    },
    spec: {
      ...spec,
      // Those that its containers mount, as a valid pod has them, and perhaps others.
      volumes: volumes.filter(
        ({ name }) => chosen.includes(name) || mountedIn([...containers, ...initContainers], name),
      ),
      containers,
      initContainers,
    },
  }));
