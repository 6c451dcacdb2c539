import { toPointer } from '../field-path.ts';
import type { FieldPath } from '../field-path.ts';
import { arrayField, field, isArray } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Template } from '../template.ts';
import type { OpenPath } from './ask-place.ts';
import type { Edit } from './graft-pod.ts';
import { andTerms } from './node-terms.ts';
import type { PodView } from './pod-view.ts';
import type { Granted, Reduction } from './reduce.ts';
import { serverOwnedEdits } from './server-edits.ts';
import type { PlannedContainer } from './sidecars.ts';
import { tokenMountToAdd, withTokenMount } from './token-mount.ts';

/** What one template comes to in one pod. */
export interface Contribution {
  readonly template: Template;
  /** Its place in selection order, which is the order of edits. */
  readonly order: number;
  readonly pod: Reduction;
  readonly containers: Reduction;
  readonly added: readonly PlannedContainer[];
  /** The primary container's name, where the template has an entry for it. */
  readonly primary?: string;
}

/**
 * The edits of the templates that stay, which agree with each other. First what joins the pod and its containers where
 * they stand, then what takes away the API server's own, then the containers that are added, so that no index moves
 * under an edit that comes later.
 */
export function emitEdits(contributions: readonly Contribution[], view: PodView): readonly Edit[] {
  const emitter = startEmitter(view);
  for (const { template, pod } of contributions) {
    for (const granted of pod.granted) emitGranted(emitter, granted, template);
  }
  for (const { template, containers } of contributions) {
    for (const granted of containers.granted) emitGranted(emitter, granted, template);
  }
  emitter.edits.push(...serverOwnedEdits(contributions, view));
  emitContainers(emitter, contributions);
  return emitter.edits;
}

interface Emitter {
  readonly view: PodView;
  readonly edits: Edit[];
  readonly done: Set<string>;
  /** By the list's pointer: how many elements it has by now. */
  readonly lengths: Map<string, number>;
  /** By the list's pointer and the element's key: where an element that we added stands. */
  readonly indexes: Map<string, number>;
  /** By the list's pointer: how many elements we put in front. */
  readonly inFront: Map<string, number>;
  /** Node selector terms as they are by now. */
  terms?: readonly Json[];
}

function startEmitter(view: PodView): Emitter {
  return {
    view,
    edits: [],
    done: new Set(),
    lengths: new Map(),
    indexes: new Map(),
    inFront: new Map(),
  };
}

function emitGranted(emitter: Emitter, granted: Granted, template: Template): void {
  const { ask, state, unit } = granted;
  if (state === 'present' || state === 'settled') return;
  const path = resolvePath(emitter, granted.path);
  if (state === 'terms' && ask.kind === 'nodeTerms') {
    emitTerms(emitter, path, ask.terms, template);
    return;
  }
  if (emitter.done.has(unit)) return;
  emitter.done.add(unit);
  const { value } = ask;
  switch (state) {
    case 'add':
    case 'replace':
      emitter.edits.push({ op: state, path, value, template: template.id });
      break;
    case 'append': {
      const pointer = toPointer(path);
      const length = emitter.lengths.get(pointer) ?? lengthAt(emitter.view.pod, path);
      emitter.lengths.set(pointer, length + 1);
      if (ask.kind === 'element') emitter.indexes.set(`${pointer} ${ask.element.key}`, length);
      emitter.edits.push({ op: 'append', path, value, template: template.id });
      break;
    }
    case 'front': {
      const pointer = toPointer(path);
      const index = emitter.inFront.get(pointer) ?? 0;
      emitter.inFront.set(pointer, index + 1);
      emitter.edits.push({ op: 'insert', path: [...path, index], value, template: template.id });
      break;
    }
    case 'terms':
      break;
  }
}

function resolvePath(emitter: Emitter, path: OpenPath): FieldPath {
  const resolved: (string | number)[] = [];
  for (const segment of path) {
    if (typeof segment === 'object') {
      const index = emitter.indexes.get(`${toPointer(segment.list)} ${segment.key}`);
      if (index === undefined) throw new Error('an element is asked for that no edit adds');
      resolved.push(index);
    } else {
      resolved.push(segment);
    }
  }
  return resolved;
}

function valueAt(pod: JsonObject, path: FieldPath): Json | undefined {
  let value: Json | undefined = pod;
  for (const segment of path) {
    value = typeof segment === 'string' ? field(value, segment) : isArray(value) ? value[segment] : undefined;
  }
  return value;
}

function lengthAt(pod: JsonObject, path: FieldPath): number {
  const value = valueAt(pod, path);
  return isArray(value) ? value.length : 0;
}

function emitTerms(emitter: Emitter, path: FieldPath, wanted: readonly JsonObject[], template: Template): void {
  const there = valueAt(emitter.view.pod, path);
  const before = emitter.terms ?? (isArray(there) ? there : []);
  const after = andTerms(before, wanted);
  emitter.terms = after;
  if (after === before) return;
  const op = before.length > 0 || isArray(there) ? 'replace' : 'add';
  emitter.edits.push({ op, path, value: after, template: template.id });
}

/** Containers in the order of specification §7: those first, the pod's own, all others. */
function emitContainers(emitter: Emitter, contributions: readonly Contribution[]): void {
  const names = new Set<string>();
  const chosen: { container: PlannedContainer; template: Template }[] = [];
  for (const { template, added } of contributions) {
    for (const container of added) {
      if (container.state !== 'add' || names.has(container.name)) continue;
      names.add(container.name);
      chosen.push({ container, template });
    }
  }
  if (chosen.length === 0) return;
  const mount = tokenMountToAdd(contributions, emitter.view);
  const emit = (wanted: (container: PlannedContainer) => boolean, at?: { next: number }): void => {
    for (const { container, template } of chosen) {
      if (!wanted(container)) continue;
      const list = ['spec', container.list];
      const added = mount === undefined ? { value: container.value } : withTokenMount(container.value, mount);
      if (at === undefined) {
        emitter.edits.push({ op: 'append', path: list, ...added, template: template.id });
      } else {
        emitter.edits.push({ op: 'insert', path: [...list, at.next], ...added, template: template.id });
        at.next += 1;
      }
    }
  };
  const isInit = (container: PlannedContainer): boolean => container.list === 'initContainers';
  // Without init containers of the pod's own there is nothing to stand before.
  const front = arrayField(emitter.view.spec, 'initContainers').length > 0 ? { next: 0 } : undefined;
  emit((container) => isInit(container) && container.first && !container.native, front);
  emit((container) => isInit(container) && container.first && container.native, front);
  emit((container) => isInit(container) && !container.first && !container.native);
  emit((container) => isInit(container) && !container.first && container.native);
  emit((container) => !isInit(container));
}
