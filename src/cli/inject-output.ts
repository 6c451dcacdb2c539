import { toJsonPatch } from '../core/graft/patch.ts';
import { isObject, stringField } from '../core/json.ts';
import type { Json } from '../core/json.ts';
import { formatEditedItems, formatEditedJson, formatEditedYaml } from '../core/manifest/yaml-write.ts';
import type { GraftedDocument } from './graft-manifests.ts';
import type { ManifestFile } from './manifests.ts';
import { colorsOf } from './output.ts';

/** The forms of `inject -o`. */
export const injectFormats = ['yaml', 'json', 'patch', 'diff'] as const;
export type InjectFormat = (typeof injectFormats)[number];

/** What `inject` prints, in one of its forms. */
export async function formatInjected(
  files: readonly ManifestFile[],
  documents: readonly GraftedDocument[],
  format: InjectFormat,
): Promise<string> {
  switch (format) {
    case 'yaml':
      return joinFiles(files.map((file) => formatFile(file, documents)));
    case 'json':
      return formatJson(documents);
    case 'patch':
      return `${JSON.stringify(formatPatch(documents), null, 2)}\n`;
    case 'diff':
      return formatDiff(files, documents);
  }
}

/** A file's text: documents without an edit byte for byte. */
function formatFile({ text, documents: all }: ManifestFile, grafted: readonly GraftedDocument[]): string {
  let result = '';
  let done = 0;
  for (const document of all) {
    const found = grafted.find((candidate) => candidate.document === document);
    const end = document.offset + document.text.length;
    const edited =
      found !== undefined && found.edits.length > 0 ? formatEditedYaml(document, found.tree) : document.text;
    result += text.slice(done, document.offset) + edited;
    done = end;
  }
  return result + text.slice(done);
}

/** Files as one stream. */
function joinFiles(texts: readonly string[]): string {
  return texts.reduce((joined, text) => {
    if (joined === '') return text;
    const next = text.replace(/^\uFEFF/, '');
    const separator = /^(?:\s*(?:#[^\n]*)?\n)*---/.test(next) ? '' : '---\n';
    return `${joined.endsWith('\n') ? joined : `${joined}\n`}${separator}${next}`;
  }, '');
}

function formatJson(documents: readonly GraftedDocument[]): string {
  const [only] = documents;
  if (documents.length === 1 && only !== undefined) return `${formatEditedJson(only.document, only.tree)}\n`;
  const margin = '    ';
  const items = documents.flatMap(({ document, tree }) => formatEditedItems(document, tree, margin));
  const list = items.length === 0 ? '[]' : `[\n${margin}${items.join(`,\n${margin}`)}\n  ]`;
  return `{\n  "apiVersion": "v1",\n  "kind": "List",\n  "items": ${list}\n}\n`;
}

function formatPatch(documents: readonly GraftedDocument[]): Json {
  const patches = documents.map(({ document, objects, edits }) => {
    const value = isObject(document.value) ? document.value : {};
    const namespace = objects[0]?.namespace.name ?? stringField(value['metadata'], 'namespace');
    return {
      kind: stringField(value, 'kind') ?? '',
      ...(namespace === undefined ? {} : { namespace }),
      name: objects[0]?.place.name ?? stringField(value['metadata'], 'name') ?? '',
      // Operations are JSON objects; their type says it more exactly than Json can.
      patch: toJsonPatch(value, edits).map((operation): Json => ({ ...operation })),
    };
  });
  const [only] = patches;
  return patches.length === 1 && only !== undefined ? only.patch : patches;
}

async function formatDiff(files: readonly ManifestFile[], documents: readonly GraftedDocument[]): Promise<string> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import('diff');
  const colors = colorsOf(process.stdout);
  const paint = (line: string): string => {
    if (line.startsWith('+++') || line.startsWith('---')) return colors.bold(line);
    if (line.startsWith('+')) return colors.green(line);
    if (line.startsWith('-')) return colors.red(line);
    return line.startsWith('@@') ? colors.cyan(line) : line;
  };
  return files
    .flatMap((file) => {
      const after = formatFile(file, documents);
      if (after === file.text) return [];
      const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
      const patch = createTwoFilesPatch(file.name, file.name, file.text, after, '', '', options);
      return patch.split('\n').map(paint).join('\n');
    })
    .join('');
}
