import type { Json } from '../json.ts';

/**
 * What the API server fills in where a field of a pod is absent: type (as in the schema, without its package) → field → value.
 * Found by creating pods on kube-apiserver 1.36.3 (dry-run) in which each type stands with everything optional left out,
 * and comparing what came back; then read in `pkg/apis/core/v1/defaults.go` and `zz_generated.defaults.go`.
 * Defaults that depend on something else are in {@link derivedDefaults}.
 */
export const apiDefaults: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  AzureDiskVolumeSource: { cachingMode: 'ReadWrite', fsType: 'ext4', kind: 'Shared', readOnly: false },
  ConfigMapVolumeSource: { defaultMode: 420 },
  Container: { resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
  ContainerPort: { protocol: 'TCP' },
  DownwardAPIVolumeSource: { defaultMode: 420 },
  FileKeySelector: { optional: false },
  GRPCAction: { service: '' },
  HTTPGetAction: { path: '/', scheme: 'HTTP' },
  HostPathVolumeSource: { type: '' },
  ISCSIVolumeSource: { iscsiInterface: 'default' },
  ObjectFieldSelector: { apiVersion: 'v1' },
  PersistentVolumeClaimSpec: { volumeMode: 'Filesystem' },
  PersistentVolumeClaimTemplate: { metadata: {} },
  PodSpec: {
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    serviceAccountName: 'default',
    terminationGracePeriodSeconds: 30,
  },
  Probe: { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 },
  ProjectedVolumeSource: { defaultMode: 420 },
  RBDVolumeSource: { keyring: '/etc/ceph/keyring', pool: 'rbd', user: 'admin' },
  ResourceFieldSelector: { divisor: '0' },
  ScaleIOVolumeSource: { fsType: 'xfs', storageMode: 'ThinProvisioned' },
  SecretVolumeSource: { defaultMode: 420 },
  ServiceAccountTokenProjection: { expirationSeconds: 3600 },
};

/**
 * The fields of {@link apiDefaults} that only a Pod gets. In a stored PodTemplate, or in a workload's pod template, they stay absent,
 * so there a value that equals the default was written by somebody.
 */
export const podOnlyDefaults: Readonly<Record<string, readonly string[]>> = {
  PodSpec: ['enableServiceLinks', 'serviceAccountName'],
};

/**
 * The defaults that are no constants: field → the rule, in one sentence. `pod only`: not in a stored PodTemplate.
 * Documentation as data, for docs/ and for the cluster test; the code that follows a rule names it.
 */
export const derivedDefaults: Readonly<Record<string, string>> = {
  'Container.imagePullPolicy':
    'Always if the tag is latest (a digest beside it or not) or if there is neither tag nor digest; else IfNotPresent, also where the image is empty or is no image reference.',
  'Container.resources.requests':
    'Pod only, containers and initContainers: each resource name of limits that requests lacks, with the limit as value.',
  'Container.securityContext.appArmorProfile':
    'Pod only, not on Windows, after mutating webhooks: from the annotation container.apparmor.security.beta.kubernetes.io/NAME where the container has no profile and the pod has not the same one.',
  'ContainerPort.hostPort':
    'Pod only, containers and initContainers: containerPort, where the pod has hostNetwork and hostPort is absent or 0.',
  'ImageVolumeSource.pullPolicy': 'As Container.imagePullPolicy, from reference.',
  'PodAffinityTerm.labelSelector.matchExpressions':
    'Pod only, after mutating webhooks: for each of matchLabelKeys that the pod has as a label, {key, operator: In, values: [its value]} is appended; for mismatchLabelKeys NotIn; only where labelSelector is set.',
  'PodSpec.imagePullSecrets': "Pod only, ServiceAccount plugin: the account's, where the list is empty.",
  'PodSpec.preemptionPolicy':
    "Pod only, Priority plugin: the priority class's, PreemptLowerPriority where there is no class.",
  'PodSpec.priority': "Pod only, Priority plugin: the priority class's value, 0 where there is no class.",
  'PodSpec.priorityClassName': 'Pod only, Priority plugin: the class with globalDefault, if there is one.',
  'PodSpec.resources.limits':
    'Pod only, where the pod has some resources of its own: for each hugepages-SIZE that neither its limits nor its requests have, the sum of the limits of the containers.',
  'PodSpec.resources.requests':
    'Pod only, where the pod has limits of its own: for cpu and memory that requests lacks, what the containers together request (sum of containers and of native sidecars, or, where larger, an init container and the sidecars before it), even where limits lacks it; else the limit.',
  'PodSpec.serviceAccount':
    'Pod only: always the same as serviceAccountName; read only where serviceAccountName is absent.',
  'PodSpec.terminationGracePeriodSeconds': 'Pod only: a negative value becomes 1.',
  'PodSpec.tolerations':
    'Pod only, DefaultTolerationSeconds plugin: node.kubernetes.io/not-ready and node.kubernetes.io/unreachable, Exists, NoExecute, 300 s each, where no toleration has that key (or none) with effect NoExecute (or none).',
  'PodSpec.volumes':
    'Pod only, ServiceAccount plugin, unless the pod, else the account, has automountServiceAccountToken false: a volume kube-api-access-XXXXX and its mount in each container that mounts nothing at /var/run/secrets/kubernetes.io/serviceaccount; a volume whose name begins with kube-api-access- is taken if there is one.',
  'TopologySpreadConstraint.labelSelector.matchExpressions':
    'Pod only, after mutating webhooks: as for PodAffinityTerm, from matchLabelKeys.',
  'Volume.emptyDir': '{}, where the volume names no source at all.',
};
