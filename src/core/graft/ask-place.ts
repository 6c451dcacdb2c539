import type { FieldPath } from '../field-path.ts';
import { isArray, isObject, own } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { elementKey, sameValue } from '../kubernetes/compare.ts';
import { memberKey } from './asks.ts';
import type { AskPath, ElementRef, MemberAsk } from './asks.ts';

/** An element that isn't in the pod yet, so that its index is known only when it has been added. */
export interface Pending {
  readonly list: FieldPath;
  readonly key: string;
}

/** A path in which an element that another edit adds stands for its index. */
export type OpenPath = readonly (string | number | Pending)[];

/** Where an ask's path leads to in a pod. */
export type Place =
  | {
      readonly kind: 'found';
      readonly path: OpenPath;
      /** `undefined` where nothing stands there. */
      readonly value: Json | undefined;
    }
  /** On the way stands something of another type than Kubernetes has there. */
  | { readonly kind: 'malformed'; readonly path: FieldPath };

/** Follows an ask's path from `base` (the pod, or one of its containers). `null` on the way is the same as absent. */
export function findPlace(base: JsonObject, basePath: FieldPath, path: AskPath): Place {
  let value: Json | undefined = base;
  const open: (string | number | Pending)[] = [...basePath];
  for (const step of path) {
    const isElement = typeof step !== 'string';
    if (value !== undefined && value !== null && !(isElement ? isArray(value) : isObject(value))) {
      return { kind: 'malformed', path: knownPart(open) };
    }
    if (isElement) {
      const list: readonly Json[] = isArray(value) ? value : [];
      const index = indexOf(list, step);
      const pending: Pending = { list: knownPart(open), key: step.key };
      value = index === undefined ? undefined : list[index];
      open.push(index ?? pending);
    } else {
      value = isObject(value) ? own(value, step) : undefined;
      open.push(step);
    }
  }
  return { kind: 'found', path: open, value };
}

/** The path, as far as its indexes are known. */
export function knownPart(path: OpenPath): FieldPath {
  const known: (string | number)[] = [];
  for (const segment of path) {
    if (typeof segment === 'object') break;
    known.push(segment);
  }
  return known;
}

// A pod with thousands of env entries must not be walked once per entry that a template asks for.
const indexes = new WeakMap<readonly Json[], ReadonlyMap<string, number>>();
const worthAnIndex = 16;

/** Where in the list the element with that key stands; the first, where the author has it twice. */
export function indexOf(list: readonly Json[], element: ElementRef): number | undefined {
  const { items, keys, key } = element;
  if (list.length < worthAnIndex) {
    const index = list.findIndex((candidate) => isObject(candidate) && elementKey(items, keys, candidate) === key);
    return index < 0 ? undefined : index;
  }
  let byKey = indexes.get(list);
  if (byKey === undefined) {
    const built = new Map<string, number>();
    list.forEach((candidate, index) => {
      if (!isObject(candidate)) return;
      const name = elementKey(items, keys, candidate);
      if (!built.has(name)) built.set(name, index);
    });
    byKey = built;
    indexes.set(list, byKey);
  }
  return byKey.get(key);
}

const members = new WeakMap<readonly Json[], ReadonlySet<string>>();

/** Whether the list has an element that means the same as the one that is asked for. */
export function hasMember(list: readonly Json[], { items, key, value }: MemberAsk): boolean {
  if (list.length < worthAnIndex) return list.some((element) => sameValue(items, element, value));
  let known = members.get(list);
  if (known === undefined) members.set(list, (known = new Set(list.map((element) => memberKey(items, element)))));
  return known.has(key);
}
