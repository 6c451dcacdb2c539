/** Any JSON value. A pod is one of these and never anything more typed: fields we don't know must survive. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object as `JSON.parse` makes it. Read user-keyed ones with {@link own}: `constructor` is a legal label key. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A JSON object that we are building ourselves. */
export type MutableJsonObject = Record<string, Json>;

/** True for a JSON object: neither `null` nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a JSON array. (`Array.isArray` alone doesn't narrow a readonly array.) */
export function isArray(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** The object's own value at `key`; `undefined` where there is none, whatever its prototype has under that name. */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** {@link own} on anything: `undefined` where `value` isn't an object. */
export function field(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? own(value, key) : undefined;
}

/** The string at `key`, or `undefined` where there is none or it is something else. */
export function stringField(value: Json | undefined, key: string): string | undefined {
  const found = field(value, key);
  return typeof found === 'string' ? found : undefined;
}

/** The array at `key`; empty where there is none or it is something else. */
export function arrayField(value: Json | undefined, key: string): readonly Json[] {
  const found = field(value, key);
  return isArray(found) ? found : [];
}

/** The object at `key`; empty where there is none or it is something else. */
export function objectField(value: Json | undefined, key: string): JsonObject {
  const found = field(value, key);
  return isObject(found) ? found : {};
}

/** Sets an own key, `__proto__` included, which plain assignment would lose. */
export function setOwn(object: MutableJsonObject, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** Deep equality of JSON; the order of keys doesn't count, the order of elements does. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isArray(a)) {
    return isArray(b) && a.length === b.length && a.every((element, index) => equal(element, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

/** The same value with the keys of every object in code-unit order, so that equal values print alike. */
export function sorted(value: Json): Json {
  if (isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const result: MutableJsonObject = {};
  for (const key of Object.keys(value).toSorted()) setOwn(result, key, sorted(value[key] ?? null));
  return result;
}

/** Canonical JSON text: no spaces, keys sorted. Equal values give equal texts. */
export function canonical(value: Json): string {
  return JSON.stringify(sorted(value));
}

/** Freezes a value that many requests will share, all the way down. */
export function deepFreeze<T extends Json>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
