import { arrayField, isObject, stringField } from '../../src/core/json.ts';
import type { Json } from '../../src/core/json.ts';

/** True for a mount of the volume that the ServiceAccount plugin makes. */
export function isTokenMount(mount: Json): boolean {
  return stringField(mount, 'name')?.startsWith('kube-api-access-') === true;
}

/** A container as a template has it, where it may have got the token's mount; anything else as it is. */
export function withoutTokenMount(value: Json): Json {
  const mounts = arrayField(value, 'volumeMounts');
  if (!isObject(value) || !mounts.some(isTokenMount)) return value;
  const { volumeMounts: _, ...container } = value;
  const others = mounts.filter((mount) => !isTokenMount(mount));
  return others.length === 0 ? container : { ...container, volumeMounts: others };
}
