import { arrayField, field, isArray, isObject, objectField, own, setOwn, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import { defaultImagePullPolicy } from '../../src/core/kubernetes/compare.ts';
import { apiDefaults } from '../../src/core/kubernetes/defaults-data.ts';
import { aggregate, effectiveRequests } from '../../src/core/kubernetes/incompatible-resources.ts';
import { isUnset, podSpec } from '../../src/core/kubernetes/schema.ts';
import type { Schema } from '../../src/core/kubernetes/schema.ts';

/** A LimitRange's defaults for containers. */
export interface LimitRange {
  readonly requests?: JsonObject;
  readonly limits?: JsonObject;
}

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The volume that the ServiceAccount plugin adds. */
export const tokenVolume: JsonObject = {
  name: 'kube-api-access-x7k2p',
  projected: {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  },
};

/**
 * What an API server does to a pod before a mutating webhook sees it, and again between two rounds: it drops what says
 * nothing, fills in its defaults, and runs LimitRanger, ServiceAccount, DefaultTolerationSeconds and Priority. A pure
 * simulation, without a cluster's own objects.
 */
export function throughServer(pod: JsonObject, limits: LimitRange = {}): JsonObject {
  const spec = normalised(podSpec, objectField(pod, 'spec'));
  if (!isObject(spec)) return pod;
  const result: MutableJsonObject = { ...spec };
  for (const list of ['initContainers', 'containers']) {
    if (Object.hasOwn(spec, list)) {
      result[list] = arrayField(spec, list).map((container) =>
        isObject(container) ? defaultContainer(container, spec, limits) : container,
      );
    }
  }
  setPodRequests(result, spec);
  setServiceAccount(result);
  setPriority(result);
  setTolerations(result);
  return { ...pod, spec: result };
}

/** Drops what is unset and fills in constant defaults, all the way down. */
function normalised(schema: Schema, value: Json): Json {
  if (schema.kind === 'list' && isArray(value)) {
    return value.map((element) => normalised(schema.items, element));
  }
  if (schema.kind !== 'object' || !isObject(value)) return value;
  const result: MutableJsonObject = {};
  for (const key of Object.keys(value)) {
    const fieldSchema = schema.fields.get(key);
    const inner = own(value, key) ?? null;
    if (fieldSchema !== undefined && isUnset(fieldSchema, inner)) continue;
    setOwn(result, key, fieldSchema === undefined ? inner : normalised(fieldSchema.schema, inner));
  }
  const defaults = apiDefaults[schema.name] ?? {};
  for (const [key, fieldSchema] of schema.fields) {
    const standard = own(defaults, key) ?? fieldSchema.default;
    if (!Object.hasOwn(result, key) && standard !== undefined) result[key] = standard;
  }
  if (schema.name === 'ImageVolumeSource') {
    result['pullPolicy'] ??= defaultImagePullPolicy(stringField(value, 'reference'));
  }
  if (schema.name === 'Volume' && Object.keys(result).every((key) => key === 'name')) {
    result['emptyDir'] = {};
  }
  return result;
}

function defaultContainer(container: JsonObject, spec: JsonObject, limits: LimitRange): JsonObject {
  const result: MutableJsonObject = { ...container };
  result['imagePullPolicy'] ??= defaultImagePullPolicy(stringField(container, 'image'));
  result['resources'] = resourcesOf(objectField(container, 'resources'), limits);
  if (own(spec, 'hostNetwork') === true && Object.hasOwn(container, 'ports')) {
    result['ports'] = arrayField(container, 'ports').map((port) =>
      isObject(port) ? { ...port, hostPort: own(port, 'hostPort') ?? own(port, 'containerPort') ?? 0 } : port,
    );
  }
  return result;
}

function resourcesOf(resources: JsonObject, range: LimitRange): JsonObject {
  const limits = { ...range.limits, ...objectField(resources, 'limits') };
  // Defaulting comes first: what has a limit of its own has that as its request, before the LimitRange is looked at.
  const requests = {
    ...range.requests,
    ...objectField(resources, 'limits'),
    ...objectField(resources, 'requests'),
  };
  return {
    ...resources,
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
  };
}

/** Defaulting comes first: a pod with limits of its own requests what its containers do, before a LimitRange fills these. */
function setPodRequests(result: MutableJsonObject, spec: JsonObject): void {
  const resources = objectField(spec, 'resources');
  const limits = objectField(resources, 'limits');
  if (Object.keys(limits).length === 0) return;
  const requests: MutableJsonObject = { ...objectField(resources, 'requests') };
  for (const [name, amount] of aggregate(spec, effectiveRequests)) {
    if (name === 'cpu' || name === 'memory') requests[name] ??= `${amount}m`;
  }
  result['resources'] = { ...resources, requests: { ...limits, ...requests } };
}

function setServiceAccount(spec: MutableJsonObject): void {
  spec['serviceAccount'] = spec['serviceAccountName'] ?? spec['serviceAccount'] ?? 'default';
  if (spec['automountServiceAccountToken'] === false) return;
  const volumes = arrayField(spec, 'volumes');
  const present = volumes.find((volume) => stringField(volume, 'name')?.startsWith('kube-api-access-'));
  const name = stringField(present, 'name') ?? stringField(tokenVolume, 'name') ?? '';
  let mounted = false;
  for (const list of ['initContainers', 'containers']) {
    if (!Object.hasOwn(spec, list)) continue;
    spec[list] = arrayField(spec, list).map((container) => {
      const mounts = arrayField(container, 'volumeMounts');
      if (!isObject(container)) return container;
      if (mounts.some((mount) => field(mount, 'mountPath') === tokenPath)) return container;
      mounted = true;
      return { ...container, volumeMounts: [...mounts, { name, readOnly: true, mountPath: tokenPath }] };
    });
  }
  if (mounted && present === undefined) spec['volumes'] = [...volumes, tokenVolume];
}

function setPriority(spec: MutableJsonObject): void {
  // A class's numbers are the cluster's; any will do.
  spec['priority'] ??= Object.hasOwn(spec, 'priorityClassName') ? 1000 : 0;
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
}

function setTolerations(spec: MutableJsonObject): void {
  const tolerations = [...arrayField(spec, 'tolerations')];
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = tolerations.some((toleration) => {
      const effect = stringField(toleration, 'effect') ?? '';
      const theirs = stringField(toleration, 'key') ?? '';
      return (theirs === key || theirs === '') && (effect === 'NoExecute' || effect === '');
    });
    if (!tolerated) {
      tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
    }
  }
  spec['tolerations'] = tolerations;
}
