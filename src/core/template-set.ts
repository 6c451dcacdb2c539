import type { NamespaceInfo } from './graft/graft-pod.ts';
import type { JsonObject } from './json.ts';
import { own } from './json.ts';
import { matches } from './kubernetes/label-selector.ts';
import type { LabelSelector } from './kubernetes/label-selector.ts';
import type { Template } from './template.ts';

/** All active templates, indexed. Immutable: built once per change, never scanned per pod. */
export interface TemplateSet {
  readonly size: number;
  /** The template of exactly that namespace and name. */
  get(namespace: string, name: string): Template | undefined;
  /** The templates whose selectors match, those of the pod's namespace and of the root namespace, by `order`, then namespace/name. */
  matching(labels: JsonObject, namespace: NamespaceInfo, ignoredLabels?: ReadonlySet<string>): readonly Template[];
  /** All templates of a namespace, by name. */
  inNamespace(namespace: string): readonly Template[];
}

/** Matched templates of one namespace, so that a pod meets only those that one of its labels points to. */
interface Index {
  /** By `key=value` of one label that the pod must have. */
  readonly byPodLabel: Map<string, Template[]>;
  /** By `key=value` of one label that the namespace must have. */
  readonly byNamespaceLabel: Map<string, Template[]>;
  /** Those that no single label points to. */
  readonly rest: Template[];
}

/** Indexes templates. Each `namespace/name` comes at most once: deciding between two is the caller's (§3). */
export function buildTemplateSet(templates: Iterable<Template>, rootNamespace: string): TemplateSet {
  const byNamespace = new Map<string, Map<string, Template>>();
  const indexes = new Map<string, Index>();
  for (const template of [...templates].toSorted(byOrder)) {
    let named = byNamespace.get(template.namespace);
    if (named === undefined) byNamespace.set(template.namespace, (named = new Map()));
    named.set(template.name, template);
    if (template.match !== undefined) addToIndex(indexes, template, template.match);
  }
  let size = 0;
  for (const named of byNamespace.values()) size += named.size;
  return {
    size,
    get: (namespace, name) => byNamespace.get(namespace)?.get(name),
    inNamespace: (namespace) =>
      [...(byNamespace.get(namespace)?.values() ?? [])].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    matching(labels, namespace, ignoredLabels) {
      const found: Template[] = [];
      for (const name of new Set([namespace.name, rootNamespace])) {
        const index = indexes.get(name);
        if (index === undefined) continue;
        for (const template of candidates(index, labels, namespace)) {
          if (isMatch(template, labels, namespace, ignoredLabels)) found.push(template);
        }
      }
      return found.length > 1 ? found.toSorted(byOrder) : found;
    },
  };
}

function byOrder(a: Template, b: Template): number {
  return a.order - b.order || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The labels of which an object must carry one to be selected, as `key=value`; `undefined` where that can't be said. */
function pointers(selector: LabelSelector): readonly string[] | undefined {
  const requirement = selector.find(({ operator }) => operator === 'In');
  return requirement?.values.map((value) => `${requirement.key}=${value}`);
}

function addToIndex(indexes: Map<string, Index>, template: Template, match: NonNullable<Template['match']>): void {
  let index = indexes.get(template.namespace);
  if (index === undefined) {
    index = { byPodLabel: new Map(), byNamespaceLabel: new Map(), rest: [] };
    indexes.set(template.namespace, index);
  }
  const podLabels = pointers(match.podSelector);
  const namespaceLabels = pointers(match.namespaceSelector);
  if (podLabels !== undefined) addTo(index.byPodLabel, podLabels, template);
  else if (namespaceLabels !== undefined) addTo(index.byNamespaceLabel, namespaceLabels, template);
  else index.rest.push(template);
}

function addTo(map: Map<string, Template[]>, labels: readonly string[], template: Template): void {
  for (const label of new Set(labels)) {
    const list = map.get(label);
    if (list === undefined) map.set(label, [template]);
    else list.push(template);
  }
}

function* candidates(index: Index, labels: JsonObject, namespace: NamespaceInfo): Generator<Template> {
  yield* index.rest;
  if (index.byPodLabel.size > 0) yield* pointedTo(index.byPodLabel, labels);
  if (index.byNamespaceLabel.size > 0) yield* pointedTo(index.byNamespaceLabel, namespace.labels);
}

function* pointedTo(map: Map<string, Template[]>, labels: JsonObject): Generator<Template> {
  for (const key of Object.keys(labels)) {
    const value = own(labels, key);
    if (typeof value === 'string') yield* map.get(`${key}=${value}`) ?? [];
  }
}

function isMatch(
  template: Template,
  labels: JsonObject,
  namespace: NamespaceInfo,
  ignoredLabels: ReadonlySet<string> | undefined,
): boolean {
  const { match, allowedNamespaces } = template;
  return (
    match !== undefined &&
    matches(match.namespaceSelector, namespace.labels) &&
    (allowedNamespaces === undefined || matches(allowedNamespaces, namespace.labels)) &&
    matches(match.podSelector, labels, ignoredLabels)
  );
}
