import type { Command } from 'commander';
import { toFlags } from '../config/flags.ts';
import { parseConfig, toSettings } from '../config/parse-config.ts';
import type { ConfigSources } from '../config/parse-config.ts';
import { coreSettings, settingKeys } from '../config/settings-table.ts';
import type { SettingKey, SettingValues } from '../config/settings-table.ts';
import { capabilitiesToAllow } from '../core/settings.ts';
import type { Settings } from '../core/settings.ts';

/** Adds a command's flags for settings. */
export function addSettings(command: Command, keys: readonly SettingKey[]): Command {
  for (const { flags, description, repeatable } of toFlags(keys)) {
    if (repeatable) command.option(flags, description, collect);
    else command.option(flags, description);
  }
  return command;
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** What `lint` lets one set: what decides whether a template is valid. */
export const lintKeys: readonly SettingKey[] = settingKeys.filter((key) => Object.hasOwn(coreSettings, key));

/** What `inject` and `explain` let one set: where templates are, and what decides a graft. */
export const offlineKeys: readonly SettingKey[] = settingKeys.filter(
  (key) => key === 'templates' || key === 'kubeconfig' || lintKeys.includes(key),
);

/**
 * What templates from files may carry unless told otherwise: everything (specification §12). Whoever writes the files
 * runs the command; in a cluster, where they are two people, the operator has to say.
 */
export const offlineDefaults: Partial<SettingValues> = {
  allow: capabilitiesToAllow,
  allowNamespaced: capabilitiesToAllow,
};

export type OfflineSettings =
  | { readonly kind: 'settings'; readonly settings: Settings; readonly values: SettingValues }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** The settings of an offline command, from its flags and the environment, and from where else it is said. */
export function readOfflineSettings(
  flags: Readonly<Record<string, unknown>>,
  others: Pick<ConfigSources, 'file' | 'defaults'> = { defaults: offlineDefaults },
): OfflineSettings {
  const config = parseConfig({ flags, env: process.env, ...others });
  if (config.kind === 'invalid') return config;
  return { kind: 'settings', settings: toSettings(config.values), values: config.values };
}
