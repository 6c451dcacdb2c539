import { arrayField, field, own, objectField } from '../../core/json.ts';
import type { Json } from '../../core/json.ts';
import type { Schema } from '../../core/kubernetes/schema.ts';
import { injectionTemplate } from '../../core/register/template-schema.ts';

const preserved = 'x-kubernetes-preserve-unknown-fields';

/**
 * What of our schema a CustomResourceDefinition's lacks, as paths: settings, values of enums, and below `spec.template`
 * objects that drop fields which they don't know (specification §2). More than ours is fine: it may be newer.
 */
export function schemaGaps(openApi: Json | undefined): readonly string[] {
  const spec = injectionTemplate.fields.get('spec');
  return spec === undefined ? [] : settingGaps(spec.schema, field(field(openApi, 'properties'), 'spec'), 'spec');
}

function settingGaps(schema: Schema, openApi: Json | undefined, path: string): readonly string[] {
  if (openApi === undefined) return [path];
  switch (schema.kind) {
    case 'object':
      if (schema.name === 'PodTemplateSpec') return droppingObjects(openApi, path);
      return [...schema.fields].flatMap(([name, { schema: inner }]) =>
        settingGaps(inner, own(objectField(openApi, 'properties'), name), `${path}.${name}`),
      );
    case 'map':
      return settingGaps(schema.values, field(openApi, 'additionalProperties'), `${path}.*`);
    case 'list':
      return settingGaps(schema.items, field(openApi, 'items'), `${path}[]`);
    case 'string': {
      const known = arrayField(openApi, 'enum');
      if (known.length === 0) return [];
      return (schema.enum ?? []).filter((value) => !known.includes(value)).map((value) => `${path}: ${value}`);
    }
    default:
      return [];
  }
}

function droppingObjects(openApi: Json, path: string): readonly string[] {
  const properties = Object.entries(objectField(openApi, 'properties'));
  const inner = properties.flatMap(([name, property]) => droppingObjects(property, `${path}.${name}`));
  const items = field(openApi, 'items');
  const elements = items === undefined ? [] : droppingObjects(items, `${path}[]`);
  const isOpen = field(openApi, preserved) === true;
  return [...(properties.length > 0 && !isOpen ? [`${path}.* (unknown fields)`] : []), ...inner, ...elements];
}
