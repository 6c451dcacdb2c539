import { formatPath } from '../field-path.ts';
import type { FieldPath } from '../field-path.ts';
import { objectField, own } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { keys } from '../keys.ts';
import { formatProblem, printable } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { Settings } from '../settings.ts';
import type { TemplateSet } from '../template-set.ts';
import type { Template } from '../template.ts';
import type { PodSize } from './caps.ts';
import { finish } from './finish.ts';
import type { Finished } from './finish.ts';
import { judge, refuses } from './judge.ts';
import type { Judgement } from './judge.ts';
import type { JsonPatchOperation } from './patch.ts';
import { malformations, viewPod } from './pod-view.ts';
import type { PodView } from './pod-view.ts';
import { select } from './select.ts';
import type { Selected } from './selection.ts';

/** What of a Namespace a decision may depend on. A namespace that nothing describes has only its name's label. */
export interface NamespaceInfo {
  readonly name: string;
  readonly labels: JsonObject;
  readonly annotations: JsonObject;
}

/**
 * One change of a pod. Edits apply in order, each to what the ones before it left.
 * `add`: a key that was absent (parents that are missing are made); `append`: an element at the end of a list;
 * `insert`: an element at the index that ends `path`; `replace`, `remove`: only what specification §6 lists.
 */
export interface Edit {
  readonly op: 'add' | 'append' | 'insert' | 'replace' | 'remove';
  /** For `append` the list's path; else the path of the key or element itself. */
  readonly path: FieldPath;
  /** Absent in `remove`. Never changed: most are frozen, and shared between requests. */
  readonly value?: Json;
  /** Where within an added container stands what is podgraft's own doing, not the template's: the token's mount (§10). */
  readonly ours?: FieldPath;
  /** `namespace/name` of the template it comes from; `podgraft` for the mark and its label. */
  readonly template: string;
}

/** A place where a template wanted something else and the pod's own value stood. */
export interface Kept {
  readonly field: FieldPath;
  readonly template: string;
}

/** A default or matched template that was not grafted, whole, and why. */
export interface LeftOut {
  readonly template: string;
  readonly problems: readonly Problem[];
}

/** What the templates make of one pod. */
export interface Graft {
  readonly edits: readonly Edit[];
  /** The edits as RFC 6902 operations, and their text; applying them spends them. */
  readonly operations: readonly JsonPatchOperation[];
  readonly patch: string;
  /** Those that were grafted, in selection order. */
  readonly templates: readonly Template[];
  readonly leftOut: readonly LeftOut[];
  readonly kept: readonly Kept[];
  /** The primary container's name, where a template has a primary entry. */
  readonly primary?: string;
}

/** Why nothing was grafted (a closed list: log, metric and command line share it). */
export const skipReasons = {
  mirror: 'it is a mirror pod: the kubelet made it from a file on its node',
  excluded: 'its namespace is excluded from podgraft',
  nothing: 'it asks for no template, and none applies to it by default or by selector',
  leftOut: 'each template that applies to it was left out',
} as const;
export type SkipReason = keyof typeof skipReasons;

/** What happens to a pod. `warnings` are for whoever created it: printable, of any length. */
export type PodOutcome =
  | {
      readonly kind: 'skip';
      readonly reason: SkipReason;
      /** Only ever removes a mark that has no reason to be there. */
      readonly edits: readonly Edit[];
      readonly leftOut: readonly LeftOut[];
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'refuse';
      readonly problems: readonly Problem[];
      readonly leftOut: readonly LeftOut[];
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'graft'; readonly graft: Graft; readonly warnings: readonly string[] };

export interface PodRequest {
  /** A pod as the API server sends it, or as written by hand: nothing about its form is taken for granted. */
  readonly pod: JsonObject;
  readonly namespace: NamespaceInfo;
  /** Absent where the caller doesn't know: then the pod is measured. */
  readonly size?: PodSize;
}

/** Decides what becomes of a pod: selects its templates (§4) and grafts them (§§5–7, 10). Pure; never changes the pod. */
export function graftPod(request: PodRequest, templates: TemplateSet, settings: Settings): PodOutcome {
  const outcome = decide(request, templates, settings);
  return { ...outcome, warnings: outcome.warnings.map(printable) };
}

