import { isMap, isScalar, isSeq } from 'yaml';
import type { Node } from 'yaml';
import { equal, stringField } from '../json.ts';
import { withoutSuppliers } from './attribution.ts';
import type { Attributed } from './attribution.ts';
import { editedNodes } from './yaml-nodes.ts';
import { spliceYaml } from './yaml-splice.ts';
import { isJson, styleOf } from './yaml-style.ts';
import { keyName, parseYaml } from './yaml.ts';
import type { YamlDocument } from './yaml.ts';

/**
 * A document's text with edits in it (`tree` is its value with the edits replayed). What they don't touch stays byte
 * for byte; only where the text leaves no place for them (anchors, aliases and merge keys on their way) is the whole
 * document laid out anew, with its comments. What comes out is read again and must say what the tree says.
 */
export function formatEditedYaml(document: YamlDocument, tree: Attributed): string {
  const wanted = withoutSuppliers(tree);
  const says = (text: string): boolean => {
    const { documents, problems } = parseYaml(text);
    const found = documents.find(({ node }) => node.contents !== null);
    return problems.length === 0 && documents.length === 1 && equal(found?.value, wanted);
  };
  const spliced = spliceYaml(document, tree);
  if (spliced !== undefined && says(spliced)) return spliced;
  if (!isJson(document)) {
    const { step, listStep } = styleOf(document);
    const copy = document.node.clone();
    copy.contents = editedNodes(tree, document.node.contents, document.node) as typeof copy.contents;
    const laidOut = copy.toString({ lineWidth: 0, indent: step, indentSeq: listStep > 0 });
    if (says(laidOut)) return laidOut;
  }
  // JSON leaves nothing to be taken for something else, such as a key that is called <<.
  const json = `${document.offset > 0 ? '---\n' : ''}${formatEditedJson(document, tree)}\n`;
  if (!says(json)) throw new Error('the YAML that was written does not say what the graft says');
  return json;
}

/** A document as JSON, edits in it, two spaces a level. The author's numbers keep their digits, however many. */
export function formatEditedJson(document: YamlDocument, tree: Attributed, margin = ''): string {
  return jsonText(editedNodes(tree, document.node.contents, document.node), margin);
}

/** The same for the items of a List, one text each; for any other document its own. */
export function formatEditedItems(document: YamlDocument, tree: Attributed, margin = ''): readonly string[] {
  const node = editedNodes(tree, document.node.contents, document.node);
  const items =
    stringField(document.value, 'kind')?.endsWith('List') === true && isMap(node) ? node.get('items') : null;
  return isSeq(items) ? items.items.map((item) => jsonText(item as Node | null, margin)) : [jsonText(node, margin)];
}

const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/;

function jsonText(node: Node | null, margin: string): string {
  const inner = `${margin}  `;
  const wrap = (open: string, parts: readonly string[], close: string): string =>
    parts.length === 0 ? open + close : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
  if (isMap(node)) {
    const parts = node.items.map(({ key, value }) => {
      const name = keyName(key) ?? '';
      return `${JSON.stringify(name)}: ${jsonText(value as Node | null, inner)}`;
    });
    return wrap('{', parts, '}');
  }
  if (isSeq(node)) {
    return wrap(
      '[',
      (node.items as readonly Node[]).map((item) => jsonText(item, inner)),
      ']',
    );
  }
  if (!isScalar(node)) return 'null';
  const { value, source } = node;
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && source !== undefined && jsonNumber.test(source) ? source : JSON.stringify(value);
}
