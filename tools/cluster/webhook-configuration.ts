import type { JsonObject } from '../../src/core/json.ts';

export interface WebhookEndpoint {
  /** The configuration's name; configurations are called in the order of their names. */
  readonly name: string;
  /** `https://HOST:PORT` of a podgraft that runs outside the cluster. */
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  /** Whose pods podgraft never touches; the system's namespaces and podgraft's own among them. */
  readonly excludedNamespaces: readonly string[];
  /** For tests that share a cluster: only these namespaces. */
  readonly onlyNamespaces?: readonly string[];
}

// Each guarded by has(): an expression that ends in an error refuses the pod, without a call to us (contract rule 4).
const isMirrorPod = "has(object.metadata.annotations) && 'kubernetes.io/config.mirror' in object.metadata.annotations";
const namesTemplates =
  "(has(object.metadata.labels) && 'podgraft.dev/template' in object.metadata.labels) || " +
  "(has(object.metadata.annotations) && 'podgraft.dev/templates' in object.metadata.annotations)";

/** The two disjoint webhooks of specification §11, as a MutatingWebhookConfiguration. */
export function webhookConfiguration(endpoint: WebhookEndpoint): JsonObject {
  const { name, url, ca, excludedNamespaces, onlyNamespaces } = endpoint;
  const nameLabel = 'kubernetes.io/metadata.name';
  const namespaces = [
    { key: nameLabel, operator: 'NotIn', values: [...excludedNamespaces] },
    ...(onlyNamespaces === undefined ? [] : [{ key: nameLabel, operator: 'In', values: [...onlyNamespaces] }]),
  ];
  const webhook = (path: string): JsonObject => ({
    clientConfig: { url: `${url}${path}`, caBundle: Buffer.from(ca).toString('base64') },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'], scope: 'Namespaced' }],
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    matchPolicy: 'Equivalent',
    reinvocationPolicy: 'IfNeeded',
  });
  const isNoMirrorPod = { name: 'is-no-mirror-pod', expression: `!(${isMirrorPod})` };
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        ...webhook('/mutate/pods'),
        name: 'named.podgraft.dev',
        failurePolicy: 'Fail',
        timeoutSeconds: 3,
        namespaceSelector: { matchExpressions: namespaces },
        matchConditions: [isNoMirrorPod, { name: 'names-templates', expression: namesTemplates }],
      },
      {
        ...webhook('/mutate/pods/matched'),
        name: 'matched.podgraft.dev',
        failurePolicy: 'Ignore',
        timeoutSeconds: 2,
        namespaceSelector: {
          matchExpressions: [...namespaces, { key: 'podgraft.dev/injection', operator: 'In', values: ['enabled'] }],
        },
        matchConditions: [isNoMirrorPod, { name: 'names-no-templates', expression: `!(${namesTemplates})` }],
      },
    ],
  };
}
