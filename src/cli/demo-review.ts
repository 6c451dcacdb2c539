import { randomUUID } from 'node:crypto';
import { defaultTolerations, tokenPath } from '../core/graft/server-owned.ts';
import { arrayField, isObject, objectField, own, stringField } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { defaultImagePullPolicy } from '../core/kubernetes/compare.ts';
import { apiDefaults } from '../core/kubernetes/defaults-data.ts';
import type { PodPlace } from '../core/manifest/workload.ts';

/** What an API server asks its webhooks when a workload's controller creates a pod: defaulted, its token mounted. */
export function toReview(place: PodPlace, namespace: string): JsonObject {
  const job = { 'batch.kubernetes.io/job-name': place.name, 'job-name': place.name };
  const metadata = objectField(place.pod, 'metadata');
  const labels = { ...objectField(metadata, 'labels'), ...(place.kind === 'Job' ? job : {}) };
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  const username = `system:serviceaccount:kube-system:${place.kind === 'Job' ? 'job-controller' : 'default'}`;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      namespace,
      operation: 'CREATE',
      userInfo: { username, groups: ['system:authenticated'] },
      object: { ...place.pod, metadata: { ...metadata, namespace, labels }, spec: defaulted(place.pod), status: {} },
      oldObject: null,
      dryRun: false,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
    },
  };
}

const token = {
  name: 'kube-api-access-x7k2p',
  projected: {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  },
};

function defaulted(pod: JsonObject): JsonObject {
  const spec = objectField(pod, 'spec');
  const containers = (list: string): JsonObject =>
    Object.hasOwn(spec, list) ? { [list]: arrayField(spec, list).map(defaultedContainer) } : {};
  return {
    ...apiDefaults['PodSpec'],
    ...spec,
    ...containers('initContainers'),
    ...containers('containers'),
    volumes: [...arrayField(spec, 'volumes'), token],
    serviceAccount: own(spec, 'serviceAccountName') ?? 'default',
    tolerations: [...arrayField(spec, 'tolerations'), ...defaultTolerations],
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

function defaultedContainer(container: Json): Json {
  if (!isObject(container)) return container;
  return {
    ...apiDefaults['Container'],
    imagePullPolicy: defaultImagePullPolicy(stringField(container, 'image')),
    ...container,
    volumeMounts: [
      ...arrayField(container, 'volumeMounts'),
      { name: token.name, readOnly: true, mountPath: tokenPath },
    ],
  };
}
