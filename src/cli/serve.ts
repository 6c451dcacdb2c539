import { formatConfig } from '../config/format-config.ts';
import { parseConfig } from '../config/parse-config.ts';
import type { ConfigSources, ParsedConfig } from '../config/parse-config.ts';
import type { SettingValues } from '../config/settings-table.ts';
import type { ActiveTemplates } from './last-good.ts';
import { colorsOf, complain, exitCodes, warn, write } from './output.ts';
import type { ExitCode } from './output.ts';
import { readInput } from './read-input.ts';
import { isClusterWanted, openClusterWebhook } from './serve-cluster.ts';
import { untilStopped } from './serve-until-stopped.ts';
import { openWebhook } from './serve-webhook.ts';
import type { Webhook } from './serve-webhook.ts';
import { offlineDefaults } from './settings-options.ts';
import { formatPosition } from './template-file.ts';
import { formatLocated } from './template-files.ts';
import type { LoadedTemplates } from './template-files.ts';

/** As commander hands them over: settings, and these. */
export interface ServeOptions {
  readonly config?: string;
  readonly printConfig?: boolean;
}

/** `podgraft serve`: the webhook, until a signal stops it. */
export async function runServe(options: ServeOptions): Promise<ExitCode> {
  const config = await readConfig(options);
  if (config.kind === 'invalid') return fail(config.problems);
  if (options.printConfig === true) {
    write(formatConfig(config));
    return exitCodes.done;
  }
  const { values } = config;
  if (await isClusterWanted(values)) return serveCluster(values);
  if (values.templates.length === 0) {
    return fail(['there is no cluster to read templates from (see --kubeconfig); name them with --templates DIR|FILE']);
  }
  const opened = await openWebhook(values, {
    onTemplates: (loaded, active) => {
      complain('templates changed:');
      describeTemplates(loaded, active);
    },
    onProblem: warn,
  });
  if (opened.kind === 'failed') return fail([opened.message]);
  // First of all, so that a signal which comes while it is still talking is heard.
  const stopped = untilStopped(opened.webhook);
  announce(opened.webhook, values);
  await stopped;
  return exitCodes.done;
}

/** In a cluster nobody reads along: the log says what happens, and `/readyz?verbose` what is missing. */
async function serveCluster(values: SettingValues): Promise<ExitCode> {
  const opened = await openClusterWebhook(values);
  if (opened.kind === 'failed') return fail([opened.message]);
  const stopped = untilStopped(opened.webhook);
  const { server, identity, apiServer } = opened.webhook;
  complain(`podgraft serves pods of ${apiServer} as ${identity.replica}`);
  complain(`  webhook      port ${server.port}, Service ${identity.namespace}/${values.serviceName}`);
  complain(`  probes       port ${server.probePort}: /livez, /readyz?verbose, /metrics`);
  await stopped;
  return exitCodes.done;
}

async function readConfig(options: ServeOptions): Promise<ParsedConfig> {
  let sources: ConfigSources = { flags: { ...options }, env: process.env };
  const name = options.config ?? process.env['PODGRAFT_CONFIG'];
  if (name !== undefined && name !== '') {
    const input = await readInput(name);
    if (input.kind === 'unreadable') return { kind: 'invalid', problems: [input.message] };
    sources = { ...sources, file: { name, text: input.text } };
  }
  const config = parseConfig(sources);
  if (config.kind === 'invalid' || (await isClusterWanted(config.values))) return config;
  return parseConfig({ ...sources, defaults: offlineDefaults });
}

function fail(lines: readonly string[]): ExitCode {
  for (const line of lines) complain(line);
  return exitCodes.usage;
}

function announce({ server, templates, caPath }: Webhook, values: SettingValues): void {
  const colors = colorsOf(process.stderr);
  const host = values.host ?? 'localhost';
  const address = host.includes(':') ? `[${host}]` : host;
  complain(colors.bold('podgraft serves pods'));
  complain(`  webhook      https://${address}:${server.port}/mutate/pods`);
  complain(`  probes       http://${address}:${server.probePort}/livez, /readyz, /metrics`);
  complain(`  certificate  ${caPath === undefined ? (values.tlsCert ?? '') : `development CA ${caPath}`}`);
  const list = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '));
  complain(
    `  allowed      namespace ${values.rootNamespace}: ${list(values.allow)}; others: ${list(values.allowNamespaced)}`,
  );
  describeTemplates(templates.loaded(), templates.active());
}

/** What is served, and what isn't and why, with places. */
function describeTemplates(loaded: LoadedTemplates, { templates, kept }: ActiveTemplates): void {
  for (const line of loaded.unreadable) warn(line);
  for (const line of loaded.notices) warn(line);
  for (const problem of loaded.problems) warn(formatLocated(problem));
  complain(`  templates    ${templates.length === 0 ? 'none' : String(templates.length)}`);
  for (const { id, source, description } of templates.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const from = source === undefined ? '' : `  ${formatPosition(source)}`;
    const note = kept.includes(id) ? '  (the last valid version: the file is broken now)' : '';
    complain(`    ${id}${from}${note}${description === undefined ? '' : `  ${description}`}`);
  }
  for (const id of loaded.invalid) if (!kept.includes(id)) complain(`    ${id}  is invalid and not served`);
}
