import { arrayField, objectField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { byteLength } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { Edit } from './graft-pod.ts';
import type { PodView } from './pod-view.ts';

/** Hard limits of a grafted pod (contract R36, C23): beyond them a pod is refused, not grafted. */
export const caps = {
  /** containers and initContainers together. */
  containers: 100,
  volumes: 200,
  /** Keys and values of all annotations: the API server's own limit. */
  annotationBytes: 256 * 1024,
  /** The JSON Patch as text. */
  patchBytes: 256 * 1024,
  /** The whole AdmissionReview that answers. */
  responseBytes: 512 * 1024,
  /** The patched pod: etcd takes about 1.5 MB. */
  podBytes: 1024 * 1024,
} as const;

/** How large a pod is as it was sent, where the caller knows: measuring takes its time. */
export interface PodSize {
  /** Its JSON has at most so many bytes. */
  readonly maxBytes: number;
  /** So many bytes of it were sent and not read: they aren't in the pod that is grafted, and come on top. */
  readonly unreadBytes: number;
}

/** Whether the patch or the pod that it leads to are larger than what is sent to an API server (contract C23). */
export function checkBytes(
  patch: string,
  result: JsonObject,
  size: PodSize | undefined,
  templates: readonly string[],
): readonly Problem[] {
  // A character takes at most three bytes: what is small even so needs no counting.
  const mostBytes = patch.length * 3;
  if (mostBytes <= caps.patchBytes && size !== undefined && size.maxBytes + mostBytes <= caps.podBytes) return [];
  const patchBytes = byteLength(patch);
  const isSmall = size !== undefined && size.maxBytes + patchBytes <= caps.podBytes;
  const podBytes = isSmall ? 0 : byteLength(JSON.stringify(result)) + (size?.unreadBytes ?? 0);
  const problem = (what: string, bytes: number, cap: number): readonly Problem[] => {
    if (bytes <= cap) return [];
    const detail = `the ${what} would have ${bytes} bytes, ${cap} are possible; use fewer or smaller templates than ${templates.join(', ')}`;
    return [{ code: 'PG022', field: [], detail }];
  };
  return [...problem('patch', patchBytes, caps.patchBytes), ...problem('grafted pod', podBytes, caps.podBytes)];
}

/** What of the result is above a cap because the graft added to it. */
export function checkCaps(view: PodView, result: JsonObject, edits: readonly Edit[]): readonly Problem[] {
  const spec = objectField(result, 'spec');
  const problems: Problem[] = [];
  const check = (field: readonly string[], before: number, after: number, cap: number, what: string): void => {
    if (after <= cap || after <= before) return;
    problems.push({
      code: 'PG022',
      field,
      detail: `the grafted pod would have ${after} ${what}, ${cap} are possible; use fewer templates, or smaller ones`,
    });
  };
  const containers = (of: JsonObject): number =>
    arrayField(of, 'containers').length + arrayField(of, 'initContainers').length;
  const volumes = (of: JsonObject): number => arrayField(of, 'volumes').length;
  check(
    ['spec', 'containers'],
    containers(view.spec),
    containers(spec),
    caps.containers,
    'containers and init containers',
  );
  check(['spec', 'volumes'], volumes(view.spec), volumes(spec), caps.volumes, 'volumes');
  if (edits.some(({ path }) => path[1] === 'annotations')) {
    const annotations = objectField(objectField(result, 'metadata'), 'annotations');
    // What is below the cap even if each unit took three bytes needs no counting.
    if (annotationUnits(annotations) * 3 > caps.annotationBytes) {
      const before = annotationBytes(view.annotations);
      check(
        ['metadata', 'annotations'],
        before,
        annotationBytes(annotations),
        caps.annotationBytes,
        'bytes of annotations',
      );
    }
  }
  return problems;
}

function annotationUnits(annotations: JsonObject): number {
  let units = 0;
  for (const [key, value] of Object.entries(annotations)) {
    units += key.length + (typeof value === 'string' ? value.length : 0);
  }
  return units;
}

function annotationBytes(annotations: JsonObject): number {
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + byteLength(key) + (typeof value === 'string' ? byteLength(value) : 0),
    0,
  );
}
