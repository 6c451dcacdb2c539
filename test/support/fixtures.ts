import { parse } from 'yaml';
import type { NamespaceInfo } from '../../src/core/graft/graft-pod.ts';
import { isObject, objectField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { apiVersion } from '../../src/core/keys.ts';
import { formatProblem } from '../../src/core/problem.ts';
import { parseTemplate } from '../../src/core/register/parse-template.ts';
import { capabilitiesToAllow, defaultSettings } from '../../src/core/settings.ts';
import type { Settings } from '../../src/core/settings.ts';
import type { Template } from '../../src/core/template.ts';

/** The default settings, with everything allowed to templates. */
export const settings: Settings = {
  ...defaultSettings,
  allow: capabilitiesToAllow,
  allowNamespaced: capabilitiesToAllow,
  required: { enabled: true },
};

/** One YAML document as JSON. */
export function yaml(text: string): Json {
  return parse(text) as Json;
}

/** One YAML document that is an object. */
export function yamlObject(text: string): JsonObject {
  const value = yaml(text);
  if (!isObject(value)) throw new Error(`not an object: ${text}`);
  return value;
}

/** An InjectionTemplate's document. `id` is a name (root namespace) or `namespace/name`. */
export function injectionTemplate(id: string, podTemplate: JsonObject, spec: JsonObject = {}): JsonObject {
  const [first = '', second] = id.split('/');
  return {
    apiVersion,
    kind: 'InjectionTemplate',
    metadata: second === undefined ? { name: first } : { name: second, namespace: first },
    spec: { ...spec, template: podTemplate },
  };
}

/** A valid document as a template; an invalid one is a mistake in the test. */
export function parsed(document: Json, given: Settings = settings): Template {
  const result = parseTemplate(document, given);
  if (result.kind === 'template') return result.template;
  if (result.kind === 'other') throw new Error(`not a template: ${result.what}`);
  throw new Error(`invalid template ${result.id}:\n${result.problems.map(formatProblem).join('\n')}`);
}

/** A template of `{metadata?, spec?}` and settings (the InjectionTemplate's spec without `template`). */
export function template(id: string, podTemplate: JsonObject, spec: JsonObject = {}): Template {
  return parsed(injectionTemplate(id, podTemplate, spec));
}

/** A pod of one container `main`, unless `spec` brings others; in the namespace `app`. */
export function pod(spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'app', ...metadata },
    spec: { containers: [{ name: 'main', image: 'app:1' }], ...spec },
  };
}

/** The pod with its annotation asking for these templates. */
export function asking(asked: JsonObject, ...names: readonly string[]): JsonObject {
  const metadata = objectField(asked, 'metadata');
  return {
    ...asked,
    metadata: {
      ...metadata,
      annotations: {
        ...objectField(metadata, 'annotations'),
        'podgraft.dev/templates': names.join(', '),
      },
    },
  };
}

/** A namespace with these labels besides its name's. */
export function namespace(name: string, labels: JsonObject = {}, annotations: JsonObject = {}): NamespaceInfo {
  return { name, labels: { 'kubernetes.io/metadata.name': name, ...labels }, annotations };
}

/** The namespace of {@link pod}, where templates apply by name only. */
export const app = namespace('app');

/** The same where default and matched templates apply too. */
export const covered = namespace('app', { 'podgraft.dev/injection': 'enabled' });
