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

/** By a label's key, then by its value. */
type ByLabel = Map<string, Map<string, Template[]>>;

/** Matched templates of one namespace, so that a pod meets only those that one of its labels points to. */
interface Index {
  /** By one label that the pod must have. */
  readonly byPodLabel: ByLabel;
  /** By one label that the namespace must have. */
  readonly byNamespaceLabel: ByLabel;
  /** Those that no single label points to. */
  readonly rest: Template[];
}

/** Indexes templates. Each `namespace/name` comes at most once: deciding between two is the caller's (§3). */
export function buildTemplateSet(templates: Iterable<Template>, rootNamespace: string): TemplateSet {
  const byNamespace = new Map<string, Map<string, Template>>();
  const indexes = new Map<string, Index>();
  for (const template of [...templates].toSorted(byOrder)) {
    let named = byNamespace.get(template.namespace);
    if (named === undefined) byNamespace.set(template.namespace, (named = new Map<string, Template>()));
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

/** A label of which an object must have one of some values to be selected; `undefined` where that can't be said. */
function pointer(selector: LabelSelector): LabelSelector[number] | undefined {
  return selector.find(({ operator }) => operator === 'In');
}

function addToIndex(indexes: Map<string, Index>, template: Template, match: NonNullable<Template['match']>): void {
  let index = indexes.get(template.namespace);
  if (index === undefined) {
    index = { byPodLabel: new Map(), byNamespaceLabel: new Map(), rest: [] };
    indexes.set(template.namespace, index);
  }
  const podLabel = pointer(match.podSelector);
  const namespaceLabel = pointer(match.namespaceSelector);
  if (podLabel !== undefined) addTo(index.byPodLabel, podLabel, template);
  else if (namespaceLabel !== undefined) addTo(index.byNamespaceLabel, namespaceLabel, template);
  else index.rest.push(template);
}

function addTo(map: ByLabel, { key, values }: LabelSelector[number], template: Template): void {
  let byValue = map.get(key);
  if (byValue === undefined) map.set(key, (byValue = new Map<string, Template[]>()));
  for (const value of new Set(values)) {
    const list = byValue.get(value);
    if (list === undefined) byValue.set(value, [template]);
    else list.push(template);
  }
}

function candidates(index: Index, labels: JsonObject, namespace: NamespaceInfo): readonly Template[] {
  const found = [...index.rest];
  addPointedTo(index.byPodLabel, labels, found);
  addPointedTo(index.byNamespaceLabel, namespace.labels, found);
  return found;
}

function addPointedTo(map: ByLabel, labels: JsonObject, found: Template[]): void {
  if (map.size === 0) return;
  for (const key of Object.keys(labels)) {
    const byValue = map.get(key);
    if (byValue === undefined) continue;
    const value = own(labels, key);
    if (typeof value !== 'string') continue;
    for (const template of byValue.get(value) ?? []) found.push(template);
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
