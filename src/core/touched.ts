import type { FieldPath } from './field-path.ts';
import type { Edit } from './graft-pod.ts';
import { arrayField, isObject, objectField, stringField } from './json.ts';
import type { JsonObject } from './json.ts';

/** A container of the result that edits reached. */
export interface TouchedContainer {
  readonly list: string;
  readonly index: number;
  readonly container: JsonObject;
  /** The first template that reached it. */
  readonly template: string;
}

/** Whose doing it is that a field is as it is. */
export interface Cause {
  readonly field: FieldPath;
  readonly template: string;
}

/** What a graft touched, so that only that is judged. */
export interface Touched {
  readonly containers: readonly TouchedContainer[];
  readonly hasPorts: boolean;
  /** The first edit's template. */
  readonly anyTemplate: string;
  templateOf(container: string): string | undefined;
  isMountOurs(list: string, index: number, kind: string, at: number): boolean;
  /** The edit that changed one of these fields, given from the pod's root without indexes. */
  podCause(fields: readonly string[]): Cause | undefined;
  /** The same for the fields of one container; one that was added was changed whole. */
  containerCause(list: string, index: number, fields: readonly string[]): Cause | undefined;
}

interface Reached {
  /** Added whole. */
  added?: Cause;
  readonly fields: Map<string, Cause>;
  template: string;
}

/** Reads from edits what they touched in the result that they lead to. */
export function touchedBy(edits: readonly Edit[], result: JsonObject): Touched {
  const spec = objectField(result, 'spec');
  const podFields = new Map<string, Cause>();
  const byName = new Map<string, Reached>();
  const names = indexNames(spec);
  const originals = new Map<string, readonly string[]>();
  let hasPorts = false;

  // Additions to the front of a list move what stands behind them, so edits in place are told apart by name.
  for (const list of ['containers', 'initContainers']) {
    const inserted = new Set(edits.filter((edit) => isAddition(edit, list)).map((edit) => nameOf(edit)));
    originals.set(
      list,
      (names.get(list) ?? []).filter((name) => !inserted.has(name)),
    );
  }
  for (const edit of edits) {
    const { path, template } = edit;
    const dotted = path.filter((segment) => typeof segment === 'string').join('.');
    const cause: Cause = { field: path, template };
    if (!podFields.has(dotted)) podFields.set(dotted, cause);
    if (dotted.endsWith('.ports') || dotted === 'spec.hostNetwork') hasPorts = true;
    const [root, list, index] = path;
    if (root !== 'spec' || (list !== 'containers' && list !== 'initContainers')) continue;
    const isAdded = isAddition(edit, list);
    const name = isAdded ? nameOf(edit) : typeof index === 'number' ? originals.get(list)?.[index] : undefined;
    if (name === undefined) continue;
    const reached = byName.get(name) ?? { fields: new Map<string, Cause>(), template };
    byName.set(name, reached);
    if (isAdded) {
      const position = names.get(list)?.indexOf(name) ?? 0;
      reached.added = { field: ['spec', list, position], template };
      if (isObject(edit.value) && arrayField(edit.value, 'ports').length > 0) hasPorts = true;
    } else {
      const within = path
        .slice(3)
        .filter((segment) => typeof segment === 'string')
        .join('.');
      if (!reached.fields.has(within)) reached.fields.set(within, cause);
    }
  }

  const reachedAt = (list: string, index: number): Reached | undefined => byName.get(names.get(list)?.[index] ?? '');
  return {
    containers: containersReached(spec, byName),
    hasPorts,
    anyTemplate: edits[0]?.template ?? '',
    templateOf: (container) => byName.get(container)?.template,
    isMountOurs(list, index, kind, at) {
      const reached = reachedAt(list, index);
      if (reached?.added !== undefined) return true;
      const mount = arrayField(arrayField(spec, list)[index], kind)[at];
      return edits.some((edit) => edit.value === mount && edit.path.includes(kind) && edit.path[1] === list);
    },
    podCause: (fields) => causeIn(podFields, fields),
    containerCause(list, index, fields) {
      const reached = reachedAt(list, index);
      return reached?.added ?? (reached === undefined ? undefined : causeIn(reached.fields, fields));
    },
  };
}

function isAddition(edit: Edit, list: string): boolean {
  const [root, second] = edit.path;
  if (root !== 'spec' || second !== list) return false;
  return edit.op === 'append' ? edit.path.length === 2 : edit.op === 'insert' && edit.path.length === 3;
}

function nameOf(edit: Edit): string {
  return stringField(edit.value, 'name') ?? '';
}

function indexNames(spec: JsonObject): ReadonlyMap<string, readonly string[]> {
  return new Map(
    ['containers', 'initContainers'].map((list) => [
      list,
      arrayField(spec, list).map((container) => stringField(container, 'name') ?? ''),
    ]),
  );
}

function containersReached(spec: JsonObject, byName: ReadonlyMap<string, Reached>): readonly TouchedContainer[] {
  const found: TouchedContainer[] = [];
  for (const list of ['containers', 'initContainers']) {
    arrayField(spec, list).forEach((container, index) => {
      const reached = byName.get(stringField(container, 'name') ?? '');
      if (reached === undefined || !isObject(container)) return;
      found.push({ list, index, container, template: reached.template });
    });
  }
  return found;
}

/** A change within a field, or of something that holds it, is a change of it. */
function causeIn(changed: ReadonlyMap<string, Cause>, fields: readonly string[]): Cause | undefined {
  for (const [path, cause] of changed) {
    const isOne = (field: string): boolean =>
      path === field || path.startsWith(`${field}.`) || field.startsWith(`${path}.`);
    if (fields.some(isOne)) return cause;
  }
  return undefined;
}
