import { isArray, isObject, own, setOwn } from '../json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../json.ts';
import { parseQuantity } from './quantity.ts';
import { isUnset } from './schema.ts';
import type { ObjectSchema, Schema } from './schema.ts';

/**
 * One form for all values that mean the same to Kubernetes (specification §10): what counts as unset is gone, quantities are amounts,
 * the keys of elements have their defaults (a port's protocol). Not meant for an API server: for comparing and hashing only.
 */
export function normalise(schema: Schema, value: Json): Json {
  switch (schema.kind) {
    case 'object':
      return isObject(value) ? normaliseObject(schema, value) : value;
    case 'map': {
      if (!isObject(value)) return value;
      const result: MutableJsonObject = {};
      for (const [key, inner] of Object.entries(value)) setOwn(result, key, normalise(schema.values, inner));
      return result;
    }
    case 'list':
      if (!isArray(value)) return value;
      return value.map((element) => withKeys(schema, normalise(schema.items, element)));
    case 'quantity': {
      const nanos = parseQuantity(value);
      return nanos === undefined ? value : `${nanos}n`;
    }
    case 'any':
    case 'boolean':
    case 'integer':
    case 'intOrString':
    case 'string':
      return value;
  }
}

function normaliseObject(schema: ObjectSchema, object: JsonObject): JsonObject {
  const result: MutableJsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    const field = schema.fields.get(key);
    if (!isUnset(field, value)) setOwn(result, key, field === undefined ? value : normalise(field.schema, value));
  }
  return result;
}

function withKeys({ items, keys }: Schema & { kind: 'list' }, element: Json): Json {
  if (keys === undefined || items.kind !== 'object' || !isObject(element)) return element;
  const result: MutableJsonObject = { ...element };
  for (const key of keys) {
    const standard = items.fields.get(key)?.default;
    if (standard !== undefined && own(element, key) === undefined) result[key] = standard;
  }
  return result;
}
