import { arrayField, isArray, isObject, stringField } from '../json.ts';
import type { Json } from '../json.ts';
import type { IncompatiblePair } from '../kubernetes/incompatible-pair.ts';
import { incompatiblePairs } from '../kubernetes/incompatible.ts';
import type { Ask } from './asks.ts';
import type { AddedContainer } from './compile.ts';

/** What a template asks for and adds, as far as this matters to {@link breakablePairs}. */
export interface Asked {
  readonly pod: readonly Ask[];
  readonly containers: readonly Ask[];
  readonly initContainers: readonly Ask[];
  readonly added: readonly AddedContainer[];
  /** Those of `added` that get resource presets. */
  readonly sidecars: readonly AddedContainer[];
}

// They have rules and messages of their own that name both containers.
const ruledElsewhere = new Set(['host-port-twice', 'annotations-size']);

/**
 * The pairs of fields that a template can bring into conflict, decided once when it is registered: a pod is then held
 * against these alone.
 */
export function breakablePairs(asked: Asked): readonly IncompatiblePair[] {
  const inContainers = [...asked.containers, ...asked.initContainers].map(({ path }) => dotted(path));
  for (const { value } of asked.added) inContainers.push(...leaves(value));
  // What they set no resources for, they may be given by the template's settings or the operator's (§7).
  if (asked.sidecars.length > 0) inContainers.push('resources');
  const inPod = asked.pod.map(({ path }) => dotted(path));
  for (const list of ['containers', 'initContainers']) {
    inPod.push(...inContainers.map((path) => `spec.${list}.${path}`));
  }
  const touches = (changed: readonly string[], field: string): boolean =>
    changed.some((path) => path === field || path.startsWith(`${field}.`) || field.startsWith(`${path}.`));
  return incompatiblePairs.filter(({ id, scope, fields, podFields }) => {
    if (ruledElsewhere.has(id)) return false;
    if (podFields?.some((field) => touches(inPod, field)) === true) return true;
    return fields.some((field) => (scope === 'pod' ? touches(inPod, `spec.${field}`) : touches(inContainers, field)));
  });
}

function dotted(path: Ask['path']): string {
  return path.filter((step) => typeof step === 'string').join('.');
}

function leaves(value: Json, path = ''): readonly string[] {
  // An empty object is a value too: `windowsOptions: {}` is set.
  if (!isObject(value) || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}

/** True where a template may make containers listen on a port of another's. */
export function mayListen(asked: Asked): boolean {
  const isHostNetwork = asked.pod.some(({ unit }) => unit === 'hostNetwork');
  const isPort = asked.containers.some(({ path }) => path[0] === 'ports');
  return isHostNetwork || isPort || asked.added.some(({ value }) => arrayField(value, 'ports').length > 0);
}

/** The volumes that a template's containers and entries mount and that it doesn't bring itself. */
export function borrowedVolumes(asked: Asked, brought: ReadonlySet<string>): ReadonlySet<string> {
  const mounts = [...asked.containers, ...asked.initContainers]
    .filter(({ path }) => path[0] === 'volumeMounts' || path[0] === 'volumeDevices')
    .map(({ value }) => value);
  for (const { value } of asked.added) {
    mounts.push(...arrayField(value, 'volumeMounts'), ...arrayField(value, 'volumeDevices'));
  }
  const names = new Set<string>();
  for (const mount of mounts) {
    const name = isArray(mount) ? undefined : stringField(mount, 'name');
    if (name !== undefined && !brought.has(name)) names.add(name);
  }
  return names;
}
