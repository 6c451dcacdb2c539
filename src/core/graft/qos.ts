import { arrayField, field, isObject, objectField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { parseQuantity } from '../kubernetes/quantity.ts';

/**
 * True for a pod of the class Guaranteed: cpu and memory limits everywhere, each equal to its request (an absent request
 * counts as the limit). Pod-level resources decide where a pod has them.
 */
export function isGuaranteed(spec: JsonObject): boolean {
  const whole = field(spec, 'resources');
  if (isObject(whole) && Object.keys(objectField(whole, 'limits')).length > 0) return isFixed(whole);
  const containers = [...arrayField(spec, 'containers'), ...arrayField(spec, 'initContainers')];
  return containers.length > 0 && containers.every((container) => isFixed(field(container, 'resources')));
}

function isFixed(resources: Json | undefined): boolean {
  return ['cpu', 'memory'].every((name) => {
    const limit = parseQuantity(field(field(resources, 'limits'), name));
    const request = field(field(resources, 'requests'), name);
    return limit !== undefined && limit > 0n && (request === undefined || parseQuantity(request) === limit);
  });
}
