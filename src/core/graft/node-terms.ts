import { arrayField, isObject } from '../json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../json.ts';
import { sameValue } from '../kubernetes/compare.ts';
import { objectSchema } from '../kubernetes/schema.ts';

/** More node selector terms than this are refused (specification §6). */
export const maxNodeSelectorTerms = 64;

const termSchema = objectSchema('NodeSelectorTerm');
const requirementSchema = objectSchema('NodeSelectorRequirement');
const parts = ['matchExpressions', 'matchFields'] as const;

/**
 * The terms of a pod, ANDed with those of a template: a term of the pod that holds all requirements of some term of the
 * template is left alone, each other is replaced by its combinations. The same array where nothing changes; at most one
 * more than {@link maxNodeSelectorTerms}.
 */
export function andTerms(own: readonly Json[], wanted: readonly JsonObject[]): readonly Json[] {
  if (own.length === 0) return wanted;
  const result: Json[] = [];
  let changed = false;
  const add = (term: Json): void => {
    if (!result.some((other) => sameValue(termSchema, other, term))) result.push(term);
  };
  for (const term of own) {
    if (!isObject(term) || isEmpty(term) || wanted.some((other) => holds(term, other))) {
      result.push(term);
      continue;
    }
    changed = true;
    for (const other of wanted) {
      add(combine(term, other));
      if (result.length > maxNodeSelectorTerms) return result;
    }
  }
  return changed ? result : own;
}

/** An empty term matches no node, whatever it is combined with. */
function isEmpty(term: JsonObject): boolean {
  return parts.every((part) => arrayField(term, part).length === 0);
}

function holds(term: JsonObject, wanted: JsonObject): boolean {
  if (isEmpty(wanted)) return false;
  return parts.every((part) =>
    arrayField(wanted, part).every((requirement) => has(arrayField(term, part), requirement)),
  );
}

function has(requirements: readonly Json[], requirement: Json): boolean {
  return requirements.some((candidate) => sameValue(requirementSchema, candidate, requirement));
}

function combine(term: JsonObject, wanted: JsonObject): JsonObject {
  if (isEmpty(wanted)) return {};
  const result: MutableJsonObject = { ...term };
  for (const part of parts) {
    const there = arrayField(term, part);
    const missing = arrayField(wanted, part).filter((requirement) => !has(there, requirement));
    if (there.length + missing.length > 0) result[part] = [...there, ...missing];
  }
  return result;
}
