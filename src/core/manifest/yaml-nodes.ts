import { isAlias, isMap, isNode, isScalar, isSeq, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Document, Node } from 'yaml';
import { author, withoutSuppliers } from './attribution.ts';
import type { Attributed, AttributedList, AttributedObject } from './attribution.ts';
import { keyName } from './yaml.ts';

/**
 * A copy of a document's nodes with the edits in it: comments, quotes and the spelling of numbers stay where the
 * author's value stays. Aliases and merge keys are written out, since what they name may have changed.
 */
export function editedNodes(tree: Attributed, node: Node | null, document: Document): Node {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (tree.from === author) {
    if (tree.kind === 'object' && isMap(target)) return editedMap(tree, target, document);
    if (tree.kind === 'list' && isSeq(target)) return editedList(tree, target, document);
    if (tree.kind === 'value' && isScalar(target)) return scalarLike(target);
  }
  return document.createNode(withoutSuppliers(tree));
}

function editedMap({ entries }: AttributedObject, map: YAMLMap, document: Document): YAMLMap {
  const copy = likeCollection(map, new YAMLMap());
  const left = new Map(entries);
  for (const { key, value } of map.items) {
    const name = keyName(key) ?? '';
    const entry = left.get(name);
    left.delete(name);
    if (entry === undefined || !isScalar(key)) continue;
    copy.items.push(new Pair(scalarLike(key), editedNodes(entry, value as Node | null, document)));
  }
  for (const [name, entry] of left) {
    copy.items.push(new Pair(new Scalar(name), document.createNode(withoutSuppliers(entry))));
  }
  if (map.items.length === 0 && copy.items.length > 0) copy.flow = false;
  return copy;
}

function editedList({ items }: AttributedList, seq: YAMLSeq, document: Document): YAMLSeq {
  const copy = likeCollection(seq, new YAMLSeq());
  for (const { value, index } of items) {
    const old = index === undefined ? undefined : seq.items[index];
    copy.items.push(editedNodes(value, isNode(old) ? old : null, document));
  }
  if (seq.items.length === 0 && copy.items.length > 0) copy.flow = false;
  return copy;
}

function likeCollection<T extends YAMLMap | YAMLSeq>(from: T, to: T): T {
  const { commentBefore, comment, spaceBefore, flow } = from;
  return Object.assign(to, { commentBefore, comment, spaceBefore, flow });
}

function scalarLike(scalar: Scalar): Scalar {
  const { value, source = '' } = scalar;
  const copy = scalar.clone() as Scalar;
  delete copy.anchor;
  // As a number it has lost digits; as a BigInt it is written with all of them.
  if (typeof value === 'number' && !Number.isSafeInteger(value) && /^-?[0-9]+$/.test(source))
    copy.value = BigInt(source);
  return copy;
}
