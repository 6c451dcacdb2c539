import type { FieldPath } from '../field-path.ts';
import { isArray, isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { isUnset } from '../kubernetes/schema.ts';
import type { ObjectSchema, Schema } from '../kubernetes/schema.ts';
import { kubernetesRules, mayBeEmpty } from './kubernetes-rules.ts';
import { judgeObject } from './object-rules.ts';
import type { Finding, Rule } from './rule.ts';
import { ownEntries } from './validate-schema.ts';
import type { Report } from './validate-schema.ts';

/**
 * Holds a value against the rules that Kubernetes has beyond its schema, and against `more` of the same form.
 * Takes any value: what has a wrong type is passed over, that is reported by validateSchema.
 */
export function applyRules(
  schema: Schema,
  value: Json,
  path: FieldPath,
  report: Report,
  more: Readonly<Record<string, Rule>> = {},
): void {
  if (schema.kind === 'list' && isArray(value)) {
    for (const [index, element] of value.entries()) applyRules(schema.items, element, [...path, index], report, more);
  }
  if (schema.kind === 'object' && isObject(value)) applyToObject(schema, value, path, report, more);
}

function applyToObject(
  schema: ObjectSchema,
  object: JsonObject,
  path: FieldPath,
  report: Report,
  more: Readonly<Record<string, Rule>>,
): void {
  const take = (from: FieldPath, findings: readonly Finding[]): void => {
    for (const { at, code = 'PG034', detail, value } of findings) {
      report({ code, field: [...from, ...at], detail, ...(value === undefined ? {} : { value }) });
    }
  };
  take(path, judgeObject(schema.name, object));
  for (const [key, value] of ownEntries(object)) {
    const field = schema.fields.get(key);
    if (field === undefined || value === null) continue;
    const row = `${schema.name}.${key}`;
    const here = [...path, key];
    const { kind } = field.schema;
    const isEmpty = (kind === 'string' && value === '') || (kind === 'list' && isArray(value) && value.length === 0);
    if (isEmpty && schema.required.includes(key) && !mayBeEmpty.has(row)) {
      take(here, [{ at: [], code: 'PG033', detail: 'must not be empty' }]);
      continue;
    }
    if (!isUnset(field, value)) take(here, ruleAt(kubernetesRules, row)(value));
    // Ours: to protect an empty list is something else than to say nothing.
    take(here, ruleAt(more, row)(value));
    applyRules(field.schema, value, here, report, more);
  }
}

function ruleAt(table: Readonly<Record<string, Rule>>, row: string): Rule {
  return (Object.hasOwn(table, row) ? table[row] : undefined) ?? (() => []);
}
