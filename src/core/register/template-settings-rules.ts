import { isArray, isObject, own, stringField } from '../json.ts';
import type { Json } from '../json.ts';
import { dns1123Label, dns1123Subdomain, oneLine } from '../kubernetes/text-formats.ts';
import type { TextFormat } from '../kubernetes/text-formats.ts';
import { protectable } from '../template.ts';
import type { Protectable } from '../template.ts';
import { presetResources } from './resource-rules.ts';
import { text } from './rule.ts';
import type { Finding, Rule } from './rule.ts';
import { reservedNames } from './special-entries.ts';

const maxNameLength = 63;
const alwaysProtected = ['image', 'command', 'args'];

/** A name that may be given to the primary entry: a container's, and no other special entry's. */
export const primaryContainerName: TextFormat = (name) => {
  if (name === '') return "must not be empty; leave it out and it is 'primary'";
  return dns1123Label(name) ?? (reservedNames.has(name) ? 'is the name of another special entry' : undefined);
};

/** What must not be taken off the list of protected fields, and doubles on it. */
export const protectRule: Rule = (value) => {
  if (!isArray(value)) return [];
  const missing = alwaysProtected.filter((field) => !value.includes(field));
  const doubles = value.flatMap((element, index): readonly Finding[] =>
    typeof element === 'string' && value.indexOf(element) < index
      ? [{ at: [index], code: 'PG035', value: element, detail: 'stands on the list already' }]
      : [],
  );
  if (missing.length === 0) return doubles;
  const detail = `must hold ${missing.join(' and ')} too: a template never changes what a workload runs`;
  return [...doubles, { at: [], code: 'PG042', detail }];
};

/** A template's name must fit a label's value: pods ask for it with one (specification §2). */
function metadataRule(nameFormat: TextFormat): Rule {
  return (value) => {
    if (!isObject(value)) return [];
    const name = own(value, 'name') ?? '';
    const namespace = stringField(value, 'namespace') ?? '';
    const wrongName = typeof name === 'string' && name !== '' ? nameFormat(name) : undefined;
    const wrongNamespace = namespace === '' ? undefined : dns1123Label(namespace);
    return [
      ...(name === '' ? [{ at: ['name'], code: 'PG033', detail: 'a template must have a name' } as const] : []),
      ...found('name', name, wrongName),
      ...found('namespace', namespace, wrongNamespace),
    ];
  };
}

function found(key: string, value: Json, detail: string | undefined): readonly Finding[] {
  return detail === undefined || typeof value !== 'string' ? [] : [{ at: [key], value, detail }];
}

const podTemplateName: TextFormat = (name) =>
  dns1123Subdomain(name) ?? (name.length > maxNameLength ? `must be at most ${maxNameLength} characters` : undefined);

/** What our own settings demand beyond their types (specification §2), by `Type.field`. */
export const settingsRules: Readonly<Record<string, Rule>> = {
  'InjectionTemplate.metadata': metadataRule(dns1123Label),
  'PodTemplate.metadata': metadataRule(podTemplateName),
  'InjectionTemplateSpec.description': text(oneLine),
  'InjectionTemplateSpec.primaryContainerName': text(primaryContainerName),
  'InjectionTemplateSpec.protect': protectRule,
  'SidecarSettings.resources': presetResources,
};

/** True for the name of a field that a template can be kept away from. */
export function isProtectable(name: string): name is Protectable {
  return (protectable as readonly string[]).includes(name);
}
