import type { FieldPath } from '../field-path.ts';
import { isArray, isObject, own } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { elementKey } from '../kubernetes/compare.ts';
import { parseQuantity } from '../kubernetes/quantity.ts';
import { isUnset } from '../kubernetes/schema.ts';
import type { FieldSchema, ObjectSchema, Schema } from '../kubernetes/schema.ts';
import { nearest } from '../nearest.ts';
import type { Problem } from '../problem.ts';

/** Takes down one problem. */
export type Report = (problem: Problem) => void;

const int32Limit = 2 ** 31;
const maxListed = 10;
const dateTimeForm = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Strictly holds a value against a schema: unknown fields (PG030), wrong types (PG031), values that aren't among those
 * that are possible (PG032), missing fields (PG033), quantities, dates and integers without their form (PG034), elements
 * of a list that have the same key (PG035). Reports each, goes on after each. `null` is the same as absent.
 * `optional`: fields (`Type.field`) that may be missing although the schema requires them.
 */
export function validateSchema(
  schema: Schema,
  value: Json,
  path: FieldPath,
  report: Report,
  optional: ReadonlySet<string> = new Set(),
): void {
  switch (schema.kind) {
    case 'any':
      return;
    case 'object':
      if (!isObject(value)) return reportType('an object', value, path, report);
      return validateObject(schema, value, path, report, optional);
    case 'map':
      if (!isObject(value)) return reportType('an object', value, path, report);
      for (const [key, inner] of ownEntries(value)) {
        if (!key.isWellFormed()) reportUnicode([...path, key], report);
        validateSchema(schema.values, inner, [...path, key], report, optional);
      }
      return;
    case 'list':
      if (!isArray(value)) return reportType('a list', value, path, report);
      for (const [index, element] of value.entries()) {
        validateSchema(schema.items, element, [...path, index], report, optional);
      }
      if (schema.keys !== undefined && schema.items.kind === 'object') {
        reportRepeated(schema.items, schema.keys, value, path, report);
      }
      return;
    case 'string':
      return validateText(schema, value, path, report);
    case 'integer':
      return validateInteger(schema.format, value, path, report);
    case 'boolean':
      if (typeof value !== 'boolean') reportType('true or false', value, path, report);
      return;
    case 'quantity':
      return validateQuantity(value, path, report);
    case 'intOrString':
      if (typeof value === 'string') return validateText({ kind: 'string' }, value, path, report);
      if (typeof value === 'number') return validateInteger('int32', value, path, report);
      return reportType('an integer or a string', value, path, report);
  }
}

/** The entries of an object without `__proto__`, which is refused wherever it stands ({@link reportPrototypeKeys}). */
export function ownEntries(object: JsonObject): readonly (readonly [string, Json])[] {
  return Object.entries(object).filter(([key]) => key !== '__proto__');
}

function validateObject(
  schema: ObjectSchema,
  object: JsonObject,
  path: FieldPath,
  report: Report,
  optional: ReadonlySet<string>,
): void {
  for (const [key, value] of ownEntries(object)) {
    const field = schema.fields.get(key);
    if (field === undefined) {
      reportUnknown(key, schema.fields.keys(), [...path, key], report);
    } else if (!isNothing(field, value)) {
      validateSchema(field.schema, value, [...path, key], report, optional);
    }
  }
  for (const key of schema.required) {
    if (optional.has(`${schema.name}.${key}`) || (own(object, key) ?? null) !== null) continue;
    report({ code: 'PG033', field: [...path, key], detail: `${schema.name} must have ${key}` });
  }
}

// An empty string where that means unset is not held against the enum; empty lists and objects still have a type.
function isNothing(field: FieldSchema, value: Json): boolean {
  return value === null || (value === '' && isUnset(field, value));
}

