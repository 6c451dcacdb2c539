import { isMap, isNode, isScalar, parseDocument } from 'yaml';
import type { Document, YAMLMap } from 'yaml';
import type { Json } from '../core/json.ts';
import { settingKeys } from './settings-table.ts';
import type { SettingKey } from './settings-table.ts';
import { unknownSetting } from './unknown-setting.ts';

/** What a configuration file says, and all that is wrong with its form. */
export interface ConfigFile {
  readonly values: ReadonlyMap<SettingKey, { readonly json: Json; readonly place: string }>;
  /** Each one line that begins with `file:line:column`. */
  readonly problems: readonly string[];
}

/** Aliases that a file may use, as many as kubectl's readers put up with (contract S14). */
const maxAliases = 100;

/**
 * Reads a configuration file: YAML (or JSON), keys as in the table, dotted ones nested.
 * @param name how the file is called in problems
 */
export function parseConfigFile(text: string, name: string): ConfigFile {
  const document = parseDocument(text, { version: '1.2', prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
    return { values: new Map(), problems: [`${name}:${line}:${col}: this is not valid YAML (${error.code})`] };
  }
  const { contents } = document;
  if (contents === null) return { values: new Map(), problems: [] };
  if (!isMap(contents)) {
    return { values: new Map(), problems: [`${name}:1:1: must be a map of settings, such as port: 8443`] };
  }
  const values = new Map<SettingKey, { json: Json; place: string }>();
  const problems: string[] = [];
  const lineStarts = toLineStarts(text);
  const visit = (map: YAMLMap, prefix: string): void => {
    for (const pair of map.items) {
      const key = isScalar(pair.key) ? `${prefix}${String(pair.key.value)}` : prefix;
      const place = `${name}:${toPlace(lineStarts, isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0)}`;
      const known = settingKeys.find((candidate) => candidate === key);
      if (known !== undefined) {
        const json = toJson(pair.value, document);
        if (json === undefined) problems.push(`${place}: ${key} has too many aliases; write its value out`);
        else values.set(known, { json, place });
      } else if (isMap(pair.value) && settingKeys.some((candidate) => candidate.startsWith(`${key}.`))) {
        visit(pair.value, `${key}.`);
      } else {
        problems.push(`${place}: ${unknownSetting(key, settingKeys)}`);
      }
    }
  };
  visit(contents, '');
  return { values, problems };
}

/** A node's value; undefined where its aliases are more than anyone writes by hand. */
function toJson(node: unknown, document: Document.Parsed): Json | undefined {
  if (!isNode(node)) return null;
  try {
    return (node.toJS(document, { maxAliasCount: maxAliases }) as Json | undefined) ?? null;
  } catch {
    return undefined;
  }
}

function toLineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/gu)].map(({ index }) => index + 1)];
}

function toPlace(lineStarts: readonly number[], offset: number): string {
  const line = lineStarts.findLastIndex((start) => start <= offset);
  return `${line + 1}:${offset - (lineStarts[line] ?? 0) + 1}`;
}
