import jsonPatch from 'fast-json-patch';
import { toPointer } from '../field-path.ts';
import { field, isArray, isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Edit } from './graft-pod.ts';

/** One operation of RFC 6902, of the kinds that contract C15 allows. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

/**
 * The edits as RFC 6902 operations, in order. Parents that are missing (or `null`) come first, as empty objects and
 * lists of their own, since an operation can't add below nothing.
 */
export function toJsonPatch(pod: JsonObject, edits: readonly Edit[]): readonly JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  const made = new Set<string>();
  for (const edit of edits) {
    addParents(pod, edit, made, operations);
    const pointer = toPointer(edit.path);
    switch (edit.op) {
      case 'remove':
        operations.push({ op: 'remove', path: pointer });
        break;
      case 'replace':
        operations.push({ op: 'replace', path: pointer, value: edit.value ?? null });
        break;
      case 'append':
        operations.push({ op: 'add', path: `${pointer}/-`, value: unshared(edit.value ?? null) });
        break;
      case 'add':
      case 'insert':
        operations.push({ op: 'add', path: pointer, value: edit.value ?? null });
        break;
    }
    // What was just written is a parent to later edits: an element that joins field by field.
    made.add(pointer);
  }
  return operations;
}

/** Applying the patch puts its values into the document, where a later operation may add to this one. */
function unshared(value: Json): Json {
  return isObject(value) ? { ...value } : value;
}

function addParents(pod: JsonObject, { path, op }: Edit, made: Set<string>, operations: JsonPatchOperation[]): void {
  let value: Json | undefined = pod;
  const depth = op === 'append' ? path.length : path.length - 1;
  for (let length = 1; length <= depth; length += 1) {
    const segment = path[length - 1] ?? '';
    value = typeof segment === 'string' ? field(value, segment) : isArray(value) ? value[segment] : undefined;
    // An element is in the pod, or an edit before this one has added it.
    if (typeof segment === 'number' || (value !== undefined && value !== null)) continue;
    const pointer = toPointer(path.slice(0, length));
    if (made.has(pointer)) continue;
    made.add(pointer);
    const isList = length === path.length || typeof path[length] === 'number';
    operations.push({ op: 'add', path: pointer, value: isList ? [] : {} });
  }
}

/** Applies operations to the document, in place, as strictly as the API server does. False where one can't be applied. */
export function applyJsonPatch(document: JsonObject, operations: readonly JsonPatchOperation[]): boolean {
  try {
    // Its errors carry the whole document, so that none may leave this function (contract rule 10).
    jsonPatch.applyPatch(document, operations as never, true, true);
    return true;
  } catch {
    return false;
  }
}
