import { utf8ToBytes } from '@noble/hashes/utils.js';
import { canonical, isObject, own } from '../json.ts';
import type { Json } from '../json.ts';
import type { Problem } from '../problem.ts';
import type { TemplateDocument } from './template-document.ts';

/** Of a template's canonical JSON text (specification §12). */
const maxTemplateBytes = 256 * 1024;

// The deepest that a PodTemplateSpec goes is about 20.
const maxDepth = 64;

/** The problem of a document that is larger, or nested deeper, than a template may be (PG045). What only a cluster adds to it doesn't count. */
export function sizeProblem({ document }: TemplateDocument): Problem | undefined {
  if (isDeeperThan(document, maxDepth)) {
    return { code: 'PG045', field: [], detail: `it is nested deeper than ${maxDepth} levels` };
  }
  const { status: _status, ...rest } = document;
  const metadata = own(rest, 'metadata');
  const bytes = utf8ToBytes(canonical({ ...rest, metadata: withoutManagedFields(metadata) })).length;
  if (bytes <= maxTemplateBytes) return undefined;
  const detail = `it has ${bytes} bytes, and a template may have ${maxTemplateBytes}; split it, or move contents into a ConfigMap`;
  return { code: 'PG045', field: [], detail };
}

function withoutManagedFields(metadata: Json | undefined): Json {
  if (!isObject(metadata)) return metadata ?? null;
  const { managedFields: _managedFields, ...rest } = metadata;
  return rest;
}

/** Without recursion: this is what keeps everything else from running out of stack. */
function isDeeperThan(value: Json, limit: number): boolean {
  let level: readonly Json[] = [value];
  for (let depth = 0; depth <= limit; depth += 1) {
    level = level.flatMap((inner) => (typeof inner === 'object' && inner !== null ? Object.values(inner) : []));
    if (level.length === 0) return false;
  }
  return true;
}
