import type { Json } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import type { Settings } from '../core/settings.ts';
import { parseConfigFile } from './config-file.ts';
import { attributeOf } from './flags.ts';
import type { Setting } from './setting.ts';
import { allSettings, envOf, flagOf, settingKeys } from './settings-table.ts';
import type { SettingKey, SettingValues } from './settings-table.ts';
import { unknownSetting } from './unknown-setting.ts';
import type { Parsed } from './value-type.ts';

/** Where settings come from; what stands first wins. */
export interface ConfigSources {
  /** By {@link attributeOf}, as commander hands them over; what isn't a setting there is another's. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file?: { readonly name: string; readonly text: string };
  /** A command's own defaults, e.g. that offline commands allow everything (specification §12). */
  readonly defaults?: Partial<SettingValues>;
}

export interface Config {
  readonly values: SettingValues;
  /** Where each value comes from: `flag --port`, `environment PODGRAFT_PORT`, `podgraft.yaml:3:1`, `default`. */
  readonly origins: ReadonlyMap<SettingKey, string>;
}

export type ParsedConfig =
  | ({ readonly kind: 'config' } & Config)
  /** All that is wrong, one line each: where, which setting, what it must be. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Puts the configuration together: flag before environment before file before default. All problems at once. */
export function parseConfig({ flags, env, file, defaults = {} }: ConfigSources): ParsedConfig {
  const fromFile = file === undefined ? undefined : parseConfigFile(file.text, file.name);
  const problems = [...unknownVariables(env), ...(fromFile?.problems ?? [])];
  const values: Partial<Record<SettingKey, unknown>> = {};
  const origins = new Map<SettingKey, string>();

  for (const key of settingKeys) {
    const { type, default: tableDefault } = allSettings[key] as Setting<unknown>;
    const found = findGiven(key);
    origins.set(key, found?.origin ?? 'default');
    if (found === undefined) {
      values[key] = defaults[key] ?? tableDefault;
      continue;
    }
    const parsed: Parsed<unknown> = found.texts === undefined ? type.fromJson(found.json) : type.fromTexts(found.texts);
    if (parsed.kind === 'value') values[key] = parsed.value;
    else problems.push(`${found.origin}: ${key} ${parsed.message}`);
  }
  if (problems.length === 0) problems.push(...pairProblems(values as SettingValues));
  return problems.length > 0
    ? { kind: 'invalid', problems }
    : { kind: 'config', values: values as SettingValues, origins };

  function findGiven(key: SettingKey): Given | undefined {
    const flag = flags[attributeOf(key)];
    if (flag !== undefined) {
      const texts = (Array.isArray(flag) ? flag : [flag]).map(String);
      return { origin: `flag --${flagOf(key)}`, texts };
    }
    const variable = env[envOf(key)];
    if (variable !== undefined && variable !== '' && !isServiceLink(envOf(key), variable)) {
      return { origin: `environment ${envOf(key)}`, texts: [variable] };
    }
    const entry = fromFile?.values.get(key);
    return entry && { origin: entry.place, json: entry.json };
  }
}

type Given =
  | { readonly origin: string; readonly texts: readonly string[] }
  | { readonly origin: string; readonly texts?: undefined; readonly json: Json };

/** Variables that were meant to be settings. What is like none of them is somebody else's: a prefix belongs to nobody. */
function unknownVariables(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  // PODGRAFT_CONFIG names the file itself.
  const known = [...settingKeys.map(envOf), 'PODGRAFT_CONFIG'];
  return Object.keys(env)
    .filter((name) => name.startsWith('PODGRAFT_') && !known.includes(name) && nearest(name, known) !== undefined)
    .filter((name) => !isServiceLink(name, env[name] ?? ''))
    .map((name) => `environment: ${unknownSetting(name, known)}`);
}

/**
 * The kubelet tells every container about the Services of its namespace, in Docker's old way: a Service called
 * `podgraft` makes PODGRAFT_PORT=tcp://…, PODGRAFT_SERVICE_HOST and more of the kind. None of them is a setting.
 */
function isServiceLink(name: string, value: string): boolean {
  return (
    /_SERVICE_(?:HOST|PORT)(?:_[A-Z0-9_]+)?$/u.test(name) ||
    /_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/u.test(name) ||
    (name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//u.test(value))
  );
}

function pairProblems(values: SettingValues): readonly string[] {
  const { tlsCert, tlsKey, clientCaFile, clientSubjects, certificates, caLifeSeconds, leafLifeSeconds } = values;
  const problems: string[] = [];
  if (clientSubjects.length > 0 && clientCaFile === undefined) {
    problems.push(
      'clientSubjects is set and clientCaFile is not: nobody would be asked for a certificate, so set --client-ca-file',
    );
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [set, unset] = tlsCert === undefined ? (['tlsKey', 'tlsCert'] as const) : (['tlsCert', 'tlsKey'] as const);
    problems.push(
      `${set} is set and ${unset} is not: a certificate serves only together with its key, so set --${flagOf(unset)}`,
    );
  } else if (certificates !== undefined && (certificates === 'self-managed') !== (tlsCert === undefined)) {
    problems.push(
      certificates === 'self-managed'
        ? 'certificates is self-managed and tlsCert is set: podgraft makes its certificate itself, or it reads one; drop one of the two'
        : `certificates is ${certificates} and tlsCert is not set: name the files with --tls-cert and --tls-key`,
    );
  }
  // Shorter, and a CA would end before the leaves under the one before it have (contract P2 to P5).
  if (caLifeSeconds < 3 * leafLifeSeconds) {
    problems.push(
      `caLifeSeconds is ${caLifeSeconds} and leafLifeSeconds is ${leafLifeSeconds}: a CA must live at least three times as long as a leaf`,
    );
  }
  return problems;
}

/** The core's settings out of all values. */
export function toSettings(values: SettingValues): Settings {
  const { defaultTemplate, sidecarResources } = values;
  return {
    rootNamespace: values.rootNamespace,
    injection: values.injection,
    excludedNamespaces: values.excludedNamespaces,
    ...(defaultTemplate !== undefined && { defaultTemplate }),
    primaryContainerNames: values.primaryContainerNames,
    ...(sidecarResources !== undefined && { sidecarResources }),
    reusable: { selectors: values['reusable.selectors'], ownerKinds: values['reusable.ownerKinds'] },
    required: { enabled: values['required.enabled'] },
    allow: values.allow,
    allowNamespaced: values.allowNamespaced,
  };
}
