import type { FieldPath } from '../field-path.ts';
import { arrayField, field, isArray, isObject, objectField, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Template } from '../template.ts';
import type { Edit, Graft } from './graft-pod.ts';
import { applyJsonPatch } from './patch.ts';
import type { JsonPatchOperation } from './patch.ts';

/**
 * Why a patch may not leave (contract R32): a bug of ours, never the user's doing. Each word is safe to log.
 * `path`: an edit goes where specification §6 lets none go; `apply`: an operation can't be applied; `protected`: a
 * protected field changed; `order`: the pod's own containers moved; `duplicate`: a name, volume or mount path is there twice.
 */
export type SelfCheckFault = 'path' | 'apply' | 'protected' | 'order' | 'duplicate';

/**
 * Applies the patch to the pod IN PLACE and judges what it changed. Take all facts from the pod before, and make the
 * patch's text before: afterwards both are spent.
 */
export function selfCheck(
  pod: JsonObject,
  operations: readonly JsonPatchOperation[],
  graft: Pick<Graft, 'edits' | 'templates'>,
): SelfCheckFault | undefined {
  const templates = new Map(graft.templates.map((template) => [template.id, template]));
  if (!graft.edits.every((edit) => isAllowed(edit, pod, templates.get(edit.template)))) return 'path';
  const spec = objectField(pod, 'spec');
  const before = lists.map((list) => [...arrayField(spec, list)]);
  const values = before.map((containers) => containers.map(protectedValues));
  const duplicates = duplicatesIn(pod);
  if (!applyJsonPatch(pod, operations)) return 'apply';
  const after = objectField(pod, 'spec');
  for (const [at, list] of lists.entries()) {
    const theirs = before[at] ?? [];
    const now = arrayField(after, list);
    const kept = now.filter((container) => theirs.includes(container));
    if (kept.length !== theirs.length || !kept.every((container, index) => container === theirs[index])) return 'order';
    if (list === 'containers' && theirs[0] !== undefined && now[0] !== theirs[0]) return 'order';
    const unchanged = theirs.every((container, index) =>
      protectedValues(container).every((value, key) => value === values[at]?.[index]?.[key]),
    );
    if (!unchanged) return 'protected';
  }
  for (const name of duplicatesIn(pod)) if (!duplicates.has(name)) return 'duplicate';
  return undefined;
}

const lists = ['containers', 'initContainers'] as const;
const allLists = [...lists, 'ephemeralContainers'] as const;
const alwaysProtected = ['name', 'image', 'command', 'args'];

/** Edits never lead into these, so that the same reference means the same content. */
function protectedValues(container: Json): readonly (Json | undefined)[] {
  return alwaysProtected.map((key) => field(container, key));
}

/** Where something may be replaced or removed: what the API server derived, node selector terms, and our own mark (contract C15). */
const replaceable: readonly RegExp[] = [
  /^spec\.(?:dnsPolicy|schedulerName|terminationGracePeriodSeconds|enableServiceLinks|serviceAccountName|restartPolicy)$/,
  /^spec\.resources\.requests\./,
  /^spec\.affinity\.nodeAffinity\.requiredDuringSchedulingIgnoredDuringExecution\.nodeSelectorTerms$/,
  /^spec\.(?:containers|initContainers)\.#\.(?:terminationMessagePath|terminationMessagePolicy|imagePullPolicy|volumeMounts\.#|ports\.#\.hostPort)$/,
];
const removable: readonly RegExp[] = [
  /^spec\.(?:priority|preemptionPolicy|volumes\.#|tolerations\.#)$/,
  /^spec\.resources\.requests\./,
  /^spec\.(?:containers|initContainers|ephemeralContainers)\.#\.volumeMounts\.#$/,
];
const ownKeys = /^metadata\.(?:labels\.podgraft\.dev\/grafted|annotations\.podgraft\.dev\/injected)$/;

function isAllowed(edit: Edit, pod: JsonObject, template: Template | undefined): boolean {
  const { path, op } = edit;
  if (template === undefined) return ownKeys.test(dotted(path));
  if (op === 'replace') return replaceable.some((pattern) => pattern.test(dotted(path)));
  if (op === 'remove') return removable.some((pattern) => pattern.test(dotted(path)));
  const [root, list, index, key] = path;
  if (root === 'metadata') return (list === 'labels' || list === 'annotations') && path.length === 3;
  if (root !== 'spec' || list === undefined) return false;
  if (list !== 'containers' && list !== 'initContainers') return list !== 'ephemeralContainers';
  if (op === 'append' && path.length === 2) return true;
  if (op === 'insert' && path.length === 3) return list === 'initContainers';
  return isOpen(template, key) && isThere(pod, path, list, index);
}

function dotted(path: FieldPath): string {
  return path.map((segment) => (typeof segment === 'number' ? '#' : segment)).join('.');
}

/** Whether a template may reach this field of a container that it finds. */
function isOpen({ protect }: Template, key: string | number | undefined): boolean {
  if (typeof key !== 'string' || alwaysProtected.includes(key)) return false;
  if (key === 'env' || key === 'envFrom') return !protect.has('env');
  return key !== 'resources' || !protect.has('resources');
}

function isThere(pod: JsonObject, path: FieldPath, list: string, index: string | number | undefined): boolean {
  if (path.length < 4 && path.at(-1) !== index) return false;
  const containers = own(objectField(pod, 'spec'), list);
  return isArray(containers) && typeof index === 'number' && isObject(containers[index]);
}

/** Names that are there twice: of containers over all lists, of volumes, of mount paths within a container. */
function duplicatesIn(pod: JsonObject): ReadonlySet<string> {
  const spec = objectField(pod, 'spec');
  const twice = new Set<string>();
  const noteTwice = (what: string, elements: readonly Json[], key: string, seen: Set<string>): void => {
    for (const element of elements) {
      const name = stringField(element, key) ?? '';
      if (seen.has(name)) twice.add(`${what} ${name}`);
      seen.add(name);
    }
  };
  const containers = new Set<string>();
  for (const list of allLists) {
    const elements = arrayField(spec, list);
    noteTwice('container', elements, 'name', containers);
    for (const container of elements) {
      const mounts = arrayField(container, 'volumeMounts');
      if (mounts.length < 2) continue;
      noteTwice(`mount ${stringField(container, 'name') ?? ''}`, mounts, 'mountPath', new Set());
    }
  }
  noteTwice('volume', arrayField(spec, 'volumes'), 'name', new Set());
  return twice;
}
