import { arrayField, field, objectField, own, stringField } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { apiVersion } from '../core/keys.ts';
import type { Settings } from '../core/settings.ts';
import type { Template } from '../core/template.ts';
import type { ApiClient } from './api-client.ts';
import type { ApiFailure, Asked } from './api-failure.ts';
import { installCrd } from './check/judge-crd.ts';
import { readClusterTemplate } from './cluster-template.ts';
import type { ClusterTemplate } from './cluster-template.ts';
import { listAll } from './list-all.ts';
import { judgeTemplates } from './verdict.ts';
import type { NamespaceLimits } from './verdict.ts';
import { inNamespace, injectionTemplates, podTemplates } from './watched-kind.ts';
import type { WatchedKind } from './watched-kind.ts';

export interface ReadTemplatesOptions {
  readonly client: ApiClient;
  readonly settings: Settings;
  readonly limits: NamespaceLimits;
  /** Of the pods. No pod gets templates of any other namespace but the root namespace (specification §4). */
  readonly namespaces: readonly string[];
  /**
   * Whether the templates' own status counts too: where the cluster's settings can't be seen, only it says what the
   * operator doesn't allow.
   */
  readonly isStatusAsked: boolean;
}

export type ReadTemplates =
  | {
      readonly kind: 'read';
      /** Those in use. */
      readonly templates: readonly Template[];
      /** Each that is not in use, and why, one line. */
      readonly unused: readonly string[];
      /** How it was read, where it was not in one go. */
      readonly notes: readonly string[];
    }
  | ApiFailure;

/**
 * Reads the templates of a cluster once, with the caller's own rights: of all namespaces at once, or, where that is
 * forbidden, of those that count.
 */
export async function readTemplates(options: ReadTemplatesOptions): Promise<ReadTemplates> {
  const { client, settings, limits, namespaces, isStatusAsked } = options;
  const wanted = [...new Set([settings.rootNamespace, ...namespaces])];
  const [injection, pod] = await Promise.all([
    readKind(client, injectionTemplates, wanted),
    readKind(client, podTemplates, wanted),
  ]);
  if (injection.kind === 'failed') return injection;
  if (pod.kind === 'failed') return pod;
  const judge = (kind: Template['kind'], objects: readonly JsonObject[]): readonly ClusterTemplate[] =>
    objects
      .map((object) => readClusterTemplate(kind, object, settings, undefined))
      .filter(({ namespace }) => wanted.includes(namespace));
  const all = [...judge('InjectionTemplate', injection.objects), ...judge('PodTemplate', pod.objects)];
  const verdicts = judgeTemplates(all, { rootNamespace: settings.rootNamespace, limits, fileIds: new Set() });
  const templates: Template[] = [];
  const unused: string[] = [];
  for (const { subject, reason, message, served } of verdicts.values()) {
    const rejection = isStatusAsked ? rejectionOf(subject.object) : undefined;
    if (served !== undefined && rejection === undefined) templates.push(served);
    else
      unused.push(
        `${subject.kind} ${subject.id} is not used: ${served === undefined ? `${reason}: ${message}` : rejection}`,
      );
  }
  return { kind: 'read', templates, unused, notes: [...injection.notes, ...pod.notes] };
}

type Objects =
  | { readonly kind: 'read'; readonly objects: readonly JsonObject[]; readonly notes: readonly string[] }
  | ApiFailure;

async function readKind(client: ApiClient, kind: WatchedKind, namespaces: readonly string[]): Promise<Objects> {
  const everywhere = await listKind(client, kind, '');
  if (everywhere.kind === 'read' || everywhere.reason !== 'forbidden') return everywhere;
  const objects: JsonObject[] = [];
  for (const namespace of namespaces) {
    const here = await listKind(client, inNamespace(kind, namespace), ` of namespace ${namespace}`);
    if (here.kind === 'failed') return here;
    objects.push(...here.objects);
  }
  const note = `${kind.kind}s of all namespaces may not be listed; those of ${namespaces.join(', ')} were read, and no others count here`;
  return { kind: 'read', objects, notes: [note] };
}

const resources = 'injectiontemplates.podgraft.dev,podtemplates';
const advice: Asked['advice'] = {
  absent: `the cluster does not know InjectionTemplates of ${apiVersion}: ${installCrd}`,
  forbidden: `grant it: a Role in that namespace, or a ClusterRole, with the verb list on ${resources}`,
};

async function listKind(client: ApiClient, kind: WatchedKind, where: string): Promise<Objects> {
  const { path, query, acceptList: accept, keep } = kind;
  const listed = await listAll(client, { what: `list ${kind.kind}s${where}`, path, query, accept, advice });
  return listed.kind === 'failed' ? listed : { kind: 'read', objects: listed.items.map(keep), notes: [] };
}

/** Why podgraft in the cluster doesn't accept this generation of a template, as its status says. */
function rejectionOf(object: JsonObject): string | undefined {
  const status = objectField(object, 'status');
  if (own(status, 'observedGeneration') !== own(objectField(object, 'metadata'), 'generation')) return undefined;
  const accepted = arrayField(status, 'conditions').find((each) => stringField(each, 'type') === 'Accepted');
  if (field(accepted, 'status') !== 'False') return undefined;
  return `its status says ${stringField(accepted, 'reason') ?? 'Unknown'}: ${stringField(accepted, 'message') ?? 'no message'}`;
}
