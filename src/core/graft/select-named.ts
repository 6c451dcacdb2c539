import type { FieldPath } from '../field-path.ts';
import { own } from '../json.ts';
import type { Json } from '../json.ts';
import { keys } from '../keys.ts';
import { nearest } from '../nearest.ts';
import { quote } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { Template } from '../template.ts';
import { annotationPath, findTemplate, isAllowed, labelPath, maxTemplates } from './selection.ts';
import type { Selecting } from './selection.ts';

/** Selects the templates that the pod itself names: by label, then by annotation, in order (specification §4). */
export function selectNamed(state: Selecting, isSwitchedOff: boolean, reusable: boolean): void {
  const { view, problems, selected } = state;
  const label = own(view.labels, keys.template);
  const asked = namesOf(state);
  if (isSwitchedOff) {
    problems.push({
      code: 'PG004',
      field: labelPath(keys.inject),
      value: 'false',
      detail: 'the pod names a template too; drop one of the two',
    });
  }
  if (reusable) {
    problems.push({
      code: 'PG005',
      field: label === undefined ? annotationPath(keys.templates) : labelPath(keys.template),
      detail: `pod templates can't be used in a reusable environment; drop the template, or set ${keys.reusable}: "off"`,
    });
  }
  if (asked.size > maxTemplates) {
    problems.push({
      code: 'PG006',
      field: annotationPath(keys.templates),
      detail: `the pod names ${asked.size} templates, ${maxTemplates} are possible; make one template of several`,
    });
    return;
  }
  let usable: readonly string[] | undefined;
  for (const [name, field] of asked) {
    const template = findTemplate(state, name);
    if (template === undefined) problems.push(absent(state, name, field, (usable ??= usableNames(state))));
    else if (!isAllowed(state, template)) problems.push(forbidden(state, template, field));
    else selected.push({ template, origin: 'named' });
  }
}

/** What the pod's two keys name, each name once, with the key that has it first. There may be tens of thousands. */
function namesOf({ view, problems, warnings }: Selecting): ReadonlyMap<string, FieldPath> {
  const asked = new Map<string, FieldPath>();
  const repeated = new Set<string>();
  const ask = (value: Json, field: FieldPath, separator?: string): void => {
    const texts = typeof value === 'string' ? (separator === undefined ? [value] : value.split(separator)) : [''];
    const names = texts.map((text) => text.trim());
    for (const name of names) {
      if (asked.has(name)) repeated.add(name);
      else if (name !== '') asked.set(name, field);
    }
    if (names.includes('')) {
      problems.push({ code: 'PG003', field, value: '', detail: 'a template has a name; write it, or drop the key' });
    }
  };
  const label = own(view.labels, keys.template);
  if (label !== undefined) ask(label, labelPath(keys.template));
  const annotation = own(view.annotations, keys.templates);
  if (annotation !== undefined) ask(annotation, annotationPath(keys.templates), ',');
  for (const name of repeated) warnings.push(`template ${name} is named twice: it counts once`);
  return asked;
}

const maxSuggestions = 10;
const maxNameLength = 63;

function absent({ namespace }: Selecting, name: string, field: FieldPath, usable: readonly string[]): Problem {
  const listed = usable.slice(0, maxSuggestions).map(quote).join(', ');
  const more = usable.length > maxSuggestions ? ` and ${usable.length - maxSuggestions} more` : '';
  const near = nearest(name.slice(0, maxNameLength), usable);
  const detail =
    usable.length === 0
      ? `there is no template that pods of namespace ${namespace.name} may use; have it registered, or drop the name`
      : `${near === undefined ? '' : `did you mean ${quote(near)}? `}pods of namespace ${namespace.name} may use ${listed}${more}`;
  return { code: 'PG001', field, value: name, detail };
}

function usableNames(state: Selecting): readonly string[] {
  const { templates, namespace, settings } = state;
  const names = [
    ...templates.inNamespace(namespace.name),
    ...templates.inNamespace(settings.rootNamespace).filter((template) => isAllowed(state, template)),
  ].map(({ name }) => name);
  return [...new Set(names)].toSorted();
}

function forbidden({ namespace }: Selecting, template: Template, field: FieldPath): Problem {
  return {
    code: 'PG002',
    field,
    value: template.name,
    detail: `pods of namespace ${namespace.name} may not use template ${template.id}; its allowedNamespaces decides that: ask those who registered it`,
    template: template.id,
  };
}
