import { arrayField, field, isObject, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { defaultImagePullPolicy } from '../kubernetes/compare.ts';
import { serverDefaults } from './exceptions.ts';
import type { PodView } from './pod-view.ts';

/** Where the kubelet mounts an account's token, and where the API server's plugin therefore does. */
export const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const tokenVolumePrefix = 'kube-api-access-';

/**
 * True where a pod's value is what the API server itself puts there, so that it says nothing about what the workload
 * wants (specification §6, second table). `type` is `Type.field`, `holder` the pod, container or port that has it.
 */
export function countsAsUnset(type: string, value: Json | undefined, holder: JsonObject, view: PodView): boolean {
  switch (type) {
    case 'ContainerPort.hostPort':
      return value === own(holder, 'containerPort') && isInHostNetwork(view);
    case 'Container.imagePullPolicy':
      return value === defaultImagePullPolicy(stringField(holder, 'image'));
    case 'PodSpec.restartPolicy':
      return value === 'Always' && !view.controlled;
    default:
      return value !== undefined && value === own(serverDefaults, type);
  }
}

/** True where the pod came with `hostNetwork`: what a port of the node says otherwise was there before a template set that. */
function isInHostNetwork({ spec, mark }: PodView): boolean {
  return (
    own(spec, 'hostNetwork') === true && ![...(mark?.brought.values() ?? [])].some((units) => units.has('hostNetwork'))
  );
}

/** The volume of the pod that the ServiceAccount plugin made: exactly its three sources. `undefined` where there is none. */
export function tokenVolume(spec: JsonObject): { index: number; name: string } | undefined {
  const volumes = arrayField(spec, 'volumes');
  const index = volumes.findIndex(isTokenVolume);
  const name = stringField(volumes[index], 'name');
  return name === undefined ? undefined : { index, name };
}

/** True for a name such as the ServiceAccount plugin gives: it mounts the first volume that has one. */
export function isTokenVolumeName(name: string | undefined): boolean {
  return name?.startsWith(tokenVolumePrefix) === true;
}

function isTokenVolume(volume: Json): boolean {
  if (!isTokenVolumeName(stringField(volume, 'name'))) return false;
  const sources = arrayField(field(volume, 'projected'), 'sources');
  const [token, certificate, namespace] = sources;
  return (
    sources.length === 3 &&
    field(field(token, 'serviceAccountToken'), 'path') === 'token' &&
    field(field(certificate, 'configMap'), 'name') === 'kube-root-ca.crt' &&
    isObject(field(namespace, 'downwardAPI'))
  );
}

/** True for a mount that the ServiceAccount plugin made. */
export function isTokenMount(mount: Json, spec: JsonObject): boolean {
  if (stringField(mount, 'mountPath') !== tokenPath) return false;
  const volume = tokenVolume(spec);
  return volume !== undefined && stringField(mount, 'name') === volume.name;
}

/** The tolerations that the API server gives every pod that has no say about these taints itself. */
export const defaultTolerations: readonly JsonObject[] = [
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
].map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));

/**
 * True where the plugin wouldn't add one of {@link defaultTolerations} beside this one: it looks at key and effect alone,
 * whatever the operator and the value are.
 */
export function standsFor(toleration: Json, standard: JsonObject): boolean {
  const key = stringField(toleration, 'key') ?? '';
  const effect = stringField(toleration, 'effect') ?? '';
  return (key === '' || key === standard['key']) && (effect === '' || effect === 'NoExecute');
}
