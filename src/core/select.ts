import type { FieldPath } from './field-path.ts';
import type { NamespaceInfo } from './graft-pod.ts';
import { objectField, own, stringField } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { foreignKeys, keys, prefix } from './keys.ts';
import { matches } from './label-selector.ts';
import { nearest } from './nearest.ts';
import { owners } from './pod-view.ts';
import type { PodView } from './pod-view.ts';
import { quote } from './problem.ts';
import type { Problem } from './problem.ts';
import { isExcluded } from './settings.ts';
import type { Settings } from './settings.ts';
import type { TemplateSet } from './template-set.ts';
import type { Template } from './template.ts';

/** How a template came to a pod (specification §1). */
export type Origin = 'named' | 'default' | 'matched';

export interface Selected {
  readonly template: Template;
  readonly origin: Origin;
}

/** Which templates a pod gets (specification §4), before anything is known of how they fit. */
export type Selection =
  | { readonly kind: 'skip'; readonly reason: 'mirror' | 'excluded'; readonly warnings: readonly string[] }
  | {
      readonly kind: 'selected';
      /** In selection order: the named or default ones, then the matched by order. */
      readonly selected: readonly Selected[];
      /** Why the pod is refused, whatever the templates do. */
      readonly problems: readonly Problem[];
      /** Default and matched ones that don't apply to this pod. */
      readonly leftOut: readonly { readonly template: string; readonly problems: readonly Problem[] }[];
      readonly warnings: readonly string[];
    };

/** More templates than this for one pod are refused, or left out (contract R36). */
export const maxTemplates = 16;

const labelPath = (key: string): FieldPath => ['metadata', 'labels', key];
const annotationPath = (key: string): FieldPath => ['metadata', 'annotations', key];

/** Selects a pod's templates. Reads the pod's own keys, its namespace and the set; never the pod's spec. */
export function select(view: PodView, namespace: NamespaceInfo, templates: TemplateSet, settings: Settings): Selection {
  const isNamed = own(view.labels, keys.template) !== undefined || own(view.annotations, keys.templates) !== undefined;
  if (own(view.annotations, foreignKeys.mirror) !== undefined) {
    return { kind: 'skip', reason: 'mirror', warnings: [] };
  }
  if (isExcluded(namespace.name, settings)) {
    const warning = `namespace ${namespace.name} is excluded from podgraft: the templates that the pod names are not grafted`;
    return { kind: 'skip', reason: 'excluded', warnings: isNamed ? [warning] : [] };
  }
  const state: State = { view, namespace, templates, settings, problems: [], warnings: [], selected: [], leftOut: [] };
  warnOfUnknownKeys(state);
  const inject = readChoice(state, view.labels, labelPath(keys.inject), ['false']);
  const reusable = isReusable(state);
  const covered = isCovered(state);
  if (isNamed) selectNamed(state, inject === 'false', reusable);
  else if (covered && inject !== 'false') selectDefault(state, reusable);
  if (covered) selectMatched(state, inject === 'false', reusable);
  const { selected, problems, leftOut, warnings } = state;
  return { kind: 'selected', selected, problems, leftOut, warnings };
}

interface State {
  readonly view: PodView;
  readonly namespace: NamespaceInfo;
  readonly templates: TemplateSet;
  readonly settings: Settings;
  readonly problems: Problem[];
  readonly warnings: string[];
  readonly selected: Selected[];
  readonly leftOut: { template: string; problems: readonly Problem[] }[];
}

/** The value of one of our keys, if it is one of the listed ones; else a problem that lists them. */
function readChoice(state: State, holder: JsonObject, path: FieldPath, choices: readonly string[]): string | undefined {
  const value = own(holder, String(path.at(-1)));
  if (value === undefined || (typeof value === 'string' && choices.includes(value))) return value;
  state.problems.push({
    code: 'PG003',
    field: path,
    ...(typeof value === 'string' ? { value } : {}),
    detail: `the possible values are ${choices.map(quote).join(', ')}; use one of them, or drop the key`,
  });
  return undefined;
}

