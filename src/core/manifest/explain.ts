import { graftPod } from '../graft/graft-pod.ts';
import type { Edit, PodOutcome, PodRequest } from '../graft/graft-pod.ts';
import { viewPod } from '../graft/pod-view.ts';
import { select } from '../graft/select.ts';
import type { Selection } from '../graft/select.ts';
import type { Origin } from '../graft/selection.ts';
import { objectField, own } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { keys } from '../keys.ts';
import { matches } from '../kubernetes/label-selector.ts';
import type { LabelSelector } from '../kubernetes/label-selector.ts';
import { formatProblem } from '../problem.ts';
import type { Settings } from '../settings.ts';
import type { TemplateSet } from '../template-set.ts';
import type { Template } from '../template.ts';
import { attribute } from './attribution.ts';
import type { Attributed } from './attribution.ts';

/** A template that pods of this namespace could have, and what became of it. */
export interface Considered {
  readonly template: string;
  /** How it came to the pod; absent where it didn't. */
  readonly origin?: Origin;
  readonly verdict: 'grafted' | 'refused' | 'left out' | 'not taken';
  /** Why, where it wasn't grafted. */
  readonly reason?: string;
}

/** What became of a pod, and why. */
export interface Explanation {
  readonly outcome: PodOutcome;
  readonly edits: readonly Edit[];
  readonly considered: readonly Considered[];
  /** Containers of templates that will hold the token of the pod's ServiceAccount (contract S5), and that account. */
  readonly token: { readonly containers: readonly string[]; readonly serviceAccountName: string };
}

/** Judges a pod and says why it came out as it did. */
export function explainPod(request: PodRequest, templates: TemplateSet, settings: Settings): Explanation {
  const outcome = graftPod(request, templates, settings);
  const edits = outcome.kind === 'graft' ? outcome.graft.edits : outcome.kind === 'skip' ? outcome.edits : [];
  const selection = select(viewPod(request.pod), request.namespace, templates, settings);
  return {
    outcome,
    edits,
    considered: consider(request, selection, outcome, templates, settings),
    token: tokenHolders(attribute(request.pod, edits)),
  };
}

function consider(
  request: PodRequest,
  selection: Selection,
  outcome: PodOutcome,
  templates: TemplateSet,
  settings: Settings,
): readonly Considered[] {
  const { namespace } = request;
  const selected = selection.kind === 'selected' ? selection.selected : [];
  const leftOut = outcome.kind === 'graft' ? outcome.graft.leftOut : outcome.leftOut;
  const taken = selected.map(({ template, origin }): Considered => {
    const reasons = leftOut.find((candidate) => candidate.template === template.id)?.problems;
    const verdict = reasons !== undefined ? 'left out' : outcome.kind === 'refuse' ? 'refused' : 'grafted';
    const reason = reasons?.map(formatProblem).join('; ');
    return { template: template.id, origin, verdict, ...(reason === undefined ? {} : { reason }) };
  });
  const known = new Set(taken.map(({ template }) => template));
  const early = leftOut
    .filter(({ template }) => !known.has(template))
    .map(({ template, problems }): Considered => {
      known.add(template);
      return { template, verdict: 'left out', reason: problems.map(formatProblem).join('; ') };
    });
  const rest = [...new Set([namespace.name, settings.rootNamespace])]
    .flatMap((name) => templates.inNamespace(name))
    .filter(({ id }) => !known.has(id))
    .map((template): Considered => {
      const reason = whyNot(template, request, selection, templates, settings);
      return { template: template.id, verdict: 'not taken', reason };
    });
  return [...taken, ...early, ...rest];
}

/** Why a template that a pod could have didn't come to it (specification §4). */
function whyNot(
  template: Template,
  { pod, namespace }: PodRequest,
  selection: Selection,
  templates: TemplateSet,
  settings: Settings,
): string {
  if (selection.kind === 'skip') {
    return selection.reason === 'mirror' ? 'mirror pods get no template' : `namespace ${namespace.name} is excluded`;
  }
  const { match, allowedNamespaces } = template;
  if (allowedNamespaces !== undefined && !matches(allowedNamespaces, namespace.labels)) {
    return `its allowedNamespaces does not select namespace ${namespace.name}`;
  }
  const labels = objectField(own(pod, 'metadata'), 'labels');
  const nearer = templates.get(namespace.name, template.name);
  if (nearer !== undefined && nearer.id !== template.id && match === undefined) {
    return `by that name the pod would get ${nearer.id}, which is nearer`;
  }
  if (match === undefined) return 'it is used by name only, and the pod does not name it';
  const injection = own(namespace.labels, keys.injection);
  if (injection === 'disabled') return `namespace ${namespace.name} is labelled ${keys.injection}=disabled`;
  if (injection !== 'enabled' && settings.injection !== 'all') {
    return `namespace ${namespace.name} is not labelled ${keys.injection}=enabled, so templates come by name only`;
  }
  if (own(labels, keys.inject) === 'false') return `the pod has the label ${keys.inject}=false`;
  const unmet = unmetRequirement(match.podSelector, labels);
  if (unmet !== undefined) return `its podSelector asks for ${unmet}`;
  const unmetByNamespace = unmetRequirement(match.namespaceSelector, namespace.labels);
  return `its namespaceSelector asks for ${unmetByNamespace ?? 'something else'}`;
}

function unmetRequirement(selector: LabelSelector, labels: JsonObject): string | undefined {
  const unmet = selector.find((requirement) => !matches([requirement], labels));
  if (unmet === undefined) return undefined;
  const { key, operator, values } = unmet;
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0] ?? ''}` : `${key} in (${values.join(', ')})`;
    case 'NotIn':
      return `${key} not in (${values.join(', ')})`;
    case 'Exists':
      return `the label ${key}`;
    case 'DoesNotExist':
      return `no label ${key}`;
  }
}

function tokenHolders(tree: Attributed): Explanation['token'] {
  const spec = entry(tree, 'spec');
  const account = scalar(entry(spec, 'serviceAccountName')) ?? 'default';
  const serviceAccountName = typeof account === 'string' ? account : 'default';
  if (scalar(entry(spec, 'automountServiceAccountToken')) === false) return { containers: [], serviceAccountName };
  const containers = ['initContainers', 'containers'].flatMap((name) => {
    const list = entry(spec, name);
    if (list?.kind !== 'list') return [];
    return list.items.flatMap(({ value, index }) => {
      const named = scalar(entry(value, 'name'));
      return index === undefined && typeof named === 'string' ? [named] : [];
    });
  });
  return { containers, serviceAccountName };
}

function entry(tree: Attributed | undefined, key: string): Attributed | undefined {
  return tree?.kind === 'object' ? tree.entries.get(key) : undefined;
}

function scalar(tree: Attributed | undefined): Json | undefined {
  return tree?.kind === 'value' ? tree.value : undefined;
}
