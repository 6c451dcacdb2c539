import { isMap, isSeq } from 'yaml';
import type { ParsedNode } from 'yaml';
import type { Json } from '../json.ts';
import { author, isTouched, withoutSuppliers } from './attribution.ts';
import type { Attributed } from './attribution.ts';
import { flowLine } from './yaml-block.ts';
import { startOfLine } from './yaml-places.ts';
import type { Work } from './yaml-places.ts';
import { columnOf, isJson, lineStart } from './yaml-style.ts';
import { keyName } from './yaml.ts';

/** One of the things between two brackets. */
interface Part {
  readonly value: Attributed;
  /** The key, in a map. */
  readonly name?: string;
  /** The node that was there before the edits: from its key on, and its value. */
  readonly old?: { readonly start: number; readonly end: number; readonly value: ParsedNode | null };
}

/**
 * Edits of maps and lists in brackets, JSON among them: what is new goes on the line of what is there, or on lines of
 * its own where that has such. False where something is to be taken out.
 */
export function spliceFlow(work: Work, node: ParsedNode | null, tree: Attributed): boolean {
  if (!isTouched(tree)) return true;
  const parts = partsOf(work, node, tree);
  if (node === null || parts === undefined) return false;
  const olds = parts.flatMap(({ old }) => old ?? []);
  const [first] = olds;
  if (first === undefined) {
    const [open, close] = isMap(node) ? ['{', '}'] : ['[', ']'];
    const [start, end] = [node.range[0] - work.offset, node.range[1] - work.offset];
    const margin = indentationAt(work, start);
    const layout = layoutAt(work, isJson(work) && work.text.includes('\n') ? margin + jsonStep(work) : undefined);
    const texts = parts.map((part) => layout.format(part)).join(`,${layout.gap}`);
    const inside = layout.isOwnLine ? `${layout.gap}${texts}${work.style.lineBreak}${' '.repeat(margin)}` : texts;
    work.splices.push({ start, end, text: open + inside + close });
    return true;
  }
  const isOwnLine = startOfLine(work, first.start) !== undefined;
  const layout = layoutAt(work, isOwnLine ? columnOf(work.text, first.start) : undefined);
  let behind: number | undefined;
  for (const part of parts) {
    const { old, value } = part;
    if (old === undefined) {
      const place = behind ?? first.start;
      const text = layout.format(part);
      work.splices.push({
        start: place,
        end: place,
        text: behind === undefined ? `${text},${layout.gap}` : `,${layout.gap}${text}`,
      });
      continue;
    }
    if (value.from !== author) {
      if (old.value === null) return false;
      const [start, end] = old.value.range;
      const text = layout.formatValue(withoutSuppliers(value));
      work.splices.push({ start: start - work.offset, end: end - work.offset, text });
    } else if (!spliceFlow(work, old.value, value)) {
      return false;
    }
    behind = old.end;
  }
  return true;
}

/** What is to stand between the brackets, in order; `undefined` where something that is there isn't among it. */
function partsOf({ offset }: Work, node: ParsedNode | null, tree: Attributed): readonly Part[] | undefined {
  if (isMap(node) && tree.kind === 'object') {
    const left = new Map(tree.entries);
    const parts: Part[] = [];
    for (const { key, value: old } of node.items) {
      const name = keyName(key) ?? '';
      const value = left.get(name);
      left.delete(name);
      if (value === undefined) return undefined;
      const [, end] = (old ?? key).range;
      parts.push({ name, value, old: { start: key.range[0] - offset, end: end - offset, value: old } });
    }
    // What came by a merge key has an author, but no place.
    if ([...left.values()].some(({ from }) => from === author)) return undefined;
    return [...parts, ...[...left].map(([name, value]) => ({ name, value }))];
  }
  if (!isSeq(node) || tree.kind !== 'list') return undefined;
  if (tree.items.filter(({ index }) => index !== undefined).length < node.items.length) return undefined;
  return tree.items.map(({ value, index }) => {
    const old = index === undefined ? undefined : node.items[index];
    if (old === undefined) return { value };
    return { value, old: { start: old.range[0] - offset, end: old.range[1] - offset, value: old } };
  });
}

interface Layout {
  readonly isOwnLine: boolean;
  /** What stands between a comma and what follows. */
  readonly gap: string;
  readonly format: (part: Part) => string;
  readonly formatValue: (value: Json) => string;
}

/** `column`: where lines of their own start; absent where all is on one line. */
function layoutAt(work: Work, column: number | undefined): Layout {
  const gap = column === undefined ? ' ' : work.style.lineBreak + ' '.repeat(column);
  const isInJson = isJson(work);
  const formatValue = (value: Json): string => {
    if (!isInJson) return flowLine(value);
    return JSON.stringify(value, null, column === undefined ? undefined : jsonStep(work)).replaceAll('\n', gap);
  };
  const formatKey = (name: string): string => (isInJson ? JSON.stringify(name) : flowLine(name));
  const format = ({ name, value }: Part): string => {
    const text = formatValue(withoutSuppliers(value));
    return name === undefined ? text : `${formatKey(name)}: ${text}`;
  };
  return { isOwnLine: column !== undefined, gap, format, formatValue };
}

/** How much deeper each level of a JSON text of several lines stands. */
function jsonStep({ text }: Work): number {
  return /\n( +)"/.exec(text)?.[1]?.length ?? 2;
}

function indentationAt({ text }: Work, place: number): number {
  return /^ */.exec(text.slice(lineStart(text, place)))?.[0].length ?? 0;
}
