import type { FieldPath } from '../field-path.ts';
import { arrayField, field, isObject, objectField, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { keys } from '../keys.ts';

/** A pod, or a workload's pod template, in a manifest. */
export interface PodPlace {
  /** The kind of the object that holds it: `Pod`, `Deployment` … */
  readonly kind: string;
  /** The object's name, else its generateName; empty where it has neither. */
  readonly name: string;
  /** The object's own namespace, if it says one. */
  readonly namespace?: string;
  /** From the document's root to the object: empty, or `['items', 3]` in a List. */
  readonly object: FieldPath;
  /** From the document's root to what holds the pod's metadata and spec. */
  readonly path: FieldPath;
  /** To be judged: the pod as its controller would create it, with the controller as its owner. */
  readonly pod: JsonObject;
}

interface WorkloadKind {
  readonly template: readonly string[];
  /** Who owns the pods: a Deployment's belong to its ReplicaSet. */
  readonly controller: { readonly apiVersion: string; readonly kind: string };
}

const apps = (kind: string): WorkloadKind['controller'] => ({ apiVersion: 'apps/v1', kind });
const core = (kind: string): WorkloadKind['controller'] => ({ apiVersion: 'v1', kind });
const job = { apiVersion: 'batch/v1', kind: 'Job' };
const template = ['spec', 'template'];

/** By `group/Kind`: where Kubernetes' own workloads have their pod template, and which controller makes pods of it. */
const workloadKinds = new Map<string, WorkloadKind>([
  ['apps/Deployment', { template, controller: apps('ReplicaSet') }],
  ['apps/ReplicaSet', { template, controller: apps('ReplicaSet') }],
  ['apps/StatefulSet', { template, controller: apps('StatefulSet') }],
  ['apps/DaemonSet', { template, controller: apps('DaemonSet') }],
  ['batch/Job', { template, controller: job }],
  ['batch/CronJob', { template: ['spec', 'jobTemplate', 'spec', 'template'], controller: job }],
  ['/ReplicationController', { template, controller: core('ReplicationController') }],
  ['/PodTemplate', { template: ['template'], controller: core('PodTemplate') }],
]);

/** An object of a manifest; the items of a List count each, at any depth. */
export interface ManifestObject {
  readonly value: JsonObject;
  readonly path: FieldPath;
}

/** The objects of a document: itself, or the items of a List. Items without a kind have the one that the list's kind says. */
export function manifestObjects(document: Json, path: FieldPath = []): readonly ManifestObject[] {
  if (!isObject(document)) return [];
  const kind = stringField(document, 'kind');
  const items = own(document, 'items');
  if (kind?.endsWith('List') !== true || !Array.isArray(items)) return [{ value: document, path }];
  const ofItems = kind === 'List' ? {} : { apiVersion: own(document, 'apiVersion') ?? '', kind: kind.slice(0, -4) };
  return arrayField(document, 'items').flatMap((item, index) =>
    isObject(item) ? manifestObjects({ ...ofItems, ...item }, [...path, 'items', index]) : [],
  );
}

/** The group of an apiVersion; empty for `v1`. */
function groupOf(object: JsonObject): string {
  const apiVersion = stringField(object, 'apiVersion') ?? '';
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** The pod that an object is, or makes; `undefined` for one of another kind. A labelled PodTemplate is a template, no workload. */
export function podPlace({ value, path }: ManifestObject): PodPlace | undefined {
  const kind = stringField(value, 'kind') ?? '';
  const metadata = objectField(value, 'metadata');
  const namespace = stringField(metadata, 'namespace');
  const name = stringField(metadata, 'name') ?? stringField(metadata, 'generateName') ?? '';
  const place = { kind, name, object: path, ...(namespace === undefined ? {} : { namespace }) };
  const group = groupOf(value);
  if (group === '' && kind === 'Pod') return { ...place, path, pod: value };
  const workload = workloadKinds.get(`${group}/${kind}`);
  if (workload === undefined) return undefined;
  if (kind === 'PodTemplate' && field(own(metadata, 'labels'), keys.isTemplate) === 'true') return undefined;
  const podTemplate = workload.template.reduce<Json | undefined>(field, value);
  return { ...place, path: [...path, ...workload.template], pod: podOf(podTemplate, name, workload) };
}

/** A workload's pod as its controller would create it, but for the name's random end and the controller's own labels. */
function podOf(podTemplate: Json | undefined, name: string, { controller }: WorkloadKind): JsonObject {
  const given = isObject(podTemplate) ? podTemplate : {};
  const metadata = own(given, 'metadata') ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: isObject(metadata)
      ? { ...metadata, generateName: `${name}-`, ownerReferences: [{ ...controller, name, uid: '', controller: true }] }
      : metadata,
    ...(Object.hasOwn(given, 'spec') ? { spec: own(given, 'spec') ?? null } : {}),
  };
}

/** A podgraft key on the metadata of a workload, where it has no effect: it belongs on the pod template's (§14). */
export interface MisplacedKey {
  readonly field: FieldPath;
  readonly key: string;
}

const keysOfPods = new Set<string>([keys.template, keys.templates, keys.inject, keys.primaryContainer, keys.reusable]);

/** The podgraft keys that stand on one of a workload's own metadata instead of its pod template's. */
export function misplacedKeys({ value, path }: ManifestObject, place: PodPlace): readonly MisplacedKey[] {
  const found: MisplacedKey[] = [];
  // A CronJob has two: its own, and that of the Jobs it makes.
  const inner = place.path.slice(path.length);
  for (let depth = 0; depth < inner.length; depth += 1) {
    const holder = inner.slice(0, depth);
    const metadata = holder.reduce<Json | undefined>((held, step) => field(held, String(step)), value);
    for (const map of ['labels', 'annotations']) {
      for (const key of Object.keys(objectField(field(metadata, 'metadata'), map))) {
        if (!keysOfPods.has(key)) continue;
        found.push({ field: [...path, ...holder, 'metadata', map, key], key });
      }
    }
  }
  return found;
}
