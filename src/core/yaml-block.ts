import { Scalar, stringify } from 'yaml';
import { isArray, isObject } from './json.ts';
import type { Json } from './json.ts';
import type { YamlStyle } from './yaml-style.ts';

/** A map's entry as lines of YAML, without the indentation that its place asks for. */
export function blockEntry(key: string, value: Json, style: YamlStyle): readonly string[] {
  const name = scalarText(key);
  if (typeof value === 'string') {
    const literal = literalLines(value, style.step);
    if (literal !== undefined) return [`${name}: ${literal[0] ?? ''}`, ...literal.slice(1)];
  }
  if (isEmpty(value) || typeof value !== 'object' || value === null) return [`${name}: ${flowText(value)}`];
  const step = isArray(value) ? style.listStep : style.step;
  return [`${name}:`, ...indent(blockLines(value, style), step)];
}

/** A list's element as lines of YAML, dash included. */
export function blockItem(value: Json, style: YamlStyle): readonly string[] {
  const lines =
    (typeof value === 'string' ? literalLines(value, style.dash) : undefined) ??
    (isEmpty(value) || typeof value !== 'object' || value === null ? [flowText(value)] : undefined);
  const dash = '-'.padEnd(style.dash);
  if (lines !== undefined) return [`- ${lines[0] ?? ''}`, ...lines.slice(1)];
  const [first = '', ...rest] = blockLines(value, style);
  return [`${dash}${first}`, ...indent(rest, style.dash)];
}

function blockLines(value: Json, style: YamlStyle): readonly string[] {
  if (isArray(value)) return value.flatMap((item) => blockItem(item, style));
  if (isObject(value)) {
    return Object.entries(value)
      .toSorted(([a], [b]) => rank(a) - rank(b))
      .flatMap(([key, inner]) => blockEntry(key, inner, style));
  }
  return [flowText(value)];
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

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

// Anything else may end a line or start something in some reader of YAML.
const plainText = /^[\t\n\u0020-\u007E\u00A0-\u02FF\u0370-\u1FFF\u2030-\u205F\u2070-\uD7FF\uE000-\uFDFF]*$/;

/** Text of several lines as a literal block, if it can be written as one. */
function literalLines(text: string, step: number): readonly string[] | undefined {
  if (!/^[^\s][^]*\n/.test(text) || !plainText.test(text) || /[ \t](?:\n|$)/.test(text)) return undefined;
  const ends = /\n*$/.exec(text)?.[0].length ?? 0;
  const marker = ends === 0 ? '|-' : ends === 1 ? '|' : '|+';
  const lines = (ends === 0 ? text : text.slice(0, -1)).split('\n');
  return [marker, ...indent(lines, step)];
}

/** A string so that no reader takes it for something else: of YAML 1.1, of 1.2, of Go. */
function scalarText(text: string): string {
  // The package writes these as they are: the merge key, and YAML 1.1's default value.
  if (text === '<<' || text === '=') return `'${text}'`;
  const scalar = new Scalar(text);
  if (!plainText.test(text)) scalar.type = Scalar.QUOTE_DOUBLE;
  return stringify(scalar, writeOptions).trimEnd();
}

const writeOptions = {
  version: '1.1',
  compat: 'core',
  lineWidth: 0,
  singleQuote: true,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
} as const;

/** A scalar or an empty collection on one line. */
function flowText(value: Json): string {
  return typeof value === 'string' ? scalarText(value) : JSON.stringify(value);
}

/** Any value on one line, for a place between brackets. */
export function flowLine(value: Json): string {
  if (typeof value === 'string' && /^[A-Za-z][A-Za-z0-9./-]*$/.test(value)) return scalarText(value);
  if (isArray(value)) return `[${value.map(flowLine).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${flowLine(key)}: ${flowLine(inner)}`)
    .join(', ')}}`;
}
