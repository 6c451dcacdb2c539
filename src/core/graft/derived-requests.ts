import { arrayField, field, isObject, objectField, own, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { aggregate, effectiveRequests } from '../kubernetes/incompatible-resources.ts';
import { toMilli } from '../kubernetes/quantity.ts';
import type { Contribution } from './emit.ts';
import type { Edit } from './graft-pod.ts';

/**
 * Which of a pod's own requests (`spec.resources.requests`) say no more than the API server would: what its containers
 * request together, else the pod's limit. Only where the pod has limits of its own.
 */
export function derivedRequests(spec: JsonObject): ReadonlySet<string> {
  return derivedFrom(spec, spec);
}

function derivedFrom(spec: JsonObject, containers: JsonObject): ReadonlySet<string> {
  const requests = objectField(field(spec, 'resources'), 'requests');
  const limits = objectField(field(spec, 'resources'), 'limits');
  const names = Object.keys(requests);
  if (names.length === 0 || Object.keys(limits).length === 0) return new Set();
  const together = aggregate(containers, effectiveRequests);
  return new Set(
    names.filter((name) => (together.get(name) ?? toMilli(own(limits, name))) === toMilli(requests[name])),
  );
}

/**
 * Those of a pod's own requests that the API server may derive anew: the derived ones that no template asks for.
 *
 * The server derives them when our patch is in, and only then lets a LimitRange fill in what our containers left open: the
 * next round finds requests that were derived from our containers as we wrote them, and that the server would refuse as
 * they are. So both count: the sum of the containers as they stand, and the same with ours as they were added.
 */
export function renewableRequests(before: JsonObject, contributions: readonly Contribution[]): ReadonlySet<string> {
  if (Object.keys(objectField(field(before, 'resources'), 'requests')).length === 0) return new Set();
  const names = new Set([...derivedRequests(before), ...derivedFrom(before, asAdded(before, contributions))]);
  if (names.size === 0) return names;
  const asked = new Set(contributions.flatMap(({ pod }) => pod.granted.map(({ unit }) => unit)));
  return new Set([...names].filter((name) => !asked.has(`resources.requests[${name}]`)));
}

/**
 * Pod-level requests that only say what the API server derives are removed where it would derive something else from the
 * pod with the graft (specification §6, second table).
 */
export function derivedRequestEdits(
  before: JsonObject,
  after: JsonObject,
  contributions: readonly Contribution[],
): readonly Edit[] {
  const by = contributions.findLast(({ added, containers }) => added.length > 0 || containers.granted.length > 0);
  const renewable = by === undefined ? [] : [...renewableRequests(before, contributions)];
  if (by === undefined || renewable.length === 0) return [];
  const still = derivedRequests(after);
  return renewable
    .filter((name) => !still.has(name))
    .map((name) => ({ op: 'remove', path: ['spec', 'resources', 'requests', name], template: by.template.id }));
}

/** The pod's containers, those that templates have brought in an earlier round as they were then. */
function asAdded(spec: JsonObject, contributions: readonly Contribution[]): JsonObject {
  const brought = new Map(
    contributions.flatMap(({ added }) =>
      added.filter(({ state }) => state === 'present').map(({ list, name, value }) => [`${list} ${name}`, value]),
    ),
  );
  if (brought.size === 0) return spec;
  const listOf = (list: string): readonly JsonObject[] =>
    arrayField(spec, list)
      .filter(isObject)
      .map((container) => brought.get(`${list} ${stringField(container, 'name') ?? ''}`) ?? container);
  return { containers: listOf('containers'), initContainers: listOf('initContainers') };
}
