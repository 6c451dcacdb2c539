import { arrayField, isArray, isObject, stringField } from '../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../src/core/json.ts';

/** `metadata.managedFields` as an API server makes them for a pod that a controller has just created. */
export function managedFieldsOf(metadata: JsonObject, spec: JsonObject): readonly JsonObject[] {
  const { volumes, ...rest } = spec;
  // The token's volume and mounts come from an admission plugin, so they are nobody's.
  const own = {
    ...rest,
    volumes: arrayField({ volumes: volumes ?? null }, 'volumes').filter((volume) => !isToken(volume)),
  };
  return [
    {
      manager: 'kube-controller-manager',
      operation: 'Update',
      apiVersion: 'v1',
      time: '2026-11-21T12:05:10Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:metadata': fieldsOf({ ...metadata, generateName: '' }), 'f:spec': fieldsOf(own) },
    },
  ];
}

function isToken(value: Json): boolean {
  return (stringField(value, 'name') ?? '').startsWith('kube-api-access-');
}

function fieldsOf(value: Json): JsonObject {
  if (isArray(value)) return elementsOf(value);
  const fields: MutableJsonObject = {};
  if (!isObject(value)) return fields;
  for (const key of Object.keys(value).toSorted()) fields[`f:${key}`] = fieldsOf(value[key] ?? null);
  return fields;
}

/** A list with keys has an entry for each element; an atomic one is a field like any other. */
function elementsOf(list: readonly Json[]): JsonObject {
  const fields: MutableJsonObject = {};
  for (const element of list) {
    const keys = keyFields.find((names) => names.every((name) => stringField(element, name) !== undefined));
    if (keys === undefined || isToken(element) || !isObject(element)) continue;
    const key = Object.fromEntries(keys.map((name) => [name, element[name] ?? null]));
    fields[`k:${JSON.stringify(key)}`] = { '.': {}, ...fieldsOf(element) };
  }
  return fields;
}

const keyFields = [['mountPath'], ['name']];
