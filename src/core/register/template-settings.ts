import type { FieldPath } from '../field-path.ts';
import { arrayField, field, isObject, objectField, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { toLabelSelector } from '../kubernetes/label-selector.ts';
import { nearest } from '../nearest.ts';
import type { ResourcePresets, Settings } from '../settings.ts';
import { lifecycles } from '../template.ts';
import type { Lifecycle, Protectable, Template } from '../template.ts';
import { annotationSettings } from './pod-template-settings.ts';
import type { TemplateEntry } from './special-entries.ts';
import type { TemplateDocument } from './template-document.ts';
import { defaultTemplateSettings } from './template-settings-defaults.ts';
import type { TemplateSettings } from './template-settings-defaults.ts';
import { isProtectable, primaryContainerName } from './template-settings-rules.ts';
import type { Report } from './validate-schema.ts';

const maxListed = 10;

/**
 * The settings of a template, defaults filled in. Takes an invalid document too, and then reads what can be read: an
 * InjectionTemplate's mistakes are reported by its schema, those in a PodTemplate's annotations here.
 */
export function readSettings(document: TemplateDocument, report: Report): TemplateSettings {
  if (document.kind === 'PodTemplate') return annotationSettings(document.document, report);
  const spec = objectField(document.document, 'spec');
  const name = stringField(spec, 'primaryContainerName');
  const protect = own(spec, 'protect');
  const description = stringField(spec, 'description');
  const match = own(spec, 'match');
  const allowedNamespaces = own(spec, 'allowedNamespaces');
  const order = own(spec, 'order');
  return {
    ...defaultTemplateSettings,
    ...(description === undefined ? {} : { description }),
    ...(name === undefined || primaryContainerName(name) !== undefined ? {} : { primaryContainerName: name }),
    ...(isSet(protect) ? { protect: new Set(arrayField(spec, 'protect').filter(isProtectableName)) } : {}),
    ...(isObject(match)
      ? {
          match: {
            podSelector: toLabelSelector(own(match, 'podSelector')),
            namespaceSelector: toLabelSelector(own(match, 'namespaceSelector')),
          },
        }
      : {}),
    ...(isObject(allowedNamespaces) ? { allowedNamespaces: toLabelSelector(allowedNamespaces) } : {}),
    ...(typeof order === 'number' ? { order } : {}),
    ...(own(spec, 'enforcement') === 'Required' ? { enforcement: 'Required' } : {}),
    ...(own(spec, 'conflictPolicy') === 'Deny' ? { conflictPolicy: 'Deny' } : {}),
    sidecars: sidecarSettings(objectField(spec, 'sidecars')),
  };
}

function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}

function isProtectableName(value: Json): value is Protectable {
  return typeof value === 'string' && isProtectable(value);
}

function toLifecycle(value: Json | undefined): Lifecycle | undefined {
  return lifecycles.find((lifecycle) => lifecycle === value);
}

function sidecarSettings(sidecars: JsonObject): Template['sidecars'] {
  const byName = Object.entries(objectField(sidecars, 'lifecycleByName')).flatMap(([name, value]) => {
    const lifecycle = toLifecycle(value);
    return lifecycle === undefined ? [] : [[name, lifecycle] as const];
  });
  const resources = presets(own(sidecars, 'resources'));
  return {
    lifecycle: toLifecycle(own(sidecars, 'lifecycle')) ?? 'Auto',
    lifecycleByName: new Map(byName),
    initOrder: own(sidecars, 'initOrder') === 'First' ? 'First' : 'Last',
    ...(resources === undefined ? {} : { resources }),
  };
}

function presets(value: Json | undefined): ResourcePresets | undefined {
  const requests = field(value, 'requests');
  const limits = field(value, 'limits');
  const isGiven = (map: Json | undefined): map is JsonObject => isObject(map) && Object.keys(map).length > 0;
  if (!isGiven(requests) && !isGiven(limits)) return undefined;
  return { ...(isGiven(requests) ? { requests } : {}), ...(isGiven(limits) ? { limits } : {}) };
}

/**
 * Reports settings that don't fit the template's namespace (PG038), its containers (PG039) or the installation (PG043).
 * A PodTemplate has none of them.
 */
export function checkSettings(
  { kind, document, isRoot }: TemplateDocument,
  entries: readonly TemplateEntry[],
  settings: Settings,
  report: Report,
): void {
  if (kind === 'PodTemplate') return;
  const spec = own(document, 'spec');
  const match = field(spec, 'match');
  const rootOnly: readonly (readonly [FieldPath, Json | undefined])[] = [
    [['spec', 'match', 'namespaceSelector'], field(match, 'namespaceSelector')],
    [['spec', 'allowedNamespaces'], field(spec, 'allowedNamespaces')],
  ];
  for (const [path, value] of rootOnly) {
    if (isRoot || !isSet(value)) continue;
    const detail = `only templates in ${settings.rootNamespace} apply to other namespaces; take it out`;
    report({ code: 'PG038', field: path, detail });
  }
  if (field(spec, 'enforcement') === 'Required') {
    const enforcement = ['spec', 'enforcement'];
    if (!isObject(match)) {
      report({
        code: 'PG043',
        field: enforcement,
        detail: 'a Required template must have a match: say which pods need it',
      });
    }
    if (!settings.required.enabled) {
      const detail = 'the operator has not switched Required on (setting required.enabled); use Optional';
      report({ code: 'PG043', field: enforcement, detail });
    }
  }
  checkLifecycles(objectField(field(spec, 'sidecars'), 'lifecycleByName'), entries, report);
}

function checkLifecycles(byName: JsonObject, entries: readonly TemplateEntry[], report: Report): void {
  const added = entries.filter(({ list, role }) => list === 'containers' && role === 'added').map(({ name }) => name);
  const sidecars = new Set(added);
  const listed = added.slice(0, maxListed);
  const rest = added.length > maxListed ? ', …' : '';
  for (const name of Object.keys(byName)) {
    if (name === '__proto__' || sidecars.has(name)) continue;
    const near = nearest(name, listed);
    const all = added.length === 0 ? 'the template has no sidecar' : `its sidecars are ${listed.join(', ')}${rest}`;
    report({
      code: 'PG039',
      field: ['spec', 'sidecars', 'lifecycleByName', name],
      value: name,
      detail: near === undefined ? all : `did you mean ${near}?`,
    });
  }
}
