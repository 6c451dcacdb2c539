import type { FieldPath } from '../field-path.ts';
import { field, isArray, isObject, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { apiVersion, keys } from '../keys.ts';
import type { ObjectSchema } from '../kubernetes/schema.ts';
import { cutBytes, printable } from '../problem.ts';
import type { Settings } from '../settings.ts';
import type { Template } from '../template.ts';
import { injectionTemplate, podTemplate } from './template-schema.ts';

/** A document that means to be a template: where in it the pod template stands, and what it calls itself. */
export interface TemplateDocument {
  readonly kind: Template['kind'];
  readonly document: JsonObject;
  readonly schema: ObjectSchema;
  /** From the document's root to its PodTemplateSpec. */
  readonly podTemplatePath: FieldPath;
  readonly podTemplate: JsonObject;
  readonly namespace: string;
  readonly isRoot: boolean;
  /** `namespace/name`; `?` where there is no name. */
  readonly id: string;
}

const podTemplatePaths = { InjectionTemplate: ['spec', 'template'], PodTemplate: ['template'] } as const;
const schemas = { InjectionTemplate: injectionTemplate, PodTemplate: podTemplate };
const maxIdPartBytes = 253;

/**
 * Says whether a document is one of ours: an InjectionTemplate, of whatever version, something else of our API group, or a core/v1
 * PodTemplate with our label. Else what it is, for a message.
 */
export function toTemplateDocument(document: Json, settings: Settings): TemplateDocument | { readonly what: string } {
  const kind = kindOf(document);
  if (kind === undefined || !isObject(document)) return { what: describe(document) };
  const podTemplatePath = podTemplatePaths[kind];
  const inner = podTemplatePath.reduce(field, document);
  const metadata = own(document, 'metadata');
  const namespace = stringField(metadata, 'namespace') ?? '';
  const actual = namespace === '' ? settings.rootNamespace : namespace;
  return {
    kind,
    document,
    schema: schemas[kind],
    podTemplatePath,
    podTemplate: isObject(inner) ? inner : {},
    namespace: actual,
    isRoot: actual === settings.rootNamespace,
    id: `${shown(actual)}/${shown(stringField(metadata, 'name') ?? '') || '?'}`,
  };
}

function kindOf(document: Json): Template['kind'] | undefined {
  const kind = field(document, 'kind');
  const version = field(document, 'apiVersion');
  const isOurGroup = typeof version === 'string' && version.split('/')[0] === apiVersion.split('/')[0];
  if (kind === 'InjectionTemplate' || isOurGroup) return 'InjectionTemplate';
  const label = field(field(field(document, 'metadata'), 'labels'), keys.isTemplate);
  // `true` without quotes is a mistake of whoever wrote it, not somebody else's PodTemplate.
  return kind === 'PodTemplate' && version === 'v1' && (label === 'true' || label === true) ? 'PodTemplate' : undefined;
}

function describe(document: Json): string {
  if (document === null) return 'an empty document';
  if (isArray(document)) return 'a list';
  if (!isObject(document)) return `a ${typeof document}`;
  const kind = stringField(document, 'kind');
  if (kind === undefined) return 'an object without kind';
  const version = stringField(document, 'apiVersion');
  const name = shown(version === undefined ? kind : `${version} ${kind}`);
  return kind === 'PodTemplate' && version === 'v1' ? `${name} without the label ${keys.isTemplate}: "true"` : name;
}

function shown(name: string): string {
  return cutBytes(printable(name), maxIdPartBytes);
}
