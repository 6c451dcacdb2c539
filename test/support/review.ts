import type { JsonObject } from '../../src/core/json.ts';

/** An AdmissionRequest for the creation of this pod in the namespace `app`, as an API server sends it. */
export function podReview(pod: JsonObject | null, request: JsonObject = {}): JsonObject {
  return {
    uid: '6b62c74e-b739-43e0-8e06-f33100362624',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    name: 'web',
    namespace: 'app',
    operation: 'CREATE',
    userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller' },
    object: pod,
    dryRun: false,
    ...request,
  };
}

/** The review's body around it. */
export function reviewBody(request: JsonObject, review: JsonObject = {}): string {
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request, ...review });
}
