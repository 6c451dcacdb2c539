import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Document, Node, Pair, ParsedNode, Tags, YAMLParseError } from 'yaml';
import type { FieldPath } from '../field-path.ts';
import type { Json } from '../json.ts';
import type { Position, Problem } from '../problem.ts';

/** A stream of documents longer than this is not parsed, in UTF-16 code units: the parser needs a second per megabyte. */
const maxYamlLength = 8 * 1024 * 1024;

const maxAliases = 100;

/** One well-formed document of a stream. */
export interface YamlDocument {
  /** `null` for an empty one. */
  readonly value: Json;
  /** Its part of the stream; all parts, joined, are the stream again, comments and separators included. */
  readonly text: string;
  /** Where {@link text} starts in the stream. */
  readonly offset: number;
  /** As the package `yaml` has it, with ranges in the stream. Never changed: edit a copy. */
  readonly node: Document.Parsed;
  readonly lines: LineCounter;
  readonly file?: string;
}

export interface YamlStream {
  /** In order; those that are not well-formed are missing. */
  readonly documents: readonly YamlDocument[];
  /** Everything that is wrong with the text, with positions (PG048). Never quotes the text. */
  readonly problems: readonly Problem[];
}

// kubectl reads YAML 1.1 without its dates and base-60 numbers. The other types have no form in JSON.
const unreadTags = new Set(['timestamp', 'binary', 'omap', 'pairs', 'set'].map((name) => `tag:yaml.org,2002:${name}`));
const readTags = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === 'string' || (!unreadTags.has(tag.tag) && tag.format !== 'TIME'));

