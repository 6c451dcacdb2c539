import { arrayField, field, isObject, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';

/**
 * Fields that Kubernetes' own validation (`pkg/apis/core/validation/validation.go`) takes alone and refuses together, so that a pod
 * and a template can be right and their graft wrong. Each was found there, and tried on kube-apiserver 1.36.3.
 */
export interface IncompatiblePair {
  /** Stable: names the row in tests and messages. */
  readonly id: string;
  /** `pod`: tested once; `container`: for each of containers and initContainers; `initContainer`: for each of initContainers. */
  readonly scope: 'pod' | 'container' | 'initContainer';
  /** The fields whose change by a graft makes the result ours: from `spec`, or from the container; without indexes. */
  readonly fields: readonly string[];
  /** Those of them that are elsewhere in the pod, from the pod's root: `spec.hostUsers`, `metadata.annotations`. */
  readonly podFields?: readonly string[];
  /** A gate that is off by default in 1.36; where it is off the API server drops the field instead of refusing it. */
  readonly featureGate?: string;
  /** True where Kubernetes would refuse. Takes any JSON, throws never, runs in linear time; `metadata` is the pod's. */
  readonly test: (spec: JsonObject, container: JsonObject | undefined, metadata?: JsonObject) => boolean;
  /** What is wrong, in our words; no contents of the pod in it. */
  readonly says: string;
  /** What is wrong, in the API server's words, or their constant part. */
  readonly kubernetes: string;
}

/** The value at a path of keys; `undefined` where there is none. */
export function at(value: Json | undefined, ...keys: readonly string[]): Json | undefined {
  return keys.reduce(field, value);
}

/** True where a value is set as a Go pointer is: anything but absent and null. */
export function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}

/** The objects of the list at `key`. */
export function objects(value: Json | undefined, key: string): readonly JsonObject[] {
  return arrayField(value, key).filter(isObject);
}

/** The pod's containers and init containers, in the order in which Kubernetes visits them. */
export function allContainers(spec: JsonObject): readonly JsonObject[] {
  return [...objects(spec, 'initContainers'), ...objects(spec, 'containers')];
}

/** True for a native sidecar. */
export function isRestartable(container: Json | undefined): boolean {
  return stringField(container, 'restartPolicy') === 'Always';
}

/** True where a string occurs twice; what is no string doesn't count. */
export function hasRepeated(values: Iterable<Json | undefined>): boolean {
  const seen = new Set<string>();
  for (const value of values) {
    if (typeof value !== 'string') continue;
    if (seen.has(value)) return true;
    seen.add(value);
  }
  return false;
}
