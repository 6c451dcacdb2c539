import { stringify } from 'yaml';
import { isArray, isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { YamlStyle } from './yaml-style.ts';

/** A map's entry as lines of YAML, without the indentation that its place asks for. */
export function blockEntry(key: string, value: Json, style: YamlStyle): readonly string[] {
  const name = scalarText(key);
  const inner = nested(value);
  if (inner === undefined) return headed(`${name}: `, leafLines(value, style.step));
  return [`${name}:`, ...indent(blockLines(inner, style), isArray(inner) ? style.listStep : style.step)];
}

/** A list's element as lines of YAML, dash included. */
export function blockItem(value: Json, style: YamlStyle): readonly string[] {
  const inner = nested(value);
  if (inner === undefined) return headed('- ', leafLines(value, style.dash));
  const [first = '', ...rest] = blockLines(inner, style);
  return [`${'-'.padEnd(style.dash)}${first}`, ...indent(rest, style.dash)];
}

/** A map or list that holds something, and so has lines of its own. */
function nested(value: Json): JsonObject | readonly Json[] | undefined {
  return (isArray(value) || isObject(value)) && Object.keys(value).length > 0 ? value : undefined;
}

function blockLines(value: JsonObject | readonly Json[], style: YamlStyle): readonly string[] {
  if (isArray(value)) return value.flatMap((item) => blockItem(item, style));
  return Object.entries(value)
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .flatMap(([key, inner]) => blockEntry(key, inner, style));
}

function leafLines(value: Json, step: number): readonly string[] {
  if (typeof value !== 'string') return [JSON.stringify(value)];
  return literalLines(value, step) ?? [scalarText(value)];
}

function headed(head: string, [first = '', ...rest]: readonly string[]): readonly string[] {
  return [head + first, ...rest];
}

/** People write an element's name first, and a container's image behind it. */
function rank(key: string): number {
  const first = ['name', 'image'].indexOf(key);
  return first < 0 ? 2 : first;
}

/** Lines moved to the right; empty ones, which only a block of text has, stay empty. */
export function indent(lines: readonly string[], columns: number): readonly string[] {
  return lines.map((line) => (line === '' ? line : ' '.repeat(columns) + line));
}

// Control characters and whatever ends a line in some reader of YAML.
const special = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029\uFEFF]/;

function isPlain(text: string): boolean {
  return text.isWellFormed() && !special.test(text);
}

/** Text of several lines as a literal block, if it can be written as one. */
function literalLines(text: string, step: number): readonly string[] | undefined {
  if (!/^[^\s][^]*\n/.test(text) || !isPlain(text) || /[ \t](?:\n|$)/.test(text)) return undefined;
  const ends = /\n*$/.exec(text)?.[0].length ?? 0;
  const marker = ends === 0 ? '|-' : ends === 1 ? '|' : '|+';
  const lines = (ends === 0 ? text : text.slice(0, -1)).split('\n');
  return [marker, ...indent(lines, step)];
}

/** A string so that no reader takes it for something else: of YAML 1.1, of 1.2, of Go. */
function scalarText(text: string): string {
  // The package writes these as they are: the merge key, and YAML 1.1's default value.
  if (text === '<<' || text === '=') return `'${text}'`;
  // The package would write lines as a block in the first column, whatever their place.
  return isPlain(text) && !text.includes('\n') ? stringify(text, writeOptions).trimEnd() : quoted(text);
}

/** Text in double quotes: as JSON, with escapes also for what JSON leaves as it is and Go's reader refuses or folds. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    new RegExp(special, 'g'),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const writeOptions = {
  version: '1.1',
  compat: 'core',
  lineWidth: 0,
  singleQuote: true,
} as const;

/** Any value on one line, for a place between brackets. */
export function flowLine(value: Json): string {
  if (typeof value === 'string') return /^[A-Za-z][A-Za-z0-9./-]*$/.test(value) ? scalarText(value) : quoted(value);
  if (isArray(value)) return `[${value.map(flowLine).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${flowLine(key)}: ${flowLine(inner)}`)
    .join(', ')}}`;
}
