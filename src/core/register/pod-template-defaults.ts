import { equal, field, isArray, isObject, own, setOwn, stringField } from '../json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../json.ts';
import { defaultImagePullPolicy } from '../kubernetes/compare.ts';
import { apiDefaults, podOnlyDefaults } from '../kubernetes/defaults-data.ts';
import { podTemplateSpec } from '../kubernetes/schema.ts';
import type { ObjectSchema, Schema } from '../kubernetes/schema.ts';

/**
 * The pod template of a core/v1 PodTemplate without what the API server filled in when it stored it (specification §2): what equals
 * its default counts as unset. One from a file, which nobody filled in, comes out the same.
 */
export function withoutServerDefaults(podTemplate: JsonObject): JsonObject {
  return strip(podTemplateSpec, podTemplate);
}

function stripValue(schema: Schema, value: Json): Json {
  if (schema.kind === 'object' && isObject(value)) return strip(schema, value);
  if (schema.kind === 'list' && isArray(value)) return value.map((element) => stripValue(schema.items, element));
  return value;
}

function strip(schema: ObjectSchema, object: JsonObject): JsonObject {
  const result: MutableJsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    const inner = schema.fields.get(key);
    const stripped = inner === undefined ? value : stripValue(inner.schema, value);
    const standard = defaultOf(schema.name, key, object);
    if (standard === undefined || !equal(stripped, standard)) setOwn(result, key, stripped);
  }
  return result;
}

function defaultOf(type: string, key: string, object: JsonObject): Json | undefined {
  switch (`${type}.${key}`) {
    case 'Container.imagePullPolicy':
      return defaultImagePullPolicy(stringField(object, 'image'));
    case 'ImageVolumeSource.pullPolicy':
      return defaultImagePullPolicy(stringField(object, 'reference'));
    // Kept in step with serviceAccountName for old clients.
    case 'PodSpec.serviceAccount':
      return own(object, 'serviceAccountName');
    default:
      return Object.hasOwn(podOnlyDefaults, type) && podOnlyDefaults[type]?.includes(key) === true
        ? undefined
        : field(Object.hasOwn(apiDefaults, type) ? apiDefaults[type] : undefined, key);
  }
}

/** The same pod template with an emptyDir in each volume that names no source, as the API server will read it. */
export function withVolumeSources(podTemplate: JsonObject): JsonObject {
  const spec = own(podTemplate, 'spec');
  const volumes = field(spec, 'volumes');
  if (!isObject(spec) || !isArray(volumes)) return podTemplate;
  return { ...podTemplate, spec: { ...spec, volumes: volumes.map(withSource) } };
}

function withSource(volume: Json): Json {
  if (!isObject(volume)) return volume;
  const hasSource = Object.entries(volume).some(([key, value]) => key !== 'name' && value !== null);
  return hasSource ? volume : { ...volume, emptyDir: {} };
}
