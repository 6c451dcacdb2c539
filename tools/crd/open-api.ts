import type { JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import type { ObjectSchema, Schema } from '../../src/core/kubernetes/schema.ts';
import { objectRules, settingTexts } from './settings.ts';
import type { CelRule } from './settings.ts';

const preserved = 'x-kubernetes-preserve-unknown-fields';

/** A setting of ours in full: types, enums, defaults, bounds, rules, descriptions. */
export function toSettingSchema(schema: Schema): JsonObject {
  switch (schema.kind) {
    case 'object':
      return toObject(schema);
    case 'map':
      return { type: 'object', additionalProperties: toSettingSchema(schema.values) };
    case 'list':
      return { type: 'array', items: toSettingSchema(schema.items) };
    case 'string':
      return { type: 'string', ...(schema.enum !== undefined && { enum: [...schema.enum] }) };
    case 'integer':
      return { type: 'integer', format: schema.format };
    case 'boolean':
      return { type: 'boolean' };
    case 'quantity':
    case 'intOrString':
      return { 'x-kubernetes-int-or-string': true };
    case 'any':
      return { type: 'object', [preserved]: true };
  }
}

function toObject(schema: ObjectSchema): JsonObject {
  const properties: MutableJsonObject = {};
  for (const [name, { schema: field }] of schema.fields) {
    const text = settingTexts[`${schema.name}.${name}`];
    if (text === undefined) throw new Error(`tools/crd/settings.ts has no row for ${schema.name}.${name}`);
    const { description, keywords, rules = [] } = text;
    const isTemplate = field.kind === 'object' && field.name === 'PodTemplateSpec';
    properties[name] = {
      description,
      ...(isTemplate ? toPodSchema(field) : toSettingSchema(field)),
      ...keywords,
      ...(text.default !== undefined && { default: text.default }),
      ...toValidations([...rules, ...(field.kind === 'object' ? rulesOf(field) : [])]),
    };
  }
  return {
    type: 'object',
    properties,
    ...(schema.required.length > 0 && { required: [...schema.required] }),
    ...toValidations(rulesOf(schema)),
  };
}

function rulesOf({ name }: ObjectSchema): readonly CelRule[] {
  return objectRules[name] ?? [];
}

/** As the API server wants them; nothing where there are none. */
function toValidations(rules: readonly CelRule[]): JsonObject {
  return rules.length === 0
    ? {}
    : { 'x-kubernetes-validations': rules.map(({ rule, message }) => ({ rule, message })) };
}

/**
 * Kubernetes' own schema by types only: what the API server would refuse here by enums, required fields or unknown ones,
 * the webhook would never see, and could not list with the rest (specification §2). `null` is the same as absent.
 */
function toPodSchema(schema: Schema): JsonObject {
  switch (schema.kind) {
    case 'object': {
      // Refused in a template as a whole: nobody needs its fields.
      const fields = [...schema.fields].filter(([name]) => name !== 'ephemeralContainers');
      const properties = fields.map(([name, field]) => [name, toPodSchema(field.schema)] as const);
      return { type: 'object', nullable: true, [preserved]: true, properties: Object.fromEntries(properties) };
    }
    case 'map':
      return { type: 'object', nullable: true, additionalProperties: toPodSchema(schema.values) };
    case 'list':
      return { type: 'array', nullable: true, items: toPodSchema(schema.items) };
    case 'string':
    case 'integer':
    case 'boolean':
      return { type: schema.kind, nullable: true };
    case 'quantity':
      // A number with a fraction is one too, and neither an integer nor a string.
      return { [preserved]: true, nullable: true };
    case 'intOrString':
      return { 'x-kubernetes-int-or-string': true, nullable: true };
    case 'any':
      return { [preserved]: true, nullable: true };
  }
}
