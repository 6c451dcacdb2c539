import type { FieldPath } from './field-path.ts';
import type { Edit } from './graft-pod.ts';
import { isArray, isObject, own, setOwn } from './json.ts';
import type { Json, JsonObject, MutableJsonObject } from './json.ts';

/**
 * The pod after the edits. The pod itself stays as it is: only what lies on the way to an edit is copied, all else is
 * shared. Throws where an edit can't be applied, which is a bug in what made the edits.
 */
export function replay(pod: JsonObject, edits: readonly Edit[]): JsonObject {
  return edits.reduce<JsonObject>((current, edit) => {
    const next = apply(current, edit, edit.path, 0);
    if (!isObject(next)) throw new Error('an edit replaced the pod');
    return next;
  }, pod);
}

function apply(target: Json | undefined, edit: Edit, path: FieldPath, depth: number): Json {
  const segment = path[depth];
  if (segment === undefined) {
    if (edit.op !== 'append') throw new Error(`an edit of kind ${edit.op} has no place to go`);
    return [...(isArray(target) ? target : []), edit.value ?? null];
  }
  const isLast = depth === path.length - 1 && edit.op !== 'append';
  if (typeof segment === 'number') {
    const list = isArray(target) ? [...target] : [];
    if (isLast && edit.op === 'insert') list.splice(segment, 0, edit.value ?? null);
    else if (isLast && edit.op === 'remove') list.splice(segment, 1);
    else list[segment] = isLast ? (edit.value ?? null) : apply(list[segment], edit, path, depth + 1);
    return list;
  }
  const object: MutableJsonObject = isObject(target) ? { ...target } : {};
  if (isLast && edit.op === 'remove') delete object[segment];
  else setOwn(object, segment, isLast ? (edit.value ?? null) : apply(own(object, segment), edit, path, depth + 1));
  return object;
}