/** How text is read and written: YAML 1.1 as kubectl reads it, which JSON is a part of. */
const yamlOptions = {
  version: '1.1',
  customTags: readTags,
  // Its errors would quote the lines around them.
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** Reads a YAML stream or a JSON text. Refuses duplicate keys, more than 100 aliases, and what JSON can't say. */
export function parseYaml(text: string, file?: string): YamlStream {
  const lines = new LineCounter();
  const start: Position = { ...(file === undefined ? {} : { file }), line: 1, column: 1 };
  if (text.length > maxYamlLength) {
    const size = `${Math.ceil(text.length / 1024 / 1024)} MiB of text; at most ${maxYamlLength / 1024 / 1024} are read`;
    return { documents: [], problems: [syntaxProblem(size, start)] };
  }
  const parsed = [...parseAllDocuments(text, { ...yamlOptions, lineCounter: lines })];
  const documents: YamlDocument[] = [];
  const problems: Problem[] = [];
  let offset = 0;
  parsed.forEach((node, index) => {
    const end = index === parsed.length - 1 ? text.length : node.range[2];
    const faults = faultsOf(node);
    const value = faults.length === 0 ? toJson(node, faults) : null;
    if (faults.length === 0) {
      const place = { text: text.slice(offset, end), offset, lines, ...(file === undefined ? {} : { file }) };
      documents.push({ value, node, ...place });
    }
    for (const fault of faults) {
      problems.push(syntaxProblem(fault.detail, { ...start, ...positionAt(lines, fault.offset) }));
    }
    offset = end;
  });
  return { documents, problems };
}

interface Fault {
  readonly offset: number;
  readonly detail: string;
}

/** Everything that keeps a document from being read, one for each place. */
function faultsOf(node: Document.Parsed): Fault[] {
  const faults = new Map<number, Fault>();
  const add = (offset: number, detail: string): void => {
    if (!faults.has(offset)) faults.set(offset, { offset, detail });
  };
  for (const { code, pos } of [...node.errors, ...node.warnings]) {
    // One for each level, from the innermost one out.
    if (code === 'RESOURCE_EXHAUSTION') return [{ offset: node.range[0], detail: sentences[code] }];
    add(pos[0], sentences[code]);
  }
  let aliases = 0;
  visit(node, {
    Alias(_, alias) {
      const [from] = alias.range ?? [0];
      const target = alias.resolve(node);
      aliases += 1;
      if (aliases === maxAliases + 1) add(from, `more than ${maxAliases} aliases; write out what they stand for`);
      if (target === undefined) add(from, sentences.BAD_ALIAS);
      const range = target?.range;
      if (range != null && range[0] <= from && from < range[2]) add(from, 'the alias stands inside what it names');
    },
    Pair(_, pair) {
      if (isCollection(pair.key)) add(pair.key.range?.[0] ?? 0, 'a key must be a single value, not a map or a list');
    },
    Scalar(_, scalar) {
      if (typeof scalar.value === 'number' && !Number.isFinite(scalar.value)) {
        add(scalar.range?.[0] ?? 0, 'JSON has no such number; put it in quotes if it is meant as text');
      }
    },
  });
  return [...faults.values()];
}

function toJson(node: Document.Parsed, faults: Fault[]): Json {
  try {
    // It counts the anchor too.
    return node.toJS({ maxAliasCount: maxAliases + 1 }) as Json;
  } catch (error) {
    // Its own way to say what it can't do; nothing else is left by now.
    const detail =
      error instanceof ReferenceError
        ? 'the aliases come to too much; write out what they stand for'
        : 'a merge key (<<) merges something that is no map';
    faults.push({ offset: node.range[0], detail });
    return null;
  }
}

// The parser's own messages may quote the text, which may be a Secret.
const sentences: Readonly<Record<YAMLParseError['code'], string>> = {
  ALIAS_PROPS: 'an alias can have neither a tag nor an anchor of its own',
  BAD_ALIAS: 'the alias names an anchor that does not stand before it',
  BAD_COLLECTION_TYPE: 'the tag does not fit the value',
  BAD_DIRECTIVE: 'the directive is not one of YAML',
  BAD_DQ_ESCAPE: 'the escape sequence is none of YAML; in double quotes a backslash is written twice',
  BAD_INDENT: 'the indentation does not fit what stands around it, or a bracket is not closed',
  BAD_PROP_ORDER: 'the tag or anchor stands in the wrong place',
  BAD_SCALAR_START: 'a value cannot start with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a map cannot start here: indent it on a line of its own, or put a value with ": " in quotes',
  BLOCK_IN_FLOW: 'inside brackets a map or a list must have brackets too',
  DUPLICATE_KEY: 'the map has this key already; keys must be unique',
  IMPOSSIBLE: 'this cannot be read as YAML',
  KEY_OVER_1024_CHARS: 'the key is longer than 1024 characters, or its ":" is missing',
  MISSING_CHAR: 'a character is missing here: a closing quote or bracket, a comma, a colon or a space',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line; is a ":" missing?',
  MULTIPLE_ANCHORS: 'a value can have one anchor only',
  MULTIPLE_DOCS: 'documents must be separated by a line with ---',
  MULTIPLE_TAGS: 'a value can have one tag only',
  NON_STRING_KEY: 'a key must be a string',
  RESOURCE_EXHAUSTION: 'the lists and maps are nested too deeply',
  TAB_AS_INDENT: 'a tab cannot be indentation; use spaces',
  TAG_RESOLVE_FAILED: 'the tag is none that JSON has a type for; leave it out',
  UNEXPECTED_TOKEN: 'nothing of this kind can stand here; is a quote, a bracket or a line break missing before it?',
};

function syntaxProblem(detail: string, at: Position): Problem {
  return { code: 'PG048', field: [], detail, at };
}

function positionAt(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/**
 * Where a field stands in its file: its value, or with `key` the key it is written under. Where it is missing, the
 * nearest of its parents that is there. Follows aliases.
 */
export function positionOf(document: YamlDocument, path: FieldPath, part: 'key' | 'value' = 'value'): Position {
  const file = document.file === undefined ? {} : { file: document.file };
  return { ...file, ...positionAt(document.lines, offsetOf(document, path, part)) };
}

function offsetOf({ node, offset }: YamlDocument, path: FieldPath, part: 'key' | 'value'): number {
  let current: Node | null = node.contents;
  let found = current?.range?.[0] ?? offset;
  for (const [depth, segment] of path.entries()) {
    const collection: Node | null | undefined = isAlias(current) ? current.resolve(node) : current;
    const child: ParsedNode | Pair | undefined = childOf(collection, segment);
    if (child === undefined) return found;
    const isLast = depth === path.length - 1;
    const key: Node | null = isPair(child) && isScalar(child.key) ? child.key : null;
    current = isPair(child) ? (child.value as Node | null) : child;
    const value = current?.range?.[0];
    // A parent, and a map or list, is named by its key: in block style its value starts a line below.
    const wantsValue = part === 'value' && isLast && !isCollection(current);
    found = (wantsValue ? value : (key?.range?.[0] ?? value)) ?? found;
  }
  return found;
}

function childOf(collection: Node | null | undefined, segment: string | number): ParsedNode | Pair | undefined {
  if (isMap(collection)) {
    return collection.items.find(({ key }) => keyName(key) === String(segment));
  }
  if (isSeq(collection)) return collection.items[Number(segment)] as ParsedNode | undefined;
  return undefined;
}

/** A map's key as JSON has it; `undefined` for one that is a map or a list. */
export function keyName(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  const { value } = key;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
