import { equal, field, isArray, isObject, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { apiDefaults } from './defaults-data.ts';
import { toMilli } from './quantity.ts';
import { isUnset } from './schema.ts';
import type { FieldSchema, ObjectSchema, Schema } from './schema.ts';

/**
 * How two values are held against each other:
 * `same`: they mean the same; `covers`: the first has all that the second asks for, and may have more in
 * objects, maps and lists with keys (specification §10).
 */
type Mode = 'same' | 'covers';

/** True where both mean the same to Kubernetes: after normalisation, with the API server's defaults filled in on both sides. */
export function sameValue(schema: Schema, a: Json | undefined, b: Json | undefined): boolean {
  return agree(schema, a, b, 'same');
}

/** True where a live value, defaulted, has all that `wanted` asks for: atomic lists of equal length, lists with keys by key. */
export function covers(schema: Schema, live: Json | undefined, wanted: Json | undefined): boolean {
  return agree(schema, live, wanted, 'covers');
}

function agree(schema: Schema, live: Json | undefined, wanted: Json | undefined, mode: Mode): boolean {
  switch (schema.kind) {
    case 'object':
      if (!isObject(live) || !isObject(wanted)) return equal(live, wanted);
      return agreeObjects(schema, live, wanted, mode);
    case 'map':
      if (!isObject(live) || !isObject(wanted)) return equal(live, wanted);
      if (mode === 'same' && Object.keys(live).length !== Object.keys(wanted).length) return false;
      return Object.keys(wanted).every(
        (key) => Object.hasOwn(live, key) && agree(schema.values, live[key], wanted[key], mode),
      );
    case 'list':
      if (!isArray(live) || !isArray(wanted)) return equal(live, wanted);
      return agreeLists(schema.items, schema.keys, live, wanted, mode);
    case 'quantity': {
      const amount = toMilli(live);
      return amount === undefined ? equal(live, wanted) : amount === toMilli(wanted);
    }
    case 'any':
    case 'boolean':
    case 'integer':
    case 'intOrString':
    case 'string':
      return equal(live, wanted);
  }
}

function agreeObjects(schema: ObjectSchema, live: JsonObject, wanted: JsonObject, mode: Mode): boolean {
  const agreeAt = (key: string): boolean => {
    const fieldSchema = schema.fields.get(key);
    const wantedValue = own(wanted, key);
    if (mode === 'covers' && isUnset(fieldSchema, wantedValue)) return true;
    const a = effective(schema, fieldSchema, key, live);
    const b = effective(schema, fieldSchema, key, wanted);
    if (a === undefined || b === undefined) return a === b;
    return fieldSchema === undefined ? equal(a, b) : agree(fieldSchema.schema, a, b, mode);
  };
  if (!Object.keys(wanted).every(agreeAt)) return false;
  return mode === 'covers' || Object.keys(live).every((key) => Object.hasOwn(wanted, key) || agreeAt(key));
}

function agreeLists(
  items: Schema,
  keys: readonly string[] | undefined,
  live: readonly Json[],
  wanted: readonly Json[],
  mode: Mode,
): boolean {
  if (keys === undefined || items.kind !== 'object') {
    return live.length === wanted.length && wanted.every((element, index) => agree(items, live[index], element, mode));
  }
  if (mode === 'same' && live.length !== wanted.length) return false;
  const byKey = new Map(live.map((element) => [elementKey(items, keys, element), element]));
  return wanted.every((element) => {
    const counterpart = byKey.get(elementKey(items, keys, element));
    return counterpart !== undefined && agree(items, counterpart, element, mode);
  });
}

/** What tells an element from the others of its list: the values of its key fields, the API's defaults filled in. */
export function elementKey(items: ObjectSchema, keys: readonly string[], element: Json): string {
  return keys
    .map((key) => {
      const value = field(element, key) ?? items.fields.get(key)?.default ?? '';
      // An object is no key: the API server refuses it, and it may be nested to any depth.
      return typeof value === 'object' ? '{}' : String(value);
    })
    .join('/');
}

/** The field's value as the API server would see it: unset ones with their default, `undefined` where there is none. */
function effective(
  schema: ObjectSchema,
  fieldSchema: FieldSchema | undefined,
  key: string,
  object: JsonObject,
): Json | undefined {
  const value = own(object, key);
  if (!isUnset(fieldSchema, value)) {
    return schema.name === 'ResourceRequirements' && key === 'requests'
      ? { ...requestsFromLimits(object), ...(value as JsonObject) }
      : value;
  }
  return derivedDefault(schema.name, key, object) ?? field(apiDefaults[schema.name], key) ?? fieldSchema?.default;
}

function derivedDefault(type: string, key: string, object: JsonObject): Json | undefined {
  switch (`${type}.${key}`) {
    case 'Container.imagePullPolicy':
      return defaultImagePullPolicy(stringField(object, 'image'));
    case 'ImageVolumeSource.pullPolicy':
      return defaultImagePullPolicy(stringField(object, 'reference'));
    case 'ResourceRequirements.requests': {
      const requests = requestsFromLimits(object);
      return Object.keys(requests).length > 0 ? requests : undefined;
    }
    case 'Volume.emptyDir':
      return Object.keys(object).every((other) => other === 'name' || (own(object, other) ?? null) === null)
        ? {}
        : undefined;
    default:
      return undefined;
  }
}

function requestsFromLimits(resources: JsonObject): JsonObject {
  const limits = field(resources, 'limits');
  return isObject(limits) ? limits : {};
}

/**
 * What the API server makes of an absent imagePullPolicy: `Always` for `latest` or neither tag nor digest, else `IfNotPresent`,
 * also where there is no image.
 */
export function defaultImagePullPolicy(image = ''): 'Always' | 'IfNotPresent' {
  const [reference = '', digest] = image.split('@', 2);
  if (reference === '') return 'IfNotPresent';
  const tag = /:([^:/]*)$/.exec(reference)?.[1];
  if (tag === undefined && digest === undefined) return 'Always';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}
