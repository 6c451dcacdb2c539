import type { Json } from '../core/json.ts';
import type { Setting } from './setting.ts';
import { allSettings, envOf, flagOf } from './settings-table.ts';
import type { SettingKey } from './settings-table.ts';

/** A flag as commander takes it. */
export interface Flag {
  readonly key: SettingKey;
  /** `--probe-port <port>`. */
  readonly flags: string;
  /** What it is, its default and its environment variable. */
  readonly description: string;
  /** May be given several times: its values are collected. */
  readonly repeatable: boolean;
}

/** The flags of some settings, for help and for parsing. */
export function toFlags(keys: readonly SettingKey[]): readonly Flag[] {
  return keys.map((key) => {
    const { type, default: defaultValue, description } = allSettings[key] as Setting<unknown>;
    const shown = formatDefault(type.toJson(defaultValue));
    return {
      key,
      flags: `--${flagOf(key)} ${type.hint}`,
      description: `${description}${shown === '' ? '' : ` (default ${shown})`} [${envOf(key)}]`,
      repeatable: type.hint.endsWith(',...>'),
    };
  });
}

function formatDefault(value: Json | undefined): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The name under which commander hands a flag's value over: `--probe-port` → `probePort`. */
export function attributeOf(key: SettingKey): string {
  return flagOf(key).replaceAll(/-([a-z])/gu, (_, letter: string) => letter.toUpperCase());
}
