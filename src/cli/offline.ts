import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import type { JsonObject, MutableJsonObject } from '../core/json.ts';
import { setOwn } from '../core/json.ts';
import { manifestObjects, podPlace } from '../core/manifest/workload.ts';
import type { Settings } from '../core/settings.ts';
import { buildTemplateSet } from '../core/template-set.ts';
import type { TemplateSet } from '../core/template-set.ts';
import { readManifests } from './manifests.ts';
import type { ManifestFile } from './manifests.ts';
import { complain, warn } from './output.ts';
import { readOfflineSettings } from './settings-options.ts';
import { formatLocated, loadTemplates } from './template-files.ts';

/** The options that `inject` and `explain` share, as commander hands them over. */
export interface OfflineOptions {
  readonly filename: readonly string[];
  readonly namespace?: string;
  readonly namespaceLabels?: string;
  /** Of the kubeconfig, where the templates are the cluster's. */
  readonly context?: string;
  readonly kubeconfig?: string;
}

/** What `inject` and `explain` work on. */
export interface Offline {
  readonly settings: Settings;
  readonly templates: TemplateSet;
  readonly files: readonly ManifestFile[];
  /** The namespace of an object that says `own`, or none. */
  readonly namespaceOf: (own: string | undefined) => NamespaceInfo;
}

/**
 * Reads settings, manifests, and templates: of files, or where none are named, of the kubeconfig's cluster. `undefined`
 * where that can't be done: then all reasons are on stderr, and the exit code is 2.
 */
export async function prepareOffline(options: OfflineOptions): Promise<Offline | undefined> {
  const config = readOfflineSettings({ ...options });
  if (config.kind === 'invalid') return fail(config.problems);
  const labels = parseLabels(options.namespaceLabels);
  if (labels === undefined) return fail(['--namespace-labels must be key=value pairs, separated by commas']);
  const { settings, values } = config;
  if (values.templates.length === 0) return fromCluster(options, labels, values.kubeconfig);
  for (const flag of ['context', 'kubeconfig'] as const) {
    if (options[flag] === undefined) continue;
    const files = values.templates.join(', ');
    return fail([`--${flag} names a cluster, and templates are to come from files (${files}): drop one of the two`]);
  }
  const [loaded, manifests] = await Promise.all([
    loadTemplates(values.templates, settings),
    readManifests(options.filename),
  ]);
  for (const notice of loaded.notices) warn(notice);
  const problems = [...loaded.unreadable, ...loaded.problems.map(formatLocated)];
  if (manifests.kind === 'unreadable') return fail([...problems, ...manifests.lines]);
  if (problems.length > 0) return fail(problems);
  const described = new Map([...loaded.namespaces, ...manifests.namespaces]);
  return {
    settings,
    templates: buildTemplateSet(loaded.templates, settings.rootNamespace),
    files: manifests.files,
    namespaceOf: toNamespaceOf(options, 'default', labels, described),
  };
}

async function fromCluster(
  options: OfflineOptions,
  labels: JsonObject,
  kubeconfig: string | undefined,
): Promise<Offline | undefined> {
  const manifests = await readManifests(options.filename);
  if (manifests.kind === 'unreadable') return fail(manifests.lines);
  const { files, namespaces: described } = manifests;
  const { context, namespace } = options;
  // What talks to clusters is most of the program: it is loaded where there is something to ask.
  const { askCluster } = await import('./offline-cluster.ts');
  const answer = await askCluster({
    flags: { ...options },
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    namespaces: (own) => podNamespaces(files).map((name) => name ?? namespace ?? own),
    isDescribed: (name) => described.has(name) || (Object.keys(labels).length > 0 && name === (namespace ?? name)),
  });
  if (answer.kind === 'failed') return fail(answer.lines);
  for (const note of answer.notes) complain(`note: ${note}`);
  for (const warning of answer.warnings) warn(warning);
  const { settings } = answer;
  return {
    settings,
    templates: buildTemplateSet(answer.templates, settings.rootNamespace),
    files,
    namespaceOf: toNamespaceOf(options, answer.namespace, labels, applied(answer.namespaces, described)),
  };
}

/** The namespaces that the pods and workloads of manifests name; `undefined` for those that name none. */
function podNamespaces(files: readonly ManifestFile[]): readonly (string | undefined)[] {
  return files.flatMap(({ documents }) =>
    documents.flatMap(({ value }) =>
      manifestObjects(value).flatMap((object) => {
        const place = podPlace(object);
        return place === undefined ? [] : [place.namespace];
      }),
    ),
  );
}

/** @param fallback the namespace of objects that name none, where the caller doesn't either */
function toNamespaceOf(
  { namespace: inUse }: OfflineOptions,
  fallback: string,
  given: JsonObject,
  described: ReadonlyMap<string, NamespaceInfo>,
): Offline['namespaceOf'] {
  return (own) => {
    const name = own ?? inUse ?? fallback;
    const found = described.get(name);
    // The labels are those of the namespace in use: of `-n`, or without it of whichever an object is in.
    const ofUse = inUse === undefined || inUse === name ? given : {};
    return {
      name,
      labels: { ...found?.labels, ...ofUse, 'kubernetes.io/metadata.name': name },
      annotations: found?.annotations ?? {},
    };
  };
}

/** Namespaces as they will be when the manifests are applied to the cluster. */
function applied(
  live: ReadonlyMap<string, NamespaceInfo>,
  manifests: ReadonlyMap<string, NamespaceInfo>,
): ReadonlyMap<string, NamespaceInfo> {
  const all = new Map(live);
  for (const [name, { labels, annotations }] of manifests) {
    const before = live.get(name);
    all.set(name, {
      name,
      labels: { ...before?.labels, ...labels },
      annotations: { ...before?.annotations, ...annotations },
    });
  }
  return all;
}

function fail(lines: readonly string[]): undefined {
  for (const line of lines) complain(line);
  return undefined;
}

function parseLabels(text: string | undefined): JsonObject | undefined {
  const labels: MutableJsonObject = {};
  for (const pair of (text ?? '').split(',')) {
    if (pair.trim() === '') continue;
    const match = /^\s*([^=\s]+)=([^=\s]*)\s*$/.exec(pair);
    if (match === null) return undefined;
    setOwn(labels, match[1] ?? '', match[2] ?? '');
  }
  return labels;
}