/** A misspelt key would silently do nothing. */
function warnOfUnknownKeys({ view, warnings }: State): void {
  const known = {
    label: [keys.template, keys.inject, keys.reusable, keys.grafted],
    annotation: [keys.templates, keys.primaryContainer, keys.injected],
  } as const;
  const everywhere = Object.values(known).flat();
  for (const [kind, holder] of [
    ['label', view.labels],
    ['annotation', view.annotations],
  ] as const) {
    for (const key of Object.keys(holder)) {
      if (!key.startsWith(prefix) || known[kind].some((other) => other === key)) continue;
      const meant = nearest(key.slice(0, 2 * maxNameLength), everywhere);
      const right = known.label.some((label) => label === meant) ? 'label' : 'annotation';
      const hint = meant === undefined ? '' : `; did you mean the ${right} ${meant}?`;
      warnings.push(`${kind} ${key} means nothing to podgraft${hint}`);
    }
  }
}

/** True where default and matched templates apply (§1). */
function isCovered({ namespace, settings, warnings }: State): boolean {
  const value = own(namespace.labels, keys.injection);
  if (value === 'enabled') return true;
  if (value === 'disabled') return false;
  if (value !== undefined) {
    warnings.push(
      `label ${keys.injection} of namespace ${namespace.name} is neither "enabled" nor "disabled": it counts as absent`,
    );
  }
  return settings.injection === 'all';
}

/** True for a pod of a reusable environment (§9). Labels that the mark lists as ours don't count. */
function isReusable(state: State): boolean {
  const { view, settings } = state;
  const choice = readChoice(state, view.labels, labelPath(keys.reusable), ['true', 'off']);
  if (choice !== undefined) return choice === 'true';
  const ignored = ownLabels(view);
  if (settings.reusable.selectors.some((selector) => matches(selector, view.labels, ignored))) return true;
  const kinds = settings.reusable.ownerKinds;
  return (
    kinds.length > 0 && owners(objectField(view.pod, 'metadata')).some((owner) => kinds.includes(groupKind(owner)))
  );
}

function groupKind(owner: JsonObject): string {
  const [group = '', version] = (stringField(owner, 'apiVersion') ?? '').split('/');
  const kind = stringField(owner, 'kind') ?? '';
  return version === undefined ? kind : `${group}/${kind}`;
}

/** The keys of the labels that an earlier round put on the pod. */
function ownLabels(view: PodView): ReadonlySet<string> {
  const ours = new Set<string>([keys.grafted]);
  for (const units of view.mark?.brought.values() ?? []) {
    for (const unit of units) {
      const key = /^metadata\.labels\[(.*)\]$/.exec(unit)?.[1];
      if (key !== undefined) ours.add(key);
    }
  }
  return ours;
}

function selectNamed(state: State, isSwitchedOff: boolean, reusable: boolean): void {
  const { view, problems, warnings, selected } = state;
  const asked: { name: string; field: FieldPath }[] = [];
  const ask = (value: Json, field: FieldPath, separator?: string): void => {
    const names = typeof value === 'string' ? (separator === undefined ? [value] : value.split(separator)) : [''];
    for (const text of names) {
      const name = text.trim();
      if (name === '')
        problems.push({
          code: 'PG003',
          field,
          value: name,
          detail: 'a template has a name; write it, or drop the key',
        });
      else if (asked.some((other) => other.name === name))
        warnings.push(`template ${name} is named twice: it counts once`);
      else asked.push({ name, field });
    }
  };
  const label = own(view.labels, keys.template);
  if (label !== undefined) ask(label, labelPath(keys.template));
  const annotation = own(view.annotations, keys.templates);
  if (annotation !== undefined) ask(annotation, annotationPath(keys.templates), ',');

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
  if (asked.length > maxTemplates) {
    problems.push({
      code: 'PG006',
      field: annotationPath(keys.templates),
      detail: `the pod names ${asked.length} templates, ${maxTemplates} are possible; make one template of several`,
    });
    return;
  }
  for (const { name, field } of asked) {
    const template = findTemplate(state, name);
    if (template === undefined) problems.push(absent(state, name, field));
    else if (!isAllowed(state, template)) problems.push(forbidden(state, template, field));
    else selected.push({ template, origin: 'named' });
  }
}

