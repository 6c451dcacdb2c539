import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import { isObject } from '../core/json.ts';
import { manifestObjects } from '../core/manifest/workload.ts';
import { parseYaml, positionOf } from '../core/manifest/yaml.ts';
import type { YamlDocument } from '../core/manifest/yaml.ts';
import { readInput } from './read-input.ts';
import { formatPosition, toNamespace } from './template-file.ts';
import { formatLocated } from './template-files.ts';

/** A file of `-f`. */
export interface ManifestFile {
  readonly name: string;
  readonly text: string;
  readonly documents: readonly YamlDocument[];
}

export type Manifests =
  | {
      readonly kind: 'manifests';
      readonly files: readonly ManifestFile[];
      readonly namespaces: ReadonlyMap<string, NamespaceInfo>;
    }
  /** All that can't be read, one line each. */
  | { readonly kind: 'unreadable'; readonly lines: readonly string[] };

/** Reads the manifests of `-f`: each file must hold at least one object, and nothing but objects. */
export async function readManifests(names: readonly string[]): Promise<Manifests> {
  const lines: string[] = [];
  const files: ManifestFile[] = [];
  const namespaces = new Map<string, NamespaceInfo>();
  for (const name of new Set(names)) {
    const input = await readInput(name);
    if (input.kind === 'unreadable') {
      lines.push(input.message);
      continue;
    }
    const { documents, problems } = parseYaml(input.text, input.name);
    lines.push(...problems.map(formatLocated));
    const filled = documents.filter(({ value }) => value !== null);
    if (filled.length === 0 && problems.length === 0) lines.push(`${input.name}: there is no object in it`);
    for (const document of filled) {
      if (!isObject(document.value)) {
        lines.push(`${formatPosition(positionOf(document, []))}: this is no Kubernetes object: it is not a map`);
      }
      for (const { value } of manifestObjects(document.value)) {
        const namespace = toNamespace(value);
        if (namespace !== undefined) namespaces.set(namespace.name, namespace);
      }
    }
    files.push({ name: input.name, text: input.text, documents });
  }
  return lines.length > 0 ? { kind: 'unreadable', lines } : { kind: 'manifests', files, namespaces };
}
