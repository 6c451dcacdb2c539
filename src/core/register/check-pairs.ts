import type { FieldPath } from '../field-path.ts';
import { arrayField, field, objectField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { IncompatiblePair } from '../kubernetes/incompatible-pair.ts';
import { incompatiblePairs } from '../kubernetes/incompatible.ts';
import { lendMissing } from './lend.ts';
import type { TemplateEntry } from './special-entries.ts';
import type { Report } from './validate-schema.ts';

/** Rows that a rule of its own reports more exactly: with the resource, or the port. */
const toldElsewhere: ReadonlySet<string> = new Set([
  'requests-above-limits',
  'pod-requests-above-limits',
  'port-name-twice',
]);

/**
 * Reports what Kubernetes refuses together, in the template's own containers and its pod-level fields. An entry that stands for a
 * container of the workload is judged only by what it sets itself: the rest is the workload's.
 */
export function checkPairs(
  podTemplate: JsonObject,
  entries: readonly TemplateEntry[],
  path: FieldPath,
  report: Report,
): void {
  const own = objectField(podTemplate, 'spec');
  const metadata = objectField(podTemplate, 'metadata');
  const added = entries.filter(({ role }) => role === 'added');
  const containersOf = (list: string): Json[] =>
    added.filter((entry) => entry.list === list).map(({ container }) => container);
  const lent = lendMissing(podTemplate, entries);
  const spec: JsonObject = {
    ...own,
    containers: containersOf('containers'),
    initContainers: containersOf('initContainers'),
    volumes: [...arrayField(own, 'volumes'), ...lent.volumes],
    resourceClaims: [...arrayField(own, 'resourceClaims'), ...lent.resourceClaims],
  };
  const tell = (pair: IncompatiblePair, from: FieldPath, object: JsonObject): void =>
    report({ code: 'PG034', field: [...path, ...from, ...fieldOf(pair, object)], detail: pair.says });

  for (const pair of incompatiblePairs.filter(({ id }) => !toldElsewhere.has(id))) {
    if (pair.scope === 'pod') {
      if (pair.test(spec, undefined, metadata)) tell(pair, ['spec'], own);
      continue;
    }
    for (const { container, list, role, path: inner } of entries) {
      const isInScope = pair.scope === 'container' || list === 'initContainers';
      if (!isInScope || role === 'ignored' || (role !== 'added' && !setsBoth(pair, container))) continue;
      if (pair.test(spec, container, metadata)) tell(pair, inner, container);
    }
  }
}

function at(object: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce(field, object);
}

function setsBoth(pair: IncompatiblePair, entry: JsonObject): boolean {
  return pair.podFields === undefined && pair.fields.every((name) => (at(entry, name.split('.')) ?? null) !== null);
}

/** The first of the pair's fields that the object has; what lies in a list is named by the list. */
function fieldOf(pair: IncompatiblePair, object: JsonObject): readonly string[] {
  for (const name of pair.fields) {
    const path = name.split('.');
    if ((at(object, path) ?? null) !== null) return path;
  }
  const list = pair.fields.map((name) => name.split('.')).find(([key = '']) => Array.isArray(field(object, key)));
  return list?.slice(0, 1) ?? [];
}
