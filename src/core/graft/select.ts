import type { FieldPath } from '../field-path.ts';
import { objectField, own, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { foreignKeys, keys, prefix } from '../keys.ts';
import { matches } from '../kubernetes/label-selector.ts';
import { nearest } from '../nearest.ts';
import { quote } from '../problem.ts';
import type { Problem } from '../problem.ts';
import { isExcluded } from '../settings.ts';
import type { Settings } from '../settings.ts';
import type { TemplateSet } from '../template-set.ts';
import type { Template } from '../template.ts';
import type { NamespaceInfo } from './graft-pod.ts';
import { owners } from './pod-view.ts';
import type { PodView } from './pod-view.ts';
import { selectNamed } from './select-named.ts';
import { findTemplate, isAllowed, labelPath, maxTemplates } from './selection.ts';
import type { Selected, Selecting } from './selection.ts';

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
  const state: Selecting = {
    view,
    namespace,
    templates,
    settings,
    problems: [],
    warnings: [],
    selected: [],
    leftOut: [],
  };
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

/** The value of one of our keys, if it is one of the listed ones; else a problem that lists them. */
function readChoice(
  state: Selecting,
  holder: JsonObject,
  path: FieldPath,
  choices: readonly string[],
): string | undefined {
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

// Longer keys are not compared with ours: there may be thousands.
const maxKeyLength = 126;

/** A misspelt key would silently do nothing. */
function warnOfUnknownKeys({ view, warnings }: Selecting): void {
  warnOfUnknownKeysIn('label', view.labels, warnings);
  warnOfUnknownKeysIn('annotation', view.annotations, warnings);
}

const knownKeys: Readonly<Record<'label' | 'annotation', readonly string[]>> = {
  label: [keys.template, keys.inject, keys.reusable, keys.grafted],
  annotation: [keys.templates, keys.primaryContainer, keys.injected],
};

function warnOfUnknownKeysIn(kind: 'label' | 'annotation', holder: JsonObject, warnings: string[]): void {
  for (const key of Object.keys(holder)) {
    if (!key.startsWith(prefix) || knownKeys[kind].includes(key)) continue;
    const meant = nearest(key.slice(0, maxKeyLength), Object.values(knownKeys).flat());
    const right = meant !== undefined && knownKeys.label.includes(meant) ? 'label' : 'annotation';
    const hint = meant === undefined ? '' : `; did you mean the ${right} ${meant}?`;
    warnings.push(`${kind} ${key} means nothing to podgraft${hint}`);
  }
}

/** True where default and matched templates apply (§1). */
function isCovered({ namespace, settings, warnings }: Selecting): boolean {
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
function isReusable(state: Selecting): boolean {
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

function selectDefault(state: Selecting, reusable: boolean): void {
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

function selectMatched(state: Selecting, isSwitchedOff: boolean, reusable: boolean): void {
  const { view, namespace, templates, selected, problems, leftOut } = state;
  const taken = new Set([...selected.map(({ template }) => template.id), ...leftOut.map(({ template }) => template)]);
  const matching = templates.matching(view.labels, namespace, ownLabels(view)).filter(({ id }) => !taken.has(id));
  // However many Optional ones come before them, there is room for those that must be there.
  let requiredToCome = matching.filter(({ enforcement }) => enforcement === 'Required').length;
  for (const template of matching) {
    const isRequired = template.enforcement === 'Required';
    if (isRequired) requiredToCome -= 1;
    if (isSwitchedOff && !isRequired) continue;
    if (reusable) {
      const problem = reusableProblem(template);
      if (isRequired) problems.push(problem);
      else leftOut.push({ template: template.id, problems: [problem] });
    } else if (selected.length + (isRequired ? 0 : requiredToCome) >= maxTemplates) {
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
