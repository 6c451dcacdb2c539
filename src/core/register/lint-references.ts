import type { FieldPath } from '../field-path.ts';
import { isArray, isObject, objectField, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { containerSchema, podSpec } from '../kubernetes/schema.ts';
import type { Schema } from '../kubernetes/schema.ts';
import type { Protectable } from '../template.ts';
import type { LintInput } from './lint-input.ts';
import type { TemplateEntry } from './special-entries.ts';
import type { TemplateWarning } from './warning-kinds.ts';

type ReferenceKind = 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim' | 'ServiceAccount';

/** The types that name an object of the pod's namespace, and in which field. */
const references: Readonly<Record<string, readonly [ReferenceKind, string]>> = {
  AzureFileVolumeSource: ['Secret', 'secretName'],
  ConfigMapEnvSource: ['ConfigMap', 'name'],
  ConfigMapKeySelector: ['ConfigMap', 'name'],
  ConfigMapProjection: ['ConfigMap', 'name'],
  ConfigMapVolumeSource: ['ConfigMap', 'name'],
  // In a pod it is always a Secret: imagePullSecrets, secretRef, nodePublishSecretRef.
  LocalObjectReference: ['Secret', 'name'],
  PersistentVolumeClaimVolumeSource: ['PersistentVolumeClaim', 'claimName'],
  SecretEnvSource: ['Secret', 'name'],
  SecretKeySelector: ['Secret', 'name'],
  SecretProjection: ['Secret', 'name'],
  SecretVolumeSource: ['Secret', 'secretName'],
};

/** These are in every namespace. */
const everywhere: ReadonlySet<string> = new Set(['ConfigMap kube-root-ca.crt', 'ServiceAccount default']);

interface Reference {
  readonly kind: ReferenceKind;
  readonly name: string;
  readonly path: FieldPath;
}

/** The objects that must exist where the template is used (PG108), and an account without pull secrets (PG109). */
export function lintReferences({ document, template, entries }: LintInput): readonly TemplateWarning[] {
  const { podTemplate, podTemplatePath, isRoot, namespace } = document;
  const spec = objectField(podTemplate, 'spec');
  const { containers: _containers, initContainers: _initContainers, ...rest } = spec;
  const found: Reference[] = [];
  collect(podSpec, rest, ['spec'], found);
  for (const entry of entries) {
    if (entry.role !== 'ignored') collect(containerSchema, effective(entry, template.protect), entry.path, found);
  }
  const accountField = stringField(spec, 'serviceAccountName') ? 'serviceAccountName' : 'serviceAccount';
  const account = stringField(spec, accountField) ?? '';
  if (account !== '') found.push({ kind: 'ServiceAccount', name: account, path: ['spec', accountField] });

  const first = new Map<string, Reference>();
  for (const reference of found) {
    const id = `${reference.kind} ${reference.name}`;
    if (!first.has(id) && !everywhere.has(id)) first.set(id, reference);
  }
  const where = isRoot ? 'each namespace that uses the template' : `namespace ${namespace}`;
  const warnings = [...first.values()].map(({ kind, name, path }): TemplateWarning => ({
    code: 'PG108',
    field: [...podTemplatePath, ...path],
    detail: `the ${kind} ${JSON.stringify(name)} must exist in ${where}`,
  }));
  const pullSecrets = own(spec, 'imagePullSecrets');
  if (account === '' || (isArray(pullSecrets) && pullSecrets.length > 0)) return warnings;
  const detail =
    "the account's own imagePullSecrets are not added to pods; list those that it needs in imagePullSecrets";
  return [...warnings, { code: 'PG109', field: [...podTemplatePath, 'spec', accountField], detail }];
}

/** What of an entry has an effect. */
function effective({ role, container }: TemplateEntry, protect: ReadonlySet<Protectable>): JsonObject {
  if (role === 'added' || !protect.has('env')) return container;
  const { env: _env, envFrom: _envFrom, ...rest } = container;
  return rest;
}

function collect(schema: Schema, value: Json, path: FieldPath, found: Reference[]): void {
  if (schema.kind === 'list' && isArray(value)) {
    for (const [index, element] of value.entries()) collect(schema.items, element, [...path, index], found);
  }
  if (schema.kind !== 'object' || !isObject(value)) return;
  const [kind, nameField = ''] = (Object.hasOwn(references, schema.name) ? references[schema.name] : undefined) ?? [];
  const name = stringField(value, nameField) ?? '';
  if (kind !== undefined && name !== '' && own(value, 'optional') !== true) {
    found.push({ kind, name, path: [...path, nameField] });
  }
  for (const [key, inner] of Object.entries(value)) {
    const field = schema.fields.get(key);
    if (field !== undefined) collect(field.schema, inner, [...path, key], found);
  }
}
