import { isMap, isSeq } from 'yaml';
import type { Pair, ParsedNode } from 'yaml';
import { lineStart } from './yaml-style.ts';
import type { YamlStyle } from './yaml-style.ts';

/** A piece of text that is replaced; where `start` is `end`, one that is put in. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What is at hand on the way through a document. All places are offsets within `text`, which starts at `offset` of its stream. */
export interface Work {
  readonly text: string;
  readonly offset: number;
  readonly style: YamlStyle;
  readonly splices: Splice[];
}

/** Where a node starts. */
export function startOf({ offset }: Work, node: ParsedNode): number {
  return node.range[0] - offset;
}

/** Where the line starts on which nothing but indentation stands before `start`. */
export function startOfLine({ text }: Work, start: number): number | undefined {
  const line = lineStart(text, start);
  return text.slice(line, start).trim() === '' ? line : undefined;
}

/** Where the dash of a list's element is, in the list's column. */
export function dashOf(work: Work, item: ParsedNode, column: number): number | undefined {
  const { text } = work;
  let line = lineStart(text, startOf(work, item));
  while (text[line + column] !== '-' && line > 0) line = lineStart(text, line - 1);
  return text[line + column] === '-' ? line + column : undefined;
}

/** Where a node's text ends, its last line's comment and line break not included. */
export function endOf(work: Work, node: ParsedNode): number {
  const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true;
  if (!isBlock) return node.range[1] - work.offset;
  // A block's own range reaches to what comes behind it, comments and empty lines included.
  const [pair] = isMap(node) ? node.items.slice(-1) : [];
  if (pair !== undefined) return endOfPair(work, pair);
  const [item] = isSeq(node) ? node.items.slice(-1) : [];
  return item === undefined ? node.range[1] - work.offset : endOf(work, item);
}

/** The same for a map's entry. */
export function endOfPair(work: Work, { key, value }: Pair<ParsedNode, ParsedNode | null>): number {
  return endOf(work, value ?? key);
}

/** Where the next line starts; at the text's end, its length. */
export function endOfLine({ text }: Work, end: number): number {
  if (end > 0 && text[end - 1] === '\n') return end; // a block of text holds its own line break
  const lineBreak = text.indexOf('\n', end);
  return lineBreak < 0 ? text.length : lineBreak + 1;
}

/** Puts whole lines in. */
export function insertLines({ text, style, splices }: Work, place: number, lines: readonly string[]): void {
  const block = lines.join(style.lineBreak);
  const isAtEnd = place > 0 && text[place - 1] !== '\n';
  const inserted = isAtEnd ? style.lineBreak + block : block + style.lineBreak;
  splices.push({ start: place, end: place, text: inserted });
}

/** Puts lines in the place of a text that starts within a line. */
export function replaceLines(work: Work, start: number, end: number, lines: readonly string[]): void {
  const text = lines.join(work.style.lineBreak);
  work.splices.push({ start, end, text: work.text[end - 1] === '\n' ? text + work.style.lineBreak : text });
}

/** Takes whole lines out; false where something else stands on the first of them. */
export function removeLines(work: Work, start: number, end: number): boolean {
  const line = startOfLine(work, start);
  if (line === undefined) return false;
  work.splices.push({ start: line, end, text: '' });
  return true;
}
