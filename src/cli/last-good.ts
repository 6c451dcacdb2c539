import path from 'node:path';
import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import type { Template } from '../core/template.ts';
import type { LoadedTemplates } from './template-files.ts';

/** The templates that are in use. */
export interface ActiveTemplates {
  readonly templates: readonly Template[];
  readonly namespaces: ReadonlyMap<string, NamespaceInfo>;
  /** Ids of those of which an older version is in use, because the newer one is broken. */
  readonly kept: readonly string[];
}

/**
 * What is in use after a change: the valid ones, and of each that is broken the last version that was valid
 * (specification §3). Broken is an invalid document, and whatever stood in a file or directory that can't be read now.
 */
export function withLastGood(before: ActiveTemplates | undefined, loaded: LoadedTemplates): ActiveTemplates {
  const { templates, invalid, unread, namespaces } = loaded;
  const present = new Set(templates.map(({ id }) => id));
  const old = (before?.templates ?? []).filter(
    ({ id, source }) => !present.has(id) && (invalid.has(id) || isUnread(unread, source?.file ?? '')),
  );
  return {
    templates: [...templates, ...old],
    namespaces: unread.size > 0 ? new Map([...(before?.namespaces ?? []), ...namespaces]) : namespaces,
    kept: old.map(({ id }) => id),
  };
}

function isUnread(unread: ReadonlySet<string>, file: string): boolean {
  return (
    unread.has(file) ||
    [...unread].some((place) => file.startsWith(place.endsWith(path.sep) ? place : place + path.sep))
  );
}
