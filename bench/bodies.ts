import type { JsonObject } from '../src/core/json.ts';
import { managedFieldsOf } from './managed-fields.ts';

/** What a body shall make each server answer. */
export interface Body {
  readonly name: 'small' | 'large' | 'unmatched' | 'env';
  readonly title: string;
  readonly text: string;
  /** Whether podgraft grafts a template onto this pod. */
  readonly isPatched: boolean;
}

/** Echoed by each right answer. */
export const reviewUid = '705ab4f5-6393-11e8-b7cc-42010a800002';

/** The namespace of the pods. */
const benchNamespace = 'payments';

interface PodShape {
  /** The template that the pod names; none where it is absent. */
  readonly template?: string;
  readonly containers: number;
  readonly envPerContainer: number;
  /** Characters of each env value, so that a body gets the size that its title says. */
  readonly envValueLength: number;
}

/**
 * The bodies, always the same bytes: a ReplicaSet's pod as an API server sends it (defaulted, its token mounted),
 * in Go's compact encoding and Go's order of fields.
 * @param template the name of the template that the pods name
 */
export function makeBodies(template: string): readonly Body[] {
  const make = (name: Body['name'], title: string, shape: PodShape): Body => {
    const text = JSON.stringify(review(pod(shape)));
    const kilobytes = (Buffer.byteLength(text) / 1000).toFixed(1);
    return { name, title: `${title}, ${kilobytes} KB`, text, isPatched: shape.template !== undefined };
  };
  const small = { containers: 1, envPerContainer: 10, envValueLength: 14 };
  return [
    make('small', 'a ReplicaSet pod', { ...small, template }),
    make('large', 'a pod of 12 containers × 48 env', {
      template,
      containers: 12,
      envPerContainer: 48,
      envValueLength: 22,
    }),
    make('unmatched', 'a pod that nothing matches', small),
    make('env', 'a pod with 1,500 env', { template, containers: 1, envPerContainer: 1500, envValueLength: 31 }),
  ];
}

function review(object: JsonObject): JsonObject {
  const podKind = { group: '', version: 'v1', kind: 'Pod' };
  const podResource = { group: '', version: 'v1', resource: 'pods' };
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: reviewUid,
      kind: podKind,
      resource: podResource,
      requestKind: podKind,
      requestResource: podResource,
      namespace: benchNamespace,
      operation: 'CREATE',
      userInfo: {
        username: 'system:serviceaccount:kube-system:replicaset-controller',
        uid: 'd8b04474-5f51-4e5f-8324-d7490089466a',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': ['JTI=702e55d1-b076-49b4-b41f-47aeaa4730e7'] },
      },
      object,
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    },
  };
}

function pod(shape: PodShape): JsonObject {
  const labels = {
    'app.kubernetes.io/component': 'api',
    'app.kubernetes.io/instance': 'checkout-eu',
    'app.kubernetes.io/name': 'checkout',
    'pod-template-hash': '6fbf6cd7b6',
    ...(shape.template !== undefined && { 'podgraft.dev/template': shape.template }),
    team: 'payments',
  };
  const annotations = { 'checksum/config': '9f86d081884c7d659a2feaa0c55ad015', 'prometheus.io/port': '8080' };
  const containers = Array.from({ length: shape.containers }, (_, index) => container(index, shape));
  const spec = {
    volumes: [{ name: 'config', configMap: { name: 'checkout-config', defaultMode: 420 } }, tokenVolume],
    containers,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'checkout',
    serviceAccount: 'checkout',
    securityContext: { runAsUser: 1000, runAsNonRoot: true, fsGroup: 1000 },
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map((taint) => ({
      key: `node.kubernetes.io/${taint}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      generateName: 'checkout-6fbf6cd7b6-',
      namespace: benchNamespace,
      labels,
      annotations,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'checkout-6fbf6cd7b6',
          uid: 'f031c113-a9db-43ba-9de9-f5f1bfee5409',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: managedFieldsOf({ labels, annotations }, spec),
    },
    spec,
    status: {},
  };
}

function container(index: number, { envPerContainer, envValueLength }: PodShape): JsonObject {
  const probe = {
    httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  };
  return {
    name: index === 0 ? 'main' : `worker-${index}`,
    image: `registry.example.test/payments/checkout-${index}:2026.11.3`,
    args: ['--config=/etc/checkout/config.yaml', '--log-level=info'],
    ports: [{ name: 'http', containerPort: 8080 + index, protocol: 'TCP' }],
    env: Array.from({ length: envPerContainer }, (_, at) => ({
      name: `CHECKOUT_SETTING_${at}`,
      value: `value-${index}-${at}-`.padEnd(envValueLength, 'abcdefghij'),
    })),
    resources: { limits: { memory: '512Mi' }, requests: { cpu: '250m', memory: '256Mi' } },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/checkout' },
      { name: tokenVolume.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ],
    livenessProbe: probe,
    readinessProbe: { ...probe, periodSeconds: 5 },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
  };
}

const tokenVolume = {
  name: 'kube-api-access-s99nv',
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  },
};
