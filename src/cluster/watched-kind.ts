import { objectField, own, setOwn, stringField } from '../core/json.ts';
import type { JsonObject, MutableJsonObject } from '../core/json.ts';
import { apiVersion, keys, prefix } from '../core/keys.ts';

/** A kind of object that is listed and watched. */
export interface WatchedKind {
  /** A closed word, for metrics and messages. */
  readonly kind: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly acceptList: string;
  readonly acceptWatch: string;
  /** What is kept of an object. */
  readonly keep: (object: JsonObject) => JsonObject;
  /** What to do where the API server doesn't know the kind (404). */
  readonly absentAdvice?: string;
}

const json = { acceptList: 'application/json', acceptWatch: 'application/json' };

/** All namespaces. */
export const injectionTemplates: WatchedKind = {
  kind: 'InjectionTemplate',
  path: `/apis/${apiVersion}/injectiontemplates`,
  query: {},
  ...json,
  keep: (object) => ({ apiVersion, kind: 'InjectionTemplate', ...withoutManagedFields(object) }),
  absentAdvice:
    'the cluster does not know InjectionTemplates: install the CustomResourceDefinition injectiontemplates.podgraft.dev (the chart has it)',
};

/** core/v1 PodTemplates that are labelled as templates, in all namespaces. */
export const podTemplates: WatchedKind = {
  kind: 'PodTemplate',
  path: '/api/v1/podtemplates',
  query: { labelSelector: `${keys.isTemplate}=true` },
  ...json,
  // In a list the elements don't say what they are.
  keep: (object) => ({ ...withoutManagedFields(object), apiVersion: 'v1', kind: 'PodTemplate' }),
};

/** Names, labels and our own annotations of all namespaces: nothing else of them is sent. */
export const namespaces: WatchedKind = {
  kind: 'Namespace',
  path: '/api/v1/namespaces',
  query: {},
  acceptList: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  acceptWatch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  keep: toNamespaceMetadata,
};

/** Those of one namespace. */
export function inNamespace({ path, ...kind }: WatchedKind, namespace: string): WatchedKind {
  const plural = path.lastIndexOf('/');
  return { ...kind, path: `${path.slice(0, plural)}/namespaces/${encodeURIComponent(namespace)}${path.slice(plural)}` };
}

/** One object, by its name: what RBAC can allow by resourceNames (contract S21). */
export function oneObject(kind: string, path: string, name: string): WatchedKind {
  return { kind, path, query: { fieldSelector: `metadata.name=${name}` }, ...json, keep: (object) => object };
}

function withoutManagedFields(object: JsonObject): JsonObject {
  const { managedFields: _managedFields, ...metadata } = objectField(object, 'metadata');
  return { ...object, metadata };
}

function toNamespaceMetadata(object: JsonObject): JsonObject {
  const metadata = objectField(object, 'metadata');
  const annotations: MutableJsonObject = {};
  for (const [key, value] of Object.entries(objectField(metadata, 'annotations'))) {
    if (key.startsWith(prefix)) setOwn(annotations, key, value);
  }
  return {
    metadata: {
      name: stringField(metadata, 'name') ?? '',
      resourceVersion: stringField(metadata, 'resourceVersion') ?? '',
      labels: objectField(metadata, 'labels'),
      annotations,
      deletionTimestamp: own(metadata, 'deletionTimestamp') ?? null,
    },
  };
}
