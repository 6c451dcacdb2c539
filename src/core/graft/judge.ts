import { objectField, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { keys } from '../keys.ts';
import { covers } from '../kubernetes/compare.ts';
import { containerSchema } from '../kubernetes/schema.ts';
import type { Problem } from '../problem.ts';
import type { Settings } from '../settings.ts';
import { disagreements } from './agreement.ts';
import type { Ask } from './asks.ts';
import { checkCaps } from './caps.ts';
import { checkResult } from './checks.ts';
import { derivedRequestEdits } from './derived-requests.ts';
import { emitEdits } from './emit.ts';
import type { Contribution } from './emit.ts';
import type { Edit, LeftOut } from './graft-pod.ts';
import type { LocatedContainer, PodView } from './pod-view.ts';
import { resolvePrimary } from './primary.ts';
import { reduce } from './reduce.ts';
import type { Reduction } from './reduce.ts';
import { replay } from './replay.ts';
import type { Selected } from './selection.ts';
import { containerConflict, planContainers } from './sidecars.ts';

/** What became of the selected templates, each held against the pod and against each other (specification §4, "Named and Required …"). */
export interface Judgement {
  /** Those that stay, in selection order. */
  readonly contributions: readonly Contribution[];
  readonly edits: readonly Edit[];
  /** The pod after the edits. */
  readonly result: JsonObject;
  readonly leftOut: readonly LeftOut[];
  /** Why the pod is refused; empty where it isn't. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** The workload's own containers, of which templates may ask something. */
  readonly workload: Workload;
}

export interface Workload {
  readonly containers: readonly LocatedContainer[];
  readonly initContainers: readonly LocatedContainer[];
}

interface Assessment {
  readonly edits: readonly Edit[];
  readonly result: JsonObject;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * Named and Required templates are judged first: their problems refuse the pod. Then the others, in order, each on top
 * of what stays: one that brings a problem is left out whole, or refuses the pod where its conflictPolicy is Deny.
 */
export function judge(selected: readonly Selected[], view: PodView, settings: Settings): Judgement {
  let candidates = selected;
  const lost: LeftOut[] = [];
  for (;;) {
    const judgement = judgeInOrder(candidates, view, settings);
    const leftOut = [...lost, ...judgement.leftOut];
    const orphaned = findOrphaned(judgement, view);
    const [first] = orphaned;
    if (first === undefined) return { ...judgement, leftOut };
    const refusing = orphaned.filter(({ template }) =>
      candidates.some((candidate) => candidate.template.id === template && refuses(candidate)),
    );
    if (refusing.length > 0) return { ...judgement, leftOut, problems: refusing };
    const template = first.template ?? '';
    lost.push({ template, problems: orphaned.filter((problem) => problem.template === template) });
    candidates = candidates.filter((candidate) => candidate.template.id !== template);
  }
}

/** A template that is left out takes its volumes with it: what is wrong where others had counted on them. */
function findOrphaned({ contributions, leftOut, problems }: Judgement, view: PodView): readonly Problem[] {
  if (leftOut.length === 0 || problems.length > 0) return [];
  return assess(contributions, view, new Set()).problems;
}

function judgeInOrder(candidates: readonly Selected[], view: PodView, settings: Settings): Judgement {
  const lent = new Set(candidates.flatMap(({ template }) => [...template.compiled.volumes]));
  const tryOut = (stays: readonly Selected[]): Trial => {
    const ordered = candidates.filter((candidate) => stays.includes(candidate));
    const context: Context = {
      view,
      settings,
      workload: workloadOf(ordered, view),
      restartPolicy: mergedRestartPolicy(ordered, view),
    };
    const contributions = ordered.map((selected) => contribute(selected, candidates.indexOf(selected), context));
    return { contributions, workload: context.workload, ...assess(contributions, view, lent) };
  };

  let stays = candidates.filter(isFirm);
  let trial = tryOut(stays);
  const problems = [...trial.problems];
  const leftOut: LeftOut[] = [];
  for (const candidate of candidates) {
    if (isFirm(candidate)) continue;
    const next = [...stays, candidate];
    const tried = tryOut(next);
    const own = tried.contributions.find(({ template }) => template === candidate.template);
    const found = problems.length > 0 && own !== undefined ? ownProblems(own) : tried.problems;
    if (found.length === 0) {
      stays = next;
      trial = tried;
    } else if (refuses(candidate)) {
      problems.push(...found);
    } else {
      leftOut.push({ template: candidate.template.id, problems: found });
    }
  }
  const { contributions, edits, result, warnings, workload } = trial;
  return { contributions, edits, result, leftOut, problems, warnings, workload };
}

/** Templates tried on the pod together. */
interface Trial extends Assessment {
  readonly contributions: readonly Contribution[];
  readonly workload: Workload;
}

/** Asked for by the pod or demanded by the operator: never left out. */
function isFirm({ origin, template }: Selected): boolean {
  return origin === 'named' || template.enforcement === 'Required';
}

/** Whether what is wrong with the template refuses the pod (§4); otherwise the template is left out. */
export function refuses(selected: Selected): boolean {
  return isFirm(selected) || selected.template.conflictPolicy === 'Deny';
}

interface Context {
  readonly view: PodView;
  readonly settings: Settings;
  readonly workload: Workload;
  readonly restartPolicy: string;
}

/** The restartPolicy that the pod will have: its controller's, its own, or the first that a template asks for. */
function mergedRestartPolicy(selected: readonly Selected[], view: PodView): string {
  const own = stringField(view.spec, 'restartPolicy') ?? '';
  if (view.controlled || (own !== '' && own !== 'Always')) return own === '' ? 'Always' : own;
  const asking = selected.filter(({ template }) => template.compiled.restartPolicy !== undefined);
  const asked = asking.find(isFirm) ?? asking[0];
  return asked?.template.compiled.restartPolicy ?? 'Always';
}

/**
 * The containers that are the workload's: those that the mark lists, where one stands; else all but those that a
 * selected template brings and the pod has already.
 */
function workloadOf(selected: readonly Selected[], view: PodView): Workload {
  const { mark } = view;
  if (mark !== undefined) {
    const containers = view.containers.filter(({ name }) => mark.containers.has(name));
    if (containers.length > 0) {
      const initContainers = view.initContainers.filter(({ name }) => mark.initContainers.has(name));
      return { containers, initContainers };
    }
  }
  const isOwn = ({ name, value }: LocatedContainer): boolean =>
    !selected.some(({ template: { compiled } }) =>
      [...compiled.sidecars, ...compiled.initContainers].some(
        (added) => added.name === name && covers(containerSchema, value, added.value),
      ),
    );
  return {
    containers: view.containers.filter(isOwn),
    initContainers: view.initContainers.filter(isOwn),
  };
}

/** What one template comes to in the pod, by itself. */
function contribute({ template }: Selected, order: number, context: Context): Contribution {
  const { view, settings, workload, restartPolicy } = context;
  const { compiled } = template;
  const pod = emptyReduction();
  const containers = emptyReduction();
  reduce(compiled.pod, { value: view.pod, path: [], prefix: '' }, view, template, pod);

  let primary: string | undefined;
  if (compiled.primary !== undefined) {
    const resolved = resolvePrimary(view, workload.containers, template, settings);
    if (resolved.kind === 'resolved') primary = resolved.container.name;
    else pod.problems.push(resolved.problem);
  }
  const ask = (located: LocatedContainer, asks: readonly Ask[]): void => {
    const { list, index, name, value } = located;
    const target = { value, path: ['spec', list, index], prefix: `${list}[${name}].` };
    reduce(asks, target, view, template, containers);
  };
  for (const located of workload.containers) {
    ask(located, located.name === primary ? (compiled.primary ?? []) : compiled.everyContainer);
  }
  for (const located of workload.initContainers) ask(located, compiled.everyInitContainer);

  const added = planContainers(template, view, restartPolicy, settings);
  for (const container of added) {
    if (container.state === 'conflict') {
      pod.problems.push(containerConflict(container, view, template));
    }
  }
  return { template, order, pod, containers, added, ...(primary === undefined ? {} : { primary }) };
}

function emptyReduction(): Reduction {
  return { granted: [], kept: [], problems: [], warnings: [] };
}

function ownProblems({ pod, containers }: Contribution): readonly Problem[] {
  return [...pod.problems, ...containers.problems];
}

/** Templates together: their edits, what the pod becomes, and all that is wrong with that. */
function assess(contributions: readonly Contribution[], view: PodView, lentVolumes: ReadonlySet<string>): Assessment {
  const problems = [
    ...contributions.flatMap(ownProblems),
    ...primaryConflicts(contributions),
    ...disagreements(contributions),
  ];
  const warnings = contributions.flatMap(({ pod, containers }) => [...pod.warnings, ...containers.warnings]);
  let edits = emitEdits(contributions, view);
  let result = replay(view.pod, edits);
  const derived = derivedRequestEdits(view.spec, objectField(result, 'spec'), contributions);
  if (derived.length > 0) {
    edits = [...edits, ...derived];
    result = replay(result, derived);
  }
  const findings = checkResult({ view, result, edits, contributions, lentVolumes });
  return {
    edits,
    result,
    problems: [...problems, ...findings.problems, ...checkCaps(view, result, edits)],
    warnings: [...warnings, ...findings.warnings],
  };
}

/** Templates that stand on different containers of one pod (§5). */
function primaryConflicts(contributions: readonly Contribution[]): readonly Problem[] {
  const resolved = contributions.filter(({ primary }) => primary !== undefined);
  const [first] = resolved;
  return resolved
    .filter(({ primary }) => primary !== first?.primary)
    .map(({ template, primary }) => ({
      code: 'PG009',
      field: ['metadata', 'annotations', keys.primaryContainer],
      detail: `container ${first?.primary ?? ''} is the primary one for template ${first?.template.id ?? ''}, ${primary ?? ''} for ${template.id}; name the one that is in this annotation`,
      template: template.id,
    }));
}
