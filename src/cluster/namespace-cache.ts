import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import { objectField, own } from '../core/json.ts';
import type { Store } from './reflector.ts';

/**
 * What decisions may depend on of a namespace. Undefined where it isn't known: not yet listed, not yet heard of, or on
 * its way out; the answer is then a 503, never "no template" (contract R17, S3, T53).
 */
export function findNamespace(store: Store | undefined, name: string): NamespaceInfo | undefined {
  const object = store?.get(`/${name}`);
  if (object === undefined) return undefined;
  const metadata = objectField(object, 'metadata');
  if ((own(metadata, 'deletionTimestamp') ?? null) !== null) return undefined;
  return { name, labels: objectField(metadata, 'labels'), annotations: objectField(metadata, 'annotations') };
}
