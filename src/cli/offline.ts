import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import type { JsonObject, MutableJsonObject } from '../core/json.ts';
import { setOwn } from '../core/json.ts';
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
}

/** What `inject` and `explain` work on. */
export interface Offline {
  readonly settings: Settings;
  readonly templates: TemplateSet;
  readonly files: readonly ManifestFile[];
  /** The namespace of an object that says `own`, or none. */
  readonly namespaceOf: (own: string | undefined) => NamespaceInfo;
}

/** Reads settings, templates and manifests. `undefined` where that can't be done: then all reasons are on stderr, and the exit code is 2. */
export async function prepareOffline(options: OfflineOptions): Promise<Offline | undefined> {
  const config = readOfflineSettings({ ...options });
  if (config.kind === 'invalid') return fail(config.problems);
  const { settings } = config;
  const labels = parseLabels(options.namespaceLabels);
  if (labels === undefined) return fail(['--namespace-labels must be key=value pairs, separated by commas']);
  if (config.templates.length === 0) {
    return fail(['name the templates with --templates DIR|FILE; templates of a cluster cannot be read yet']);
  }
  const [loaded, manifests] = await Promise.all([
    loadTemplates(config.templates, settings),
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
    namespaceOf(own) {
      const name = own ?? options.namespace ?? 'default';
      const found = described.get(name);
      // The labels are those of the namespace in use: of `-n`, or without it of whichever an object is in.
      const given = options.namespace === undefined || options.namespace === name ? labels : {};
      return {
        name,
        labels: { ...found?.labels, ...given, 'kubernetes.io/metadata.name': name },
        annotations: found?.annotations ?? {},
      };
    },
  };
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
