import { isArray, isObject, own, setOwn, sorted } from '../json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../json.ts';
import { elementKey } from '../kubernetes/compare.ts';
import { isUnset } from '../kubernetes/schema.ts';
import type { FieldSchema, ObjectSchema } from '../kubernetes/schema.ts';
import { ruleOf } from './exceptions.ts';

/**
 * What the default entry and the primary entry give together: objects join, lists join by their keys or by whole value
 * (a key that both set keeps its place and has the primary's value), all else is the primary's.
 */
export function overlay(schema: ObjectSchema, below: JsonObject, above: JsonObject): JsonObject {
  const result: MutableJsonObject = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const field = schema.fields.get(key);
    const under = own(below, key);
    if (isUnset(field, value)) continue;
    setOwn(result, key, field === undefined || under === undefined ? value : join(schema, key, field, under, value));
  }
  return sorted(result) as JsonObject;
}

function join(schema: ObjectSchema, key: string, field: FieldSchema, below: Json, above: Json): Json {
  const rule = ruleOf(schema.name, key);
  const inner = field.schema;
  if (isObject(below) && isObject(above)) {
    if (rule?.join === 'whole') return above;
    if (inner.kind === 'object') return inner.atomic ? above : overlay(inner, below, above);
    return inner.kind === 'map' && !inner.atomic ? { ...below, ...above } : above;
  }
  if (!isArray(below) || !isArray(above) || inner.kind !== 'list') return above;
  if (rule?.join === 'member') return [...below, ...above];
  const { items } = inner;
  const keys = rule?.join === 'element' || rule?.join === 'joined' ? rule.keys : inner.keys;
  if (keys === undefined || items.kind !== 'object') return above;
  const atomic = rule?.join === 'element';
  const merged = new Map(below.map((element) => [elementKey(items, keys, element), element]));
  for (const element of above) {
    const name = elementKey(items, keys, element);
    const under = merged.get(name);
    const both = !atomic && isObject(under) && isObject(element);
    merged.set(name, both ? overlay(items, under, element) : element);
  }
  return [...merged.values()];
}
