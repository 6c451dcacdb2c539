import manifest from '../../package.json' with { type: 'json' };
import type { ApiClient } from '../cluster/api-client.ts';
import { openClient } from '../cluster/client.ts';
import { findInstalledSettings } from '../cluster/installed-settings.ts';
import { readNamespace } from '../cluster/read-namespace.ts';
import { readTemplates } from '../cluster/read-templates.ts';
import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import { printable } from '../core/problem.ts';
import type { Settings } from '../core/settings.ts';
import type { Template } from '../core/template.ts';
import { offlineDefaults, readOfflineSettings } from './settings-options.ts';
import type { OfflineSettings } from './settings-options.ts';

/** What of a cluster is asked for. */
export interface ClusterQuestion {
  /** As commander hands them over: they go before the settings that the cluster's podgraft has. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** The namespaces of the pods; `own` is that of objects that name none, as far as the kubeconfig says it. */
  readonly namespaces: (own: string) => readonly string[];
  /** Whether a namespace is described by who calls: then what can't be read of it may be missing. */
  readonly isDescribed: (namespace: string) => boolean;
}

/** What a cluster says, or why it says nothing. */
export type ClusterAnswer =
  | {
      readonly kind: 'read';
      readonly settings: Settings;
      readonly templates: readonly Template[];
      readonly namespaces: ReadonlyMap<string, NamespaceInfo>;
      /** Of objects that name none. */
      readonly namespace: string;
      readonly notes: readonly string[];
      readonly warnings: readonly string[];
    }
  /** All reasons, one line each. */
  | { readonly kind: 'failed'; readonly lines: readonly string[] };

/**
 * Reads from a cluster what decides about pods: its podgraft's settings, the templates, the pods' namespaces. Everything
 * once, with the caller's own rights.
 */
export async function askCluster(question: ClusterQuestion): Promise<ClusterAnswer> {
  const { kubeconfig, context } = question;
  const opened = await openClient({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    env: process.env,
    version: manifest.version,
    isOnce: true,
  });
  if (opened.kind === 'failed') return failed(opened.message);
  try {
    return await ask(opened.client, opened.namespace ?? 'default', question);
  } finally {
    opened.close();
  }
}

async function ask(client: ApiClient, namespace: string, question: ClusterQuestion): Promise<ClusterAnswer> {
  const { flags, isDescribed } = question;
  const configured = await readSettings(client, flags);
  if (configured.kind === 'failed') return configured;
  const { config, warnings } = configured;
  if (config.kind === 'invalid') return { kind: 'failed', lines: config.problems };
  const { settings, values } = config;
  const names = [...new Set(question.namespaces(namespace))];
  const [templates, ...namespaces] = await Promise.all([
    readTemplates({
      client,
      settings,
      limits: { templates: values.templatesPerNamespace, bytes: values.templateBytesPerNamespace },
      namespaces: names,
      isStatusAsked: !configured.isInstalled,
    }),
    ...names.map(async (name) => ({ name, read: await readNamespace(client, name) })),
  ]);
  if (templates.kind === 'failed') return failed(templates.message);
  const found = new Map<string, NamespaceInfo>();
  const missing: string[] = [];
  for (const { name, read } of namespaces) {
    if (read.kind === 'read') found.set(name, read.info);
    else if (isDescribed(name)) continue;
    else if (read.kind === 'failed') return failed(read.message);
    else missing.push(`there is no Namespace ${name} in the cluster yet: it counts as one without labels`);
  }
  return {
    kind: 'read',
    settings,
    templates: templates.templates,
    namespaces: found,
    namespace,
    notes: templates.notes,
    warnings: [...warnings, ...templates.unused, ...missing].map(printable),
  };
}

interface Configured {
  readonly kind: 'configured';
  readonly config: OfflineSettings;
  /** Whether they are those of the cluster's podgraft. */
  readonly isInstalled: boolean;
  readonly warnings: readonly string[];
}

/** The settings that the cluster's podgraft has, flags and environment before them. */
async function readSettings(
  client: ApiClient,
  flags: ClusterQuestion['flags'],
): Promise<Configured | Extract<ClusterAnswer, { readonly kind: 'failed' }>> {
  const installed = await findInstalledSettings(client);
  if (installed.kind === 'failed') return failed(installed.message);
  const instead = (why: string, home?: string): Configured => {
    const defaults = { ...offlineDefaults, ...(home !== undefined && { rootNamespace: home }) };
    const warning = `the settings of the cluster's podgraft are not known: ${why}; flags, environment and defaults count`;
    return {
      kind: 'configured',
      config: readOfflineSettings(flags, { defaults }),
      isInstalled: false,
      warnings: [warning],
    };
  };
  if (installed.kind === 'unseen') return instead(installed.why, installed.home);
  const { where, text } = installed;
  const config = readOfflineSettings(flags, { file: { name: where, text } });
  // Another version of podgraft may have settings that this one doesn't know; what is wrong with flags was said before.
  if (config.kind === 'invalid') return instead(config.problems.join('; '));
  const { templates } = config.values;
  const warning = `the cluster's podgraft serves templates of files too (${templates.join(', ')}), which can't be seen from here`;
  return { kind: 'configured', config, isInstalled: true, warnings: templates.length > 0 ? [warning] : [] };
}

function failed(message: string): Extract<ClusterAnswer, { readonly kind: 'failed' }> {
  return { kind: 'failed', lines: [`${message}; or name files with --templates DIR|FILE`] };
}
