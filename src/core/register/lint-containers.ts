import type { FieldPath } from '../field-path.ts';
import { arrayField, field, own, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { defaultImagePullPolicy } from '../kubernetes/compare.ts';
import type { ResourcePresets, Settings } from '../settings.ts';
import type { Protectable } from '../template.ts';
import type { LintInput } from './lint-input.ts';
import { hasSecretForm, isSecretArgument, looksSecret } from './secret-forms.ts';
import type { TemplateEntry } from './special-entries.ts';
import type { TemplateWarning } from './warning-kinds.ts';

/** What is to be said about the entries of a template's containers and initContainers. */
export function lintContainers(
  { document, template, entries }: LintInput,
  settings: Settings,
): readonly TemplateWarning[] {
  const presets = template.sidecars.resources ?? {};
  return entries.flatMap((entry): readonly TemplateWarning[] => {
    const path = [...document.podTemplatePath, ...entry.path];
    if (entry.role === 'ignored') {
      const detail = `${JSON.stringify(entry.name)} is consumed without effect; take it out`;
      return [{ code: 'PG112', field: path, detail }];
    }
    return [
      ...(entry.role === 'added'
        ? [...resourceWarnings(entry, path, presets, settings.sidecarResources ?? {}), ...imageWarnings(entry, path)]
        : protectedWarnings(entry, path, template.protect, document.kind === 'PodTemplate')),
      ...secretWarnings(entry.container, path),
    ];
  });
}

function protectedWarnings(
  { container }: TemplateEntry,
  path: FieldPath,
  protect: ReadonlySet<Protectable>,
  isPodTemplate: boolean,
): readonly TemplateWarning[] {
  return Object.keys(container).flatMap((key): readonly TemplateWarning[] => {
    const name = key === 'envFrom' ? 'env' : key;
    const isProtected = [...protect].some((candidate) => candidate === name);
    // No PodTemplate without images is stored.
    if (!isProtected || own(container, key) === null || (isPodTemplate && key === 'image')) return [];
    const unprotect = name === 'env' || name === 'resources' ? `, or take ${name} off protect` : '';
    const detail = `has no effect: ${name} is the workload's (protect); take it out${unprotect}`;
    return [{ code: 'PG101', field: [...path, key], detail }];
  });
}

function resourceWarnings(
  { list, container, name }: TemplateEntry,
  path: FieldPath,
  ...presets: readonly ResourcePresets[]
): readonly TemplateWarning[] {
  const given = [
    own(container, 'resources'),
    ...presets.map(({ requests = {}, limits = {} }) => ({ requests, limits })),
  ];
  const missing = ['cpu', 'memory'].filter(
    (resource) =>
      !given.some((value) => field(field(value, 'requests'), resource) ?? field(field(value, 'limits'), resource)),
  );
  if (list === 'initContainers' || missing.length === 0) return [];
  const detail = `the sidecar ${JSON.stringify(name)} has neither request nor limit for ${missing.join(' and ')}; set one, or sidecars.resources`;
  return [{ code: 'PG102', field: [...path, 'resources'], detail }];
}

function imageWarnings({ container }: TemplateEntry, path: FieldPath): readonly TemplateWarning[] {
  const image = stringField(container, 'image') ?? '';
  if (image.includes('@') || defaultImagePullPolicy(image) === 'IfNotPresent') return [];
  const detail = 'what runs may be another image each time; give it a tag other than latest, or a digest';
  return [{ code: 'PG103', field: [...path, 'image'], detail }];
}

function secretWarnings(container: JsonObject, path: FieldPath): readonly TemplateWarning[] {
  const warn = (...at: FieldPath): TemplateWarning => ({
    code: 'PG107',
    field: [...path, ...at],
    detail:
      'the value looks like a secret; whoever reads the template reads it: put it into a Secret and refer to that',
  });
  return [
    ...arrayField(container, 'env').flatMap((variable, index) => {
      const value = stringField(variable, 'value') ?? '';
      return looksSecret(stringField(variable, 'name') ?? '', value) ? [warn('env', index, 'value')] : [];
    }),
    ...['command', 'args'].flatMap((key) =>
      arrayField(container, key).flatMap((argument, index) =>
        typeof argument === 'string' && isSecretArgument(argument) ? [warn(key, index)] : [],
      ),
    ),
  ];
}

/** Annotations with a text in them that has the form of a secret. */
export function lintAnnotations({ document: { podTemplate, podTemplatePath } }: LintInput): readonly TemplateWarning[] {
  const annotations = field(own(podTemplate, 'metadata'), 'annotations');
  return Object.entries(annotations ?? {}).flatMap(([key, value]): readonly TemplateWarning[] => {
    if (typeof value !== 'string' || !hasSecretForm(value)) return [];
    const at = [...podTemplatePath, 'metadata', 'annotations', key];
    return [{ code: 'PG107', field: at, detail: 'the value looks like a secret, and annotations can be read by many' }];
  });
}
