import { field, isArray, isObject, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import document from './kubernetes-1.36-podtemplatespec.json' with { type: 'json' };
import zeroes from './kubernetes-1.36-zero-is-unset.json' with { type: 'json' };

/** What Kubernetes' own schema says about a value. */
export type Schema =
  | ObjectSchema
  | {
      readonly kind: 'map';
      readonly values: Schema;
      /** Stands or falls whole (`x-kubernetes-map-type: atomic`). */
      readonly atomic: boolean;
    }
  | {
      readonly kind: 'list';
      readonly items: Schema;
      /** What tells elements apart (`x-kubernetes-list-map-keys`); absent in an atomic list. */
      readonly keys?: readonly string[];
    }
  | {
      readonly kind: 'string';
      readonly enum?: readonly string[];
      /** `date-time`. */
      readonly format?: string;
    }
  | { readonly kind: 'integer'; readonly format: 'int32' | 'int64' }
  | { readonly kind: 'boolean' | 'quantity' | 'intOrString' | 'any' };

export interface ObjectSchema {
  readonly kind: 'object';
  /** The type's short name: `Container`. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldSchema>;
  readonly required: readonly string[];
  readonly atomic: boolean;
}

export interface FieldSchema {
  readonly schema: Schema;
  /** The schema's default, where it has one that says something. */
  readonly default?: Json;
  /** A struct that is no pointer in Kubernetes: `{}` is the same as absent. */
  readonly struct: boolean;
  /** Neither pointer nor list nor map, omitted when empty: `''`, `0` and `false` are the same as absent. */
  readonly zeroIsUnset: boolean;
}

const definitions = document.definitions as unknown as JsonObject;
const zeroIsUnset: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(zeroes.types).map(([type, fields]) => [type, new Set(fields)]),
);
const compiledTypes = new Map<string, Schema>();

function shortName(reference: string): string {
  return reference.slice(reference.lastIndexOf('.') + 1);
}

function typeOf(reference: string): Schema {
  const key = reference.slice('#/definitions/'.length);
  const known = compiledTypes.get(key);
  if (known !== undefined) return known;
  const schema = toType(shortName(key), own(definitions, key));
  compiledTypes.set(key, schema);
  return schema;
}

function toType(name: string, definition: Json | undefined): Schema {
  if (name === 'Quantity') return { kind: 'quantity' };
  if (name === 'IntOrString') return { kind: 'intOrString' };
  const properties = field(definition, 'properties');
  if (!isObject(properties)) return toSchema(definition);
  const zero = zeroIsUnset.get(name);
  const fields = new Map<string, FieldSchema>();
  for (const [key, property] of Object.entries(properties)) {
    const standard = field(property, 'default');
    const isStruct = isObject(standard);
    fields.set(key, {
      schema: toSchema(property),
      struct: isStruct,
      zeroIsUnset: zero?.has(key) === true,
      ...(standard !== undefined && standard !== '' && standard !== 0 && !isStruct ? { default: standard } : {}),
    });
  }
  return {
    kind: 'object',
    name,
    fields,
    required: stringsAt(definition, 'required'),
    atomic: isAtomic(definition),
  };
}

function toSchema(node: Json | undefined): Schema {
  const reference = stringField(node, '$ref') ?? stringField(firstOf(node, 'allOf'), '$ref');
  if (reference !== undefined) return typeOf(reference);
  switch (stringField(node, 'type')) {
    case 'array': {
      const keys = stringsAt(node, 'x-kubernetes-list-map-keys');
      const items = toSchema(field(node, 'items'));
      return keys.length > 0 ? { kind: 'list', items, keys } : { kind: 'list', items };
    }
    case 'object': {
      const values = field(node, 'additionalProperties');
      if (values === undefined) return { kind: 'any' };
      return { kind: 'map', values: toSchema(values), atomic: isAtomic(node) };
    }
    case 'integer':
      return { kind: 'integer', format: stringField(node, 'format') === 'int32' ? 'int32' : 'int64' };
    case 'boolean':
      return { kind: 'boolean' };
    case 'string': {
      const values = stringsAt(node, 'enum');
      const format = stringField(node, 'format');
      return {
        kind: 'string',
        ...(values.length > 0 ? { enum: values } : {}),
        ...(format === undefined ? {} : { format }),
      };
    }
    default:
      return { kind: 'any' };
  }
}

function firstOf(node: Json | undefined, key: string): Json | undefined {
  const list = field(node, key);
  return isArray(list) ? list[0] : undefined;
}

function stringsAt(node: Json | undefined, key: string): readonly string[] {
  const list = field(node, key);
  return isArray(list) ? list.filter((value) => typeof value === 'string') : [];
}

function isAtomic(node: Json | undefined): boolean {
  return stringField(node, 'x-kubernetes-map-type') === 'atomic';
}

/** The schema of a type that a PodTemplateSpec uses, by its short name; throws for one that there is not. */
export function objectSchema(name: string): ObjectSchema {
  const key = Object.keys(definitions).find((candidate) => shortName(candidate) === name);
  const schema = key === undefined ? undefined : typeOf(`#/definitions/${key}`);
  if (schema?.kind !== 'object') throw new Error(`Kubernetes' schema has no object type ${name}`);
  return schema;
}

/** Kubernetes 1.36's PodTemplateSpec: what a template may hold, and how it is merged. */
export const podTemplateSpec = objectSchema('PodTemplateSpec');
export const podSpec = objectSchema('PodSpec');
export const containerSchema = objectSchema('Container');

/**
 * True where a field's value says nothing, so that the API server drops it: absent, `null`, `[]`, an empty map or
 * struct, and `''`, `0`, `false` in a field that is no pointer (specification §10).
 */
export function isUnset(fieldSchema: FieldSchema | undefined, value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (isArray(value)) return value.length === 0;
  if (fieldSchema === undefined) return false;
  if (isObject(value)) {
    const { schema, struct } = fieldSchema;
    if (schema.kind === 'map') return Object.keys(value).length === 0;
    if (!struct || schema.kind !== 'object') return false;
    return Object.entries(value).every(([key, inner]) => isUnset(schema.fields.get(key), inner));
  }
  return fieldSchema.zeroIsUnset && (value === '' || value === 0 || value === false);
}