function decide({ pod, namespace, size }: PodRequest, templates: TemplateSet, settings: Settings): PodOutcome {
  const view = viewPod(pod);
  const selection = select(view, namespace, templates, settings);
  if (selection.kind === 'skip') {
    const { reason, warnings } = selection;
    return { kind: 'skip', reason, edits: [], leftOut: [], warnings };
  }
  const { selected, problems } = selection;
  // What an earlier round left out stays out: its sibling's value is the pod's own by now (§4).
  const remembered = selected.filter(
    ({ origin, template }) =>
      origin !== 'named' && template.enforcement !== 'Required' && view.mark?.leftOut.has(template.id) === true,
  );
  const candidates = selected.filter((candidate) => !remembered.includes(candidate));
  if (candidates.length === 0 && problems.length === 0) {
    const { leftOut } = selection;
    return {
      kind: 'skip',
      reason: leftOut.length + remembered.length > 0 ? 'leftOut' : 'nothing',
      edits: removeMark(view),
      leftOut,
      warnings: [...selection.warnings, ...leftOut.map(warnOfLeftOut)],
    };
  }
  const malformed = malformations(pod);
  if (malformed.length > 0) {
    const { leftOut, warnings } = selection;
    return { kind: 'refuse', problems: [...problems, ...malformed], leftOut, warnings };
  }
  const { judgement, finished } = judgeAndFinish(candidates, remembered, selection.leftOut, view, settings, size);
  const leftOut = [...selection.leftOut, ...judgement.leftOut];
  const warnings = [...selection.warnings, ...leftOut.map(warnOfLeftOut)];
  const found = [...problems, ...judgement.problems, ...(finished?.kind === 'problems' ? finished.problems : [])];
  if (found.length > 0) return { kind: 'refuse', problems: distinct(found), leftOut, warnings };
  if (finished?.kind !== 'graft') {
    return { kind: 'skip', reason: 'leftOut', edits: removeMark(view), leftOut, warnings };
  }
  const { graft } = finished;
  const kept = graft.kept.map(
    ({ field, template }) => `${formatPath(field)}: the pod's own value stands against template ${template}`,
  );
  return {
    kind: 'graft',
    graft,
    warnings: [...warnings, ...judgement.warnings, ...finished.warnings, ...kept],
  };
}

/**
 * What the templates come to, with the mark; without it where they are refused, or none stays. Where they make
 * the pod too large, those that may be left out are, from the last one on: a selector never stops a pod (§4).
 */
function judgeAndFinish(
  selected: readonly Selected[],
  remembered: readonly Selected[],
  before: readonly LeftOut[],
  view: PodView,
  settings: Settings,
  size: PodSize | undefined,
): { readonly judgement: Judgement; readonly finished?: Finished } {
  let candidates = selected;
  const tooMuch: LeftOut[] = [];
  for (;;) {
    const judged = judge(candidates, view, settings);
    const judgement: Judgement = { ...judged, leftOut: [...tooMuch, ...judged.leftOut] };
    if (judgement.problems.length > 0 || judgement.contributions.length === 0) return { judgement };
    const out = {
      leftOut: [...before, ...judgement.leftOut],
      remembered: remembered.map(({ template }) => template.id),
    };
    const finished = finish(judgement, out, view, settings, size);
    const last = candidates.findLast(
      (candidate) =>
        !refuses(candidate) && judgement.contributions.some(({ template }) => template === candidate.template),
    );
    if (finished.kind === 'graft' || last === undefined) return { judgement, finished };
    tooMuch.push({ template: last.template.id, problems: finished.problems });
    candidates = candidates.filter((candidate) => candidate !== last);
  }
}

/** Each problem once: several asks, and several templates, may come upon the same. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
}

function warnOfLeftOut({ template, problems }: LeftOut): string {
  const [first] = problems;
  // The code comes first, as a warning is cut at 120 characters.
  return `template ${template} left out${first === undefined ? '' : ` (${first.code}): ${formatProblem(first)}`}`;
}

/** A pod that gets nothing carries no mark: one that is there was forged, or copied from another pod. */
function removeMark(view: PodView): readonly Edit[] {
  const edits: Edit[] = [];
  const remove = (holder: JsonObject, path: FieldPath): void => {
    if (own(holder, String(path.at(-1))) === undefined) return;
    edits.push({ op: 'remove', path, template: 'podgraft' });
  };
  const metadata = objectField(view.pod, 'metadata');
  remove(objectField(metadata, 'annotations'), ['metadata', 'annotations', keys.injected]);
  remove(objectField(metadata, 'labels'), ['metadata', 'labels', keys.grafted]);
  return edits;
}
