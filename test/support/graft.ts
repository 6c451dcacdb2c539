import fastJsonPatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import { graftPod } from '../../src/core/graft/graft-pod.ts';
import type { Edit, NamespaceInfo, PodOutcome } from '../../src/core/graft/graft-pod.ts';
import { toJsonPatch } from '../../src/core/graft/patch.ts';
import { field, isObject, own, setOwn } from '../../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import { formatProblem } from '../../src/core/problem.ts';
import type { Settings } from '../../src/core/settings.ts';
import { buildTemplateSet } from '../../src/core/template-set.ts';
import type { Template } from '../../src/core/template.ts';
import { throughServer } from './api-server.ts';
import { app, asking, settings } from './fixtures.ts';

export interface Around {
  readonly namespace?: NamespaceInfo;
  readonly settings?: Settings;
}

/** What became of a pod, in the forms in which tests look at it. */
export interface Result {
  readonly outcome: PodOutcome;
  readonly kind: PodOutcome['kind'];
  /** The pod with the patch applied; as it was, where it was refused. */
  readonly pod: JsonObject;
  readonly patch: readonly Operation[];
  readonly problems: readonly string[];
  readonly codes: readonly string[];
  readonly warnings: readonly string[];
  /** The templates that were grafted, by id. */
  readonly templates: readonly string[];
  /** The templates that were left out, by id. */
  readonly leftOut: readonly string[];
}

function toOperations(pod: JsonObject, edits: readonly Edit[]): readonly Operation[] {
  return structuredClone(toJsonPatch(pod, edits));
}

/** Applies a patch strictly, to a copy. */
function applyPatch(pod: JsonObject, patch: readonly Operation[]): JsonObject {
  const copy = structuredClone(pod);
  return fastJsonPatch.applyPatch(copy, structuredClone([...patch]), true).newDocument;
}

/** One round of podgraft, with nothing asked for that the pod doesn't ask for itself. */
export function decide(given: JsonObject, templates: readonly Template[], around: Around = {}): Result {
  const used = around.settings ?? settings;
  const set = buildTemplateSet(templates, used.rootNamespace);
  const outcome = graftPod({ pod: given, namespace: around.namespace ?? app }, set, used);
  const edits = outcome.kind === 'graft' ? outcome.graft.edits : outcome.kind === 'skip' ? outcome.edits : [];
  const patch = toOperations(given, edits);
  const problems = outcome.kind === 'refuse' ? outcome.problems : [];
  const leftOut = outcome.kind === 'graft' ? outcome.graft.leftOut : outcome.leftOut;
  return {
    outcome,
    kind: outcome.kind,
    pod: applyPatch(given, patch),
    patch,
    problems: problems.map(formatProblem),
    codes: problems.map(({ code }) => code),
    warnings: outcome.warnings,
    templates: outcome.kind === 'graft' ? outcome.graft.templates.map(({ id }) => id) : [],
    leftOut: leftOut.map(({ template }) => template),
  };
}

/**
 * {@link decide}, and then what must hold of every graft: a second round finds nothing to do, neither at once nor
 * after the API server has been at the pod.
 */
export function settle(given: JsonObject, templates: readonly Template[], around: Around = {}): Result {
  const result = decide(given, templates, around);
  if (result.kind === 'refuse') return result;
  const again = decide(result.pod, templates, around);
  if (again.patch.length > 0 || again.kind !== result.kind) {
    throw new Error(`a second round isn't empty: ${describe(again)}`);
  }
  const later = decide(throughServer(result.pod), templates, around);
  if (later.patch.length > 0 || later.kind !== result.kind) {
    throw new Error(`a round after the API server isn't empty: ${describe(later)}`);
  }
  return result;
}

/** {@link settle} for a pod that names all the templates, in order. */
export function graft(given: JsonObject, templates: readonly Template[], around: Around = {}): Result {
  return settle(asking(given, ...templates.map(({ name }) => name)), templates, around);
}

/** A result in one line, for a test's own errors. */
function describe(result: Result): string {
  return `${result.kind} ${JSON.stringify({ patch: result.patch, problems: result.problems, leftOut: result.leftOut })}`;
}

/** The value at a path of keys and indexes. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let found = value;
  for (const segment of path) {
    found =
      typeof segment === 'number'
        ? Array.isArray(found)
          ? (found[segment] as Json | undefined)
          : undefined
        : field(found, segment);
  }
  return found;
}

/** A container of the pod, wherever it stands. */
export function container(given: JsonObject, name: string): JsonObject {
  for (const list of ['containers', 'initContainers']) {
    const elements = at(given, 'spec', list);
    if (!Array.isArray(elements)) continue;
    for (const element of elements as readonly Json[]) {
      if (isObject(element) && element['name'] === name) return element;
    }
  }
  throw new Error(`no container ${name}`);
}

/** The names of a list's elements. */
export function names(given: JsonObject, list: string): readonly (Json | undefined)[] {
  const elements = at(given, 'spec', list);
  return Array.isArray(elements) ? (elements as readonly Json[]).map((element) => field(element, 'name')) : [];
}

const ours = new Set(['podgraft.dev/injected', 'podgraft.dev/grafted', 'podgraft.dev/templates']);

/** Metadata's map without podgraft's own keys; empty where there is none. */
export function others(given: JsonObject, map: 'labels' | 'annotations'): JsonObject {
  const found = at(given, 'metadata', map);
  const result: MutableJsonObject = {};
  if (!isObject(found)) return result;
  for (const key of Object.keys(found)) {
    if (!ours.has(key)) setOwn(result, key, own(found, key) ?? null);
  }
  return result;
}

/** The mark, parsed; `undefined` where there is none. */
export function mark(given: JsonObject): Json | undefined {
  const text = at(given, 'metadata', 'annotations', 'podgraft.dev/injected');
  return typeof text === 'string' ? (JSON.parse(text) as Json) : undefined;
}
