import type { FieldPath } from '../field-path.ts';
import { isArray, isObject, own, setOwn } from '../json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../json.ts';
import type { Edit } from './graft-pod.ts';

/**
 * The pod after the edits. The pod itself stays as it is: only what lies on the way to an edit is copied, all else is
 * shared. Throws where an edit can't be applied, which is a bug in what made the edits.
 */
export function replay(pod: JsonObject, edits: readonly Edit[]): JsonObject {
  const copies: Copies = { lists: new Map(), objects: new Map() };
  return edits.reduce<JsonObject>((current, edit) => {
    const next = apply(current, edit, edit.path, 0, copies);
    if (!isObject(next)) throw new Error('an edit replaced the pod');
    return next;
  }, pod);
}

/** What one replay has copied: its own, to be changed in place. A long list must not be copied once per edit. */
interface Copies {
  readonly lists: Map<Json, Json[]>;
  readonly objects: Map<Json, MutableJsonObject>;
}

function listCopy(target: Json | undefined, { lists }: Copies): Json[] {
  const known = target === undefined ? undefined : lists.get(target);
  if (known !== undefined) return known;
  const copy = isArray(target) ? [...target] : [];
  lists.set(copy, copy);
  return copy;
}

function objectCopy(target: Json | undefined, { objects }: Copies): MutableJsonObject {
  const known = target === undefined ? undefined : objects.get(target);
  if (known !== undefined) return known;
  const copy: MutableJsonObject = isObject(target) ? { ...target } : {};
  objects.set(copy, copy);
  return copy;
}

function apply(target: Json | undefined, edit: Edit, path: FieldPath, depth: number, copies: Copies): Json {
  const segment = path[depth];
  if (segment === undefined) {
    if (edit.op !== 'append') throw new Error(`an edit of kind ${edit.op} has no place to go`);
    const list = listCopy(target, copies);
    list.push(edit.value ?? null);
    return list;
  }
  const isLast = depth === path.length - 1 && edit.op !== 'append';
  if (typeof segment === 'number') {
    const list = listCopy(target, copies);
    if (isLast && edit.op === 'insert') list.splice(segment, 0, edit.value ?? null);
    else if (isLast && edit.op === 'remove') list.splice(segment, 1);
    else list[segment] = isLast ? (edit.value ?? null) : apply(list[segment], edit, path, depth + 1, copies);
    return list;
  }
  const object = objectCopy(target, copies);
  if (isLast && edit.op === 'remove') delete object[segment];
  else {
    setOwn(object, segment, isLast ? (edit.value ?? null) : apply(own(object, segment), edit, path, depth + 1, copies));
  }
  return object;
}
