import type { FieldPath } from '../field-path.ts';
import type { Edit } from '../graft/graft-pod.ts';
import { isArray, isObject, own, setOwn } from '../json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../json.ts';

/** A value that remembers, all the way down, who supplied each part of it; `touched` where an edit changed it or a part of it. */
export type Attributed = AttributedValue | AttributedObject | AttributedList;

export interface AttributedValue extends Attribution {
  readonly kind: 'value';
  readonly value: Json;
}

export interface AttributedObject extends Attribution {
  readonly kind: 'object';
  readonly entries: Map<string, Attributed>;
  touched: boolean;
}

export interface AttributedList extends Attribution {
  readonly kind: 'list';
  readonly items: AttributedItem[];
  touched: boolean;
}

interface Attribution {
  /** {@link author}, a template's `namespace/name`, or `podgraft`. */
  readonly from: string;
}

/** An element of a list. */
export interface AttributedItem {
  readonly value: Attributed;
  /** Its index in the list as it was before the edits; absent where an edit brought it. */
  readonly index?: number;
}

/** The supplier of what was there before the edits. */
export const author = 'pod';
/** The supplier of what podgraft does itself, as in {@link Edit}. */
const podgraft = 'podgraft';

/**
 * Replays edits over a tree that remembers who supplied what: {@link author}, or the template that an edit comes from.
 * So that who set a field is never found out by comparing pods. Edits are those of a graft, with paths from `object`.
 */
export function attribute(object: JsonObject, edits: readonly Edit[]): Attributed {
  return edits.reduce((tree, edit) => apply(tree, edit, edit.path), supplied(object, author, true));
}

function supplied(value: Json, from: string, isOriginal = false): Attributed {
  if (isArray(value)) {
    const items = value.map((element, index) => ({
      value: supplied(element, from, isOriginal),
      ...(isOriginal ? { index } : {}),
    }));
    return { kind: 'list', items, from, touched: false };
  }
  if (isObject(value)) {
    const entries = new Map<string, Attributed>();
    for (const [key, inner] of Object.entries(value)) entries.set(key, supplied(inner, from, isOriginal));
    return { kind: 'object', entries, from, touched: false };
  }
  return { kind: 'value', value, from };
}

/** What an edit brings: from its template, but for what podgraft has added to that. */
function brought({ value = null, template, ours }: Edit): Attributed {
  const tree = supplied(value, template);
  if (ours === undefined) return tree;
  const added = ours.reduce<Json | undefined>(
    (inner, step) => (isObject(inner) ? own(inner, String(step)) : isArray(inner) ? inner[Number(step)] : undefined),
    value,
  );
  return apply(tree, { op: 'replace', path: ours, value: added ?? null, template: podgraft }, ours);
}

/** Changes the tree in place where it can; the result is what stands there now. */
function apply(target: Attributed | undefined, edit: Edit, path: FieldPath): Attributed {
  const [step, ...rest] = path;
  const { op, template: from } = edit;
  const isLast = rest.length === 0;
  if (step === undefined && op !== 'append') return brought(edit);
  if (step === undefined || typeof step === 'number') {
    const list: Attributed = target?.kind === 'list' ? target : { kind: 'list', items: [], from, touched: true };
    list.touched = true;
    const { items } = list;
    if (step === undefined) items.push({ value: brought(edit) });
    else if (isLast && op === 'insert') items.splice(step, 0, { value: brought(edit) });
    else if (isLast && op === 'remove') items.splice(step, 1);
    else items[step] = { ...items[step], value: apply(items[step]?.value, edit, rest) };
    return list;
  }
  const object: Attributed =
    target?.kind === 'object' ? target : { kind: 'object', entries: new Map(), from, touched: true };
  object.touched = true;
  if (isLast && op === 'remove') object.entries.delete(step);
  else object.entries.set(step, apply(object.entries.get(step), edit, rest));
  return object;
}

/** True where an edit changed something within, or put it there anew. */
export function isTouched(tree: Attributed): tree is AttributedObject | AttributedList {
  return tree.kind !== 'value' && tree.touched;
}

/** The value without its suppliers. */
export function withoutSuppliers(tree: Attributed): Json {
  switch (tree.kind) {
    case 'value':
      return tree.value;
    case 'list':
      return tree.items.map(({ value }) => withoutSuppliers(value));
    case 'object': {
      const object: MutableJsonObject = {};
      for (const [key, entry] of tree.entries) setOwn(object, key, withoutSuppliers(entry));
      return object;
    }
  }
}

/** A field of the result, and who supplied it. */
export interface AttributedField {
  readonly field: FieldPath;
  /** {@link author}, a template's `namespace/name`, or `podgraft`. */
  readonly from: string;
}

/** The supplier of every field that has no fields of its own: scalars, and empty lists and maps. In the object's order. */
export function attributions(tree: Attributed, field: FieldPath = []): readonly AttributedField[] {
  switch (tree.kind) {
    case 'value':
      return [{ field, from: tree.from }];
    case 'list':
      if (tree.items.length === 0) return [{ field, from: tree.from }];
      return tree.items.flatMap(({ value }, index) => attributions(value, [...field, index]));
    case 'object':
      if (tree.entries.size === 0) return [{ field, from: tree.from }];
      return [...tree.entries].flatMap(([key, entry]) => attributions(entry, [...field, key]));
  }
}
