import type { Edit } from '../../src/core/graft/graft-pod.ts';
import { isArray, isObject, setOwn } from '../../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../../src/core/json.ts';

/** Edits applied one by one to a copy, the plainest way there is: a second opinion on the JSON Patch that is made of them. */
export function replayByHand(pod: JsonObject, edits: readonly Edit[]): JsonObject {
  const copy = structuredClone<MutableJsonObject>(pod);
  for (const { op, path, value = null } of edits) {
    const isAppend = op === 'append';
    const [last] = path.slice(-1);
    const parent = walk(copy, path.slice(0, -1), typeof last === 'number');
    if (last === undefined) throw new Error('an edit of nothing');
    if (isAppend) {
      const list = child(parent, last, true);
      if (!Array.isArray(list)) throw new Error('append to what is no list');
      list.push(structuredClone(value));
    } else if (Array.isArray(parent)) {
      if (typeof last !== 'number' || last > parent.length) throw new Error('an index that is none');
      if (op === 'insert') parent.splice(last, 0, structuredClone(value));
      else if (op === 'remove') parent.splice(last, 1);
      else if (last < parent.length) parent[last] = structuredClone(value);
      else throw new Error('a list has no such element');
    } else {
      const key = String(last);
      const isThere = Object.hasOwn(parent, key);
      if (op === 'remove' || op === 'replace') {
        if (!isThere) throw new Error(`${op} of what is not there`);
      }
      if (op === 'remove') delete parent[key];
      else setOwn(parent, key, structuredClone(value));
    }
  }
  return copy;
}

type Holder = MutableJsonObject | Json[];

function walk(root: MutableJsonObject, path: Edit['path'], endsInList: boolean): Holder {
  let holder: Holder = root;
  for (const [index, segment] of path.entries()) {
    const next = path[index + 1];
    holder = child(holder, segment, next === undefined ? endsInList : typeof next === 'number');
  }
  return holder;
}

/** What stands at a key or index; made where it is missing from an object. */
function child(holder: Holder, segment: string | number, isList: boolean): Holder {
  if (Array.isArray(holder)) {
    const element = holder[Number(segment)];
    if (isArray(element)) return element as Json[];
    if (isObject(element)) return element;
    throw new Error('an element that is none');
  }
  const key = String(segment);
  const found = Object.hasOwn(holder, key) ? holder[key] : undefined;
  if (found === undefined || found === null) {
    const made: Holder = isList ? [] : {};
    setOwn(holder, key, made);
    return made;
  }
  if (isArray(found)) return found as Json[];
  if (isObject(found)) return found;
  throw new Error('a scalar where something else should be');
}
