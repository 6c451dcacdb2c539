import { equal, objectField, own, stringField } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { byteLength, formatProblem } from '../core/problem.ts';
import type { Problem } from '../core/problem.ts';
import { parseTemplate } from '../core/register/parse-template.ts';
import type { PodSecurityLevel } from '../core/register/pod-security-profiles.ts';
import { podSecurity } from '../core/register/pod-security.ts';
import { templateEntries } from '../core/register/special-entries.ts';
import type { Settings } from '../core/settings.ts';
import type { Template } from '../core/template.ts';

/** A template object of the cluster, judged. */
export interface ClusterTemplate {
  /** As the cluster has it; frozen. */
  readonly object: JsonObject;
  readonly kind: Template['kind'];
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`. */
  readonly id: string;
  readonly uid: string;
  /** RFC 3339, as the API server writes it: sorts as text. */
  readonly createdAt: string;
  /** Of what counts against a namespace's bytes. */
  readonly bytes: number;
  /** What is wrong with this generation; empty where it is valid. */
  readonly problems: readonly Problem[];
  /** What can be served: this generation, or the last one that was valid (contract R19); undefined where none was. */
  readonly template?: Template;
  /** Of `template`. */
  readonly level?: PodSecurityLevel;
}

/**
 * Judges an object that was listed or watched.
 * @param before what was known of it; its valid template stays in use where this generation is invalid
 */
export function readClusterTemplate(
  kind: Template['kind'],
  object: JsonObject,
  settings: Settings,
  before: ClusterTemplate | undefined,
): ClusterTemplate {
  const metadata = objectField(object, 'metadata');
  const uid = stringField(metadata, 'uid') ?? '';
  const old = before?.uid === uid ? before : undefined;
  // A new status, or another manager of the fields, is no new template.
  if (old !== undefined && equal(essence(old.object), essence(object))) return { ...old, object };
  const namespace = stringField(metadata, 'namespace') ?? '';
  const name = stringField(metadata, 'name') ?? '';
  const known = {
    object,
    kind,
    namespace,
    name,
    id: `${namespace}/${name}`,
    uid,
    createdAt: stringField(metadata, 'creationTimestamp') ?? '',
    bytes: byteLength(JSON.stringify(own(object, kind === 'PodTemplate' ? 'template' : 'spec') ?? null)),
  };
  const parsed = parseTemplate(object, settings);
  switch (parsed.kind) {
    case 'template':
      return {
        ...known,
        problems: [],
        template: parsed.template,
        level: levelOf(kind, object, parsed.template.primaryContainerName),
      };
    case 'invalid':
      return {
        ...known,
        problems: parsed.problems,
        ...(old?.template !== undefined && { template: old.template }),
        ...(old?.level !== undefined && { level: old.level }),
      };
    case 'other':
      // The label selector lets nothing else through; an API server that ignores it must not make us serve it.
      return { ...known, problems: [{ code: 'PG032', field: ['kind'], detail: `${parsed.what} is no template` }] };
  }
}

/** What a template is made of: all but what the API server and the writers of status note about it. */
function essence(object: JsonObject): JsonObject {
  const metadata = objectField(object, 'metadata');
  return {
    apiVersion: own(object, 'apiVersion') ?? null,
    labels: own(metadata, 'labels') ?? null,
    annotations: own(metadata, 'annotations') ?? null,
    spec: own(object, 'spec') ?? null,
    template: own(object, 'template') ?? null,
  };
}

function levelOf(kind: Template['kind'], object: JsonObject, primaryContainerName: string): PodSecurityLevel {
  const holder = kind === 'PodTemplate' ? object : objectField(object, 'spec');
  const podTemplate = objectField(holder, 'template');
  return podSecurity(podTemplate, templateEntries(podTemplate, primaryContainerName)).level;
}

/** For logs: the first problem, and how many there are. */
export function formatFirstProblem({ problems }: Pick<ClusterTemplate, 'problems'>): string {
  const [first] = problems;
  if (first === undefined) return 'valid';
  return problems.length === 1 ? formatProblem(first) : `${formatProblem(first)}; and ${problems.length - 1} more`;
}