/** Reports a field that isn't known, with the name that it may have been meant to have. */
export function reportUnknown(key: string, known: Iterable<string>, path: FieldPath, report: Report): void {
  const near = nearest(key, known);
  report({
    code: 'PG030',
    field: path,
    value: key,
    detail: `there is no such field${near === undefined ? '; take it out' : `; did you mean ${near}?`}`,
  });
}

function reportType(wanted: string, value: Json, path: FieldPath, report: Report): void {
  const isUnquoted = wanted === 'a string' && (typeof value === 'number' || typeof value === 'boolean');
  const advice = isUnquoted ? '; put it in quotes' : '';
  report({ code: 'PG031', field: path, detail: `must be ${wanted}, not ${kindOf(value)}${advice}` });
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  return typeof value === 'boolean' ? 'true or false' : `a ${typeof value}`;
}

function reportUnicode(path: FieldPath, report: Report): void {
  report({ code: 'PG034', field: path, detail: 'must be valid Unicode: half of a surrogate pair stands alone in it' });
}

function validateText(schema: Schema & { kind: 'string' }, value: Json, path: FieldPath, report: Report): void {
  if (typeof value !== 'string') return reportType('a string', value, path, report);
  if (!value.isWellFormed()) return reportUnicode(path, report);
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return reportUnsupported(value, schema.enum, path, report);
  }
  if (schema.format === 'date-time' && !dateTimeForm.test(value)) {
    report({ code: 'PG034', field: path, detail: 'must be a time as RFC 3339 writes it: 2026-01-31T12:00:00Z' });
  }
}

/** Reports a value that is none of those that are possible; lists these, or names the nearest where they are many. */
export function reportUnsupported(value: string, possible: readonly string[], path: FieldPath, report: Report): void {
  const listed = possible.filter((candidate) => candidate !== '');
  const near = nearest(value, listed);
  const detail =
    listed.length > maxListed && near !== undefined
      ? `did you mean ${near}?`
      : `must be one of ${listed.slice(0, maxListed).join(', ')}${listed.length > maxListed ? ', …' : ''}`;
  report({ code: 'PG032', field: path, value, detail });
}

function validateInteger(format: 'int32' | 'int64', value: Json, path: FieldPath, report: Report): void {
  if (typeof value !== 'number') return reportType('an integer', value, path, report);
  const isInRange = format === 'int32' ? value >= -int32Limit && value < int32Limit : Number.isSafeInteger(value);
  if (!Number.isInteger(value)) {
    report({ code: 'PG031', field: path, detail: 'must be an integer, not a number with a fraction' });
  } else if (!isInRange) {
    report({ code: 'PG034', field: path, detail: `is too large for an ${format}` });
  }
}

function validateQuantity(value: Json, path: FieldPath, report: Report): void {
  if (typeof value !== 'string' && typeof value !== 'number') return reportType('a quantity', value, path, report);
  if (parseQuantity(value) !== undefined) return;
  report({ code: 'PG034', field: path, detail: 'must be a quantity, as 500m, 1.5 or 128Mi' });
}

function reportRepeated(
  items: ObjectSchema,
  keys: readonly string[],
  list: readonly Json[],
  path: FieldPath,
  report: Report,
): void {
  const first = new Map<string, number>();
  for (const [index, element] of list.entries()) {
    if (!isObject(element) || keys.some((key) => !isKeyValue(items, key, element))) continue;
    const name = elementKey(items, keys, element);
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, index);
      continue;
    }
    const [key = ''] = keys;
    report({
      code: 'PG035',
      field: keys.length === 1 ? [...path, index, key] : [...path, index],
      value: name,
      detail: `the element before it with the index ${before} has the same ${keys.join(' and ')}; change one or take it out`,
    });
  }
}

// Only what has its key can be a second one; a key that is missing or has the wrong type is reported as that.
function isKeyValue(items: ObjectSchema, key: string, element: JsonObject): boolean {
  const value = own(element, key) ?? null;
  if (value === null) return items.fields.get(key)?.default !== undefined;
  return typeof value === 'string' || typeof value === 'number';
}
