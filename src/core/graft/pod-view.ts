import type { FieldPath } from '../field-path.ts';
import { field, isArray, isObject, objectField, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Problem } from '../problem.ts';
import { readMark } from './mark.ts';
import type { Mark } from './mark.ts';

export type ContainerList = 'containers' | 'initContainers' | 'ephemeralContainers';

/** A container where it stands in the pod. */
export interface LocatedContainer {
  readonly list: ContainerList;
  readonly index: number;
  readonly name: string;
  readonly value: JsonObject;
}

/** A pod, looked at once: what several rules ask about it. */
export interface PodView {
  readonly pod: JsonObject;
  readonly spec: JsonObject;
  readonly labels: JsonObject;
  readonly annotations: JsonObject;
  readonly containers: readonly LocatedContainer[];
  readonly initContainers: readonly LocatedContainer[];
  /** By name over all three lists; the first where the author has a name twice. */
  readonly byName: ReadonlyMap<string, LocatedContainer>;
  /** True where a controller owns the pod: its restartPolicy is the controller's business (§6). */
  readonly controlled: boolean;
  /** What an earlier round wrote, or somebody forged. */
  readonly mark?: Mark;
}

/** The pod as rules see it. Wrong types read as absent; {@link malformations} says where there are any. */
export function viewPod(pod: JsonObject): PodView {
  const spec = objectField(pod, 'spec');
  const metadata = objectField(pod, 'metadata');
  const annotations = objectField(metadata, 'annotations');
  const byName = new Map<string, LocatedContainer>();
  const containers = locate(spec, 'containers', byName);
  const initContainers = locate(spec, 'initContainers', byName);
  locate(spec, 'ephemeralContainers', byName);
  const mark = readMark(annotations);
  return {
    pod,
    spec,
    labels: objectField(metadata, 'labels'),
    annotations,
    containers,
    initContainers,
    byName,
    controlled: owners(metadata).some((owner) => field(owner, 'controller') === true),
    ...(mark === undefined ? {} : { mark }),
  };
}

/** The pod's ownerReferences. */
export function owners(metadata: JsonObject): readonly JsonObject[] {
  const references = own(metadata, 'ownerReferences');
  return isArray(references) ? references.filter(isObject) : [];
}

/** The first of each name: one that comes again is the author's mistake, which the API server refuses (contract T14). */
function locate(
  spec: JsonObject,
  list: ContainerList,
  byName: Map<string, LocatedContainer>,
): readonly LocatedContainer[] {
  const elements = own(spec, list);
  if (!isArray(elements)) return [];
  const located: LocatedContainer[] = [];
  elements.forEach((value, index) => {
    const name = stringField(value, 'name');
    if (!isObject(value) || name === undefined || byName.has(name)) return;
    const container: LocatedContainer = { list, index, name, value };
    byName.set(name, container);
    located.push(container);
  });
  return located;
}

/** What of the pod is not of the form that a graft needs to find its way (contract T9): each place, once. */
export function malformations(pod: JsonObject): readonly Problem[] {
  const problems: Problem[] = [];
  const spec = own(pod, 'spec');
  if (!isObject(spec)) {
    return [malformed(['spec'], 'a pod needs a spec with containers')];
  }
  expectMap(pod, ['metadata'], problems);
  expectMap(field(pod, 'metadata'), ['metadata', 'labels'], problems);
  expectMap(field(pod, 'metadata'), ['metadata', 'annotations'], problems);
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    const elements = own(spec, list);
    if (elements === undefined || elements === null) continue;
    if (!isArray(elements)) {
      problems.push(malformed(['spec', list], 'this must be a list of containers'));
      continue;
    }
    elements.forEach((element, index) => {
      if (stringField(element, 'name') === undefined) {
        problems.push(malformed(['spec', list, index], 'a container is an object with a name'));
      }
    });
  }
  const containers = own(spec, 'containers');
  if (containers === undefined || containers === null || (isArray(containers) && containers.length === 0)) {
    problems.push(malformed(['spec', 'containers'], 'a pod needs at least one container'));
  }
  return problems;
}

function expectMap(parent: Json | undefined, path: FieldPath, problems: Problem[]): void {
  const value = field(parent, String(path.at(-1)));
  if (value !== undefined && value !== null && !isObject(value)) {
    problems.push(malformed(path, 'this must be a map'));
  }
}

/** The pod has something of a wrong type where a template needs to go. */
export function malformed(path: FieldPath, detail: string): Problem {
  return { code: 'PG010', field: path, detail: `${detail}; mend the pod` };
}
