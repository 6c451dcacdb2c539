import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import { objectField } from '../core/json.ts';
import type { ApiClient } from './api-client.ts';
import type { ApiFailure } from './api-failure.ts';

export type ReadNamespace =
  | { readonly kind: 'read'; readonly info: NamespaceInfo }
  | { readonly kind: 'absent' }
  | ApiFailure;

/** Reads the labels and annotations of a namespace, which is all that decides about its pods. */
export async function readNamespace(client: ApiClient, name: string): Promise<ReadNamespace> {
  const read = await client.get({
    what: `read Namespace ${name}`,
    path: `/api/v1/namespaces/${encodeURIComponent(name)}`,
    accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    advice: {
      forbidden: 'its labels decide which templates apply: grant get on it, or say them with -n and --namespace-labels',
    },
  });
  if (read.kind === 'failed') return read.reason === 'absent' ? { kind: 'absent' } : read;
  const metadata = objectField(read.value, 'metadata');
  return {
    kind: 'read',
    info: { name, labels: objectField(metadata, 'labels'), annotations: objectField(metadata, 'annotations') },
  };
}
