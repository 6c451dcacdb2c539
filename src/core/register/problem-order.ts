import type { FieldPath } from '../field-path.ts';
import { isArray, isObject, own } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';

interface Placed {
  readonly code: string;
  readonly field: FieldPath;
  readonly detail: string;
}

/**
 * Problems or warnings in the order in which a reader of the document meets what they are about, each once. What is missing comes
 * after all that its parent has.
 */
export function inDocumentOrder<T extends Placed>(document: Json, found: readonly T[]): readonly T[] {
  const indexes = new WeakMap<JsonObject, ReadonlyMap<string, number>>();
  const once = new Map(found.map((item) => [JSON.stringify([item.code, item.field, item.detail]), item]));
  return [...once.values()]
    .map((item) => ({ item, place: placeOf(document, item.field, indexes) }))
    .toSorted((a, b) => comparePlaces(a.place, b.place))
    .map(({ item }) => item);
}

function placeOf(
  document: Json,
  path: FieldPath,
  indexes: WeakMap<JsonObject, ReadonlyMap<string, number>>,
): readonly number[] {
  const place: number[] = [];
  let value: Json | undefined = document;
  for (const segment of path) {
    if (isArray(value) && typeof segment === 'number') {
      place.push(segment);
      value = value[segment];
    } else if (isObject(value)) {
      place.push(indexesOf(value, indexes).get(String(segment)) ?? Infinity);
      value = own(value, String(segment));
    } else {
      place.push(Infinity);
      value = undefined;
    }
  }
  return place;
}

function indexesOf(
  object: JsonObject,
  indexes: WeakMap<JsonObject, ReadonlyMap<string, number>>,
): ReadonlyMap<string, number> {
  const known = indexes.get(object);
  if (known !== undefined) return known;
  const made = new Map(Object.keys(object).map((key, index) => [key, index]));
  indexes.set(object, made);
  return made;
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (const [depth, index] of a.entries()) {
    const other = b[depth];
    if (other === undefined) return 1;
    if (index !== other) return index < other ? -1 : 1;
  }
  return a.length - b.length;
}
