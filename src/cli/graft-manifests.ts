import { graftPod } from '../core/graft/graft-pod.ts';
import type { Edit, NamespaceInfo, PodOutcome } from '../core/graft/graft-pod.ts';
import { toJsonPatch } from '../core/graft/patch.ts';
import { selfCheck } from '../core/graft/self-check.ts';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { attribute } from '../core/manifest/attribution.ts';
import type { Attributed } from '../core/manifest/attribution.ts';
import { manifestObjects, misplacedKeys, podPlace } from '../core/manifest/workload.ts';
import type { PodPlace } from '../core/manifest/workload.ts';
import { positionOf } from '../core/manifest/yaml.ts';
import type { YamlDocument } from '../core/manifest/yaml.ts';
import type { Offline } from './offline.ts';
import { formatPosition } from './template-file.ts';

/** A pod, or a workload's pod template, and what became of it. */
export interface GraftedObject {
  readonly place: PodPlace;
  readonly namespace: NamespaceInfo;
  readonly outcome: PodOutcome;
  /** With paths from the document's root. */
  readonly edits: readonly Edit[];
  /** What its author should know, one line each, beginning with where. */
  readonly warnings: readonly string[];
}

/** A document and what becomes of it. */
export interface GraftedDocument {
  readonly file: string;
  readonly document: YamlDocument;
  readonly objects: readonly GraftedObject[];
  readonly edits: readonly Edit[];
  /** The document with the edits in it. */
  readonly tree: Attributed;
}

/** Grafts all pods and workloads of all files, in order. Throws where podgraft's own check finds a graft wrong: a bug. */
export function graftManifests(offline: Offline): readonly GraftedDocument[] {
  return offline.files.flatMap(({ name, documents }) =>
    documents
      .filter(({ value }) => value !== null)
      .map((document) => {
        const objects = manifestObjects(document.value).flatMap((object) => {
          const place = podPlace(object);
          if (place === undefined) return [];
          const misplaced = misplacedKeys(object, place).map(({ field, key }) => {
            const at = formatPosition(positionOf(document, field, 'key'));
            const wanted = place.path.slice(object.path.length).join('.');
            return `${at}: ${nameOf(place)}: ${key} has no effect here; it belongs on ${wanted}.metadata`;
          });
          return [graftObject(document, place, misplaced, offline)];
        });
        const edits = objects.flatMap((object) => object.edits);
        const value = isObject(document.value) ? document.value : {};
        return { file: name, document, objects, edits, tree: attribute(value, edits) };
      }),
  );
}

/** `Deployment web`. */
export function nameOf({ kind, name }: PodPlace): string {
  return name === '' ? kind : `${kind} ${name}`;
}

function graftObject(
  document: YamlDocument,
  place: PodPlace,
  misplaced: readonly string[],
  { settings, templates, namespaceOf }: Offline,
): GraftedObject {
  const namespace = namespaceOf(place.namespace);
  const outcome = checked(graftPod({ pod: place.pod, namespace }, templates, settings), place.pod);
  const own = editsOf(outcome);
  const at = `${formatPosition(positionOf(document, place.path))}: ${nameOf(place)}`;
  return {
    place,
    namespace,
    outcome,
    edits: own.map((edit) => ({ ...edit, path: [...place.path, ...edit.path] })),
    warnings: [
      ...misplaced,
      ...outcome.warnings.map((warning) => `${at}: ${warning}`),
      ...pullSecretWarnings(own).map((warning) => `${at}: ${warning}`),
    ],
  };
}

/** The webhook's last look at a graft: a fault in it is a bug of ours. */
function checked(outcome: PodOutcome, pod: JsonObject): PodOutcome {
  if (outcome.kind !== 'graft') return outcome;
  const { edits, templates } = outcome.graft;
  const fault = selfCheck(structuredClone(pod), toJsonPatch(pod, edits), { edits, templates });
  if (fault !== undefined) throw new Error(`the self-check of a graft found a fault: ${fault}`);
  return outcome;
}

function editsOf(outcome: PodOutcome): readonly Edit[] {
  switch (outcome.kind) {
    case 'graft':
      return outcome.graft.edits;
    case 'skip':
      return outcome.edits;
    case 'refuse':
      return [];
  }
}

/** In a cluster the account's own are in the pod before a template is looked at; in a manifest they are not yet (§15). */
function pullSecretWarnings(edits: readonly Edit[]): readonly string[] {
  const from = edits.filter(({ path }) => path[1] === 'imagePullSecrets').map(({ template }) => template);
  return [...new Set(from)].map(
    (template) =>
      `imagePullSecrets come from template ${template}: the ServiceAccount's own are no longer added; list those that are needed too`,
  );
}