/** The pod's namespace first, else the root namespace; never a mix of the two (§3). */
function findTemplate({ templates, namespace, settings }: State, name: string): Template | undefined {
  return templates.get(namespace.name, name) ?? templates.get(settings.rootNamespace, name);
}

function isAllowed({ namespace }: State, template: Template): boolean {
  return template.allowedNamespaces === undefined || matches(template.allowedNamespaces, namespace.labels);
}

const maxSuggestions = 10;
const maxNameLength = 63;

function absent(state: State, name: string, field: FieldPath): Problem {
  const usable = usableNames(state);
  const listed = usable.slice(0, maxSuggestions).map(quote).join(', ');
  const more = usable.length > maxSuggestions ? ` and ${usable.length - maxSuggestions} more` : '';
  const near = nearest(name.slice(0, maxNameLength), usable);
  const detail =
    usable.length === 0
      ? `there is no template that pods of namespace ${state.namespace.name} may use; have it registered, or drop the name`
      : `${near === undefined ? '' : `did you mean ${quote(near)}? `}pods of namespace ${state.namespace.name} may use ${listed}${more}`;
  return { code: 'PG001', field, value: name, detail };
}

function usableNames(state: State): readonly string[] {
  const { templates, namespace, settings } = state;
  const names = [
    ...templates.inNamespace(namespace.name),
    ...templates.inNamespace(settings.rootNamespace).filter((template) => isAllowed(state, template)),
  ].map(({ name }) => name);
  return [...new Set(names)].toSorted();
}

function forbidden({ namespace }: State, template: Template, field: FieldPath): Problem {
  return {
    code: 'PG002',
    field,
    value: template.name,
    detail: `pods of namespace ${namespace.name} may not use template ${template.id}; its allowedNamespaces decides that: ask those who registered it`,
    template: template.id,
  };
}

function selectDefault(state: State, reusable: boolean): void {
  const { namespace, settings, warnings, selected } = state;
  const annotation = stringField(namespace.annotations, keys.defaultTemplate)?.trim();
  if (annotation === '') {
    warnings.push(`annotation ${keys.defaultTemplate} of namespace ${namespace.name} is empty: it counts as absent`);
  }
  const name = annotation === '' ? settings.defaultTemplate : (annotation ?? settings.defaultTemplate);
  if (name === undefined) return;
  const template = findTemplate(state, name);
  if (template === undefined) {
    warnings.push(
      `default template ${quote(name)} of namespace ${namespace.name} does not exist: the pod starts without it`,
    );
  } else if (!isAllowed(state, template)) {
    warnings.push(
      `default template ${template.id} is not allowed in namespace ${namespace.name}: the pod starts without it`,
    );
  } else if (reusable) {
    state.leftOut.push({ template: template.id, problems: [reusableProblem(template)] });
  } else {
    selected.push({ template, origin: 'default' });
  }
}

function selectMatched(state: State, isSwitchedOff: boolean, reusable: boolean): void {
  const { view, namespace, templates, selected, problems, leftOut } = state;
  const taken = new Set(selected.map(({ template }) => template.id));
  for (const template of templates.matching(view.labels, namespace, ownLabels(view))) {
    if (taken.has(template.id)) continue;
    const isRequired = template.enforcement === 'Required';
    if (isSwitchedOff && !isRequired) continue;
    if (reusable) {
      const problem = reusableProblem(template);
      if (isRequired) problems.push(problem);
      else leftOut.push({ template: template.id, problems: [problem] });
    } else if (selected.length >= maxTemplates) {
      const problem: Problem = {
        code: 'PG006',
        field: ['metadata', 'labels'],
        detail: `template ${template.id} would be one more than the ${maxTemplates} that a pod may have; narrow its selector`,
        template: template.id,
      };
      if (isRequired) problems.push(problem);
      else leftOut.push({ template: template.id, problems: [problem] });
    } else {
      selected.push({ template, origin: 'matched' });
    }
  }
}

function reusableProblem(template: Template): Problem {
  return {
    code: 'PG005',
    field: labelPath(keys.reusable),
    detail: `template ${template.id} can't be used in a reusable environment; set ${keys.reusable}: "off" if the pod is none`,
    template: template.id,
  };
}
