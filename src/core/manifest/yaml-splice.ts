import { isMap, isScalar, isSeq } from 'yaml';
import type { ParsedNode, YAMLMap, YAMLSeq } from 'yaml';
import { author, isTouched, withoutSuppliers } from './attribution.ts';
import type { Attributed, AttributedList, AttributedObject } from './attribution.ts';
import { blockEntry, blockItem, indent } from './yaml-block.ts';
import { spliceFlow } from './yaml-flow.ts';
import {
  dashOf,
  endOf,
  endOfLine,
  endOfPair,
  insertLines,
  removeLines,
  replaceLines,
  startOf,
  startOfLine,
} from './yaml-places.ts';
import type { Work } from './yaml-places.ts';
import { columnOf, styleOf } from './yaml-style.ts';
import { keyName } from './yaml.ts';
import type { YamlDocument } from './yaml.ts';

/**
 * A document's text with edits put in where they belong, all else byte for byte as it was. `undefined` where the text
 * is written in a way that leaves no place for them, such as an alias on the path of an edit. The result is to be
 * read again and compared: this is the text's side of the work, not a proof.
 */
export function spliceYaml(document: YamlDocument, tree: Attributed): string | undefined {
  const { text, offset, node } = document;
  const work: Work = { text, offset, style: styleOf(document), splices: [] };
  if (!spliceNode(work, node.contents, tree)) return undefined;
  let result = '';
  let done = 0;
  // The sort is stable: what belongs further in was found first.
  for (const { start, end, text: inserted } of work.splices.toSorted((a, b) => a.start - b.start)) {
    if (start < done) return undefined;
    result += text.slice(done, start) + inserted;
    done = end;
  }
  return result + text.slice(done);
}

/** False where there is no place for the edits. */
function spliceNode(work: Work, node: ParsedNode | null, tree: Attributed, head?: number): boolean {
  if (!isTouched(tree)) return true;
  if ((isMap(node) || isSeq(node)) && node.flow === true) return spliceFlow(work, node, tree);
  if (tree.kind === 'object' && isMap(node)) return spliceMap(work, node, tree);
  return tree.kind === 'list' && isSeq(node) && spliceList(work, node, tree, head);
}

function spliceMap(work: Work, map: YAMLMap.Parsed, { entries }: AttributedObject): boolean {
  const { style } = work;
  const column = columnOf(work.text, startOf(work, map));
  const left = new Set(entries.keys());
  let last: number | undefined;
  for (const pair of map.items) {
    const { key, value } = pair;
    if (!isScalar(key)) return false;
    const name = keyName(key) ?? '';
    const entry = entries.get(name);
    left.delete(name);
    const start = startOf(work, key);
    const end = endOfLine(work, endOfPair(work, pair));
    if (entry === undefined) {
      if (!removeLines(work, start, end)) return false;
      continue;
    }
    last = end;
    if (entry.from !== author || isEmptyFlow(value, entry)) {
      const lines = blockEntry(name, withoutSuppliers(entry), style);
      replaceLines(work, start, endOfPair(work, pair), [lines[0] ?? '', ...indent(lines.slice(1), column)]);
    } else if (!spliceNode(work, value, entry, endOfLine(work, endOf(work, key)))) {
      return false;
    }
  }
  if (last === undefined) return false;
  for (const name of left) {
    const entry = entries.get(name);
    if (entry?.from === author) return false; // it came by a merge key
    if (entry !== undefined) insertLines(work, last, indent(blockEntry(name, withoutSuppliers(entry), style), column));
  }
  return true;
}

/** `head`: where the line behind the list's key starts. */
function spliceList(work: Work, seq: YAMLSeq.Parsed, { items }: AttributedList, head: number | undefined): boolean {
  const column = columnOf(work.text, startOf(work, seq));
  const kept = new Set(items.map(({ index }) => index));
  for (const [index, item] of seq.items.entries()) {
    if (kept.has(index)) continue;
    const dash = dashOf(work, item, column);
    if (dash === undefined || !removeLines(work, dash, endOfLine(work, endOf(work, item)))) return false;
  }
  // New ones stand right behind the one before them, or the key, so that a comment above an element stays with it.
  let place = head;
  for (const { value, index } of items) {
    if (index === undefined) {
      place ??= startOfLine(work, startOf(work, seq));
      if (place === undefined) return false;
      insertLines(work, place, indent(blockItem(withoutSuppliers(value), work.style), column));
      continue;
    }
    const item = seq.items[index];
    if (item === undefined || value.from !== author || isEmptyFlow(item, value)) return false;
    if (!spliceNode(work, item, value)) return false;
    place = endOfLine(work, endOf(work, item));
  }
  return items.some(({ index }) => index !== undefined);
}

/** A `{}` or `[]` that is to hold something is written anew, in block style. */
function isEmptyFlow(node: ParsedNode | null, tree: Attributed): boolean {
  return isTouched(tree) && (isMap(node) || isSeq(node)) && node.flow === true && node.items.length === 0;
}
