import { isCollection, isMap, isScalar, isSeq, visit } from 'yaml';
import type { YAMLMap, YAMLSeq } from 'yaml';
import type { YamlDocument } from './yaml.ts';

/** How a document is laid out, so that what is added looks like what is there. Columns and steps in characters. */
export interface YamlStyle {
  /** How much deeper a map stands than its key. */
  readonly step: number;
  /** How much deeper a list's dashes stand than its key: 0, or mostly `step`. */
  readonly listStep: number;
  /** From a dash to what follows it. */
  readonly dash: number;
  readonly lineBreak: '\n' | '\r\n';
}

/** The column of an offset; 0 is the first. */
export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** Where the line that holds an offset starts, behind a byte order mark. */
export function lineStart(text: string, offset: number): number {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.startsWith('\uFEFF') ? 1 : start;
}

/** The style of a document: what its first nested map, its first list and that list's first element do. */
export function styleOf({ node, text, offset }: YamlDocument): YamlStyle {
  let step: number | undefined;
  let listStep: number | undefined;
  let dash: number | undefined;
  const columnAt = (from: number | undefined): number => columnOf(text, (from ?? offset) - offset);
  const isBlock = (value: unknown): value is YAMLMap | YAMLSeq => isCollection(value) && value.flow !== true;
  visit(node, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !isBlock(value)) return;
      const deeper = columnAt(value.range?.[0]) - columnAt(key.range?.[0]);
      if (isMap(value) && deeper > 0) step ??= deeper;
      if (isSeq(value) && deeper >= 0) listStep ??= deeper;
    },
    Seq(_, seq) {
      const [first] = seq.items;
      if (seq.flow !== true && isBlock(first)) dash ??= columnAt(first.range?.[0]) - columnAt(seq.range?.[0]);
    },
  });
  return {
    step: step ?? 2,
    listStep: listStep ?? step ?? 2,
    dash: Math.max(dash ?? 2, 2),
    lineBreak: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

/** True for a document that is written as JSON. */
export function isJson({ text }: { readonly text: string }): boolean {
  return /^\uFEFF?\s*[[{]/.test(text);
}
