import { isObject, stringField } from '../json.ts';
import {
  absolutePath,
  dataKey,
  dns1123Label,
  dns1123Subdomain,
  envName,
  filePath,
  httpHeaderName,
  ipAddress,
  labelValue,
  noBacksteps,
  notEmpty,
  oneLine,
  portName,
  qualifiedName,
  relativePath,
  searchPath,
  signerName,
  sysctlName,
  trimmed,
  windowsUserName,
} from '../kubernetes/text-formats.ts';
import { containerResources, podResources } from './resource-rules.ts';
import { all, atMost, between, each, mapOf, notNegative, oneOf, text, uniqueBy } from './rule.ts';
import type { Rule } from './rule.ts';
import { envFieldRef, envResourceFieldRef, volumeFieldRef, volumeResourceFieldRef } from './source-rules.ts';

const labels = mapOf(qualifiedName, labelValue);
const annotations = mapOf((key) => qualifiedName(key.toLowerCase()));
const fileMode = between(0, 0o777);
const id = between(0, 2 ** 31 - 1);
const portNumber = between(1, 65_535);
const partition = between(0, 255);
const probeNumber = between(0, Infinity);
const weight = between(1, 100);
const portOrName = all(portNumber, text(portName));
/** A reference that isn't optional here, though its type says so. */
const named: Rule = (value) =>
  isObject(value) && (stringField(value, 'name') ?? '') === ''
    ? [{ at: ['name'], code: 'PG033', detail: 'must not be empty' }]
    : [];

/**
 * What Kubernetes 1.36 demands of single fields beyond their type, by `Type.field`: each row read in
 * `pkg/apis/core/validation/validation.go`. A value that counts as unset isn't judged.
 */
export const kubernetesRules: Readonly<Record<string, Rule>> = {
  'ObjectMeta.labels': labels,
  'ObjectMeta.annotations': annotations,

  'PodSpec.activeDeadlineSeconds': between(1, 2 ** 31 - 1),
  'PodSpec.hostname': text(dns1123Label),
  'PodSpec.hostnameOverride': text(
    (name) => (name.length > 64 ? 'must be at most 64 characters' : undefined),
    dns1123Subdomain,
  ),
  'PodSpec.nodeSelector': labels,
  'PodSpec.priorityClassName': text(dns1123Subdomain),
  'PodSpec.resources': podResources,
  'PodSpec.runtimeClassName': text(dns1123Subdomain),
  'PodSpec.serviceAccount': text(dns1123Subdomain),
  'PodSpec.serviceAccountName': text(dns1123Subdomain),
  'PodSpec.subdomain': text(dns1123Label),
  'PodSpec.readinessGates': uniqueBy('conditionType'),
  'PodOS.name': oneOf('linux', 'windows'),
  'PodReadinessGate.conditionType': text(qualifiedName),
  'PodSchedulingGate.name': text(qualifiedName),
  'PodSchedulingGroup.podGroupName': text(dns1123Subdomain),
  'PodResourceClaim.name': text(dns1123Label),
  'PodResourceClaim.resourceClaimName': text(dns1123Subdomain),
  'PodResourceClaim.resourceClaimTemplateName': text(dns1123Subdomain),
  'HostAlias.ip': text(ipAddress),
  'HostAlias.hostnames': each(text(dns1123Subdomain)),
  'PodDNSConfig.nameservers': each(text(ipAddress)),
  'PodDNSConfig.searches': each(text(searchPath)),
  'PodDNSConfig.options': uniqueBy('name'),
  'Toleration.key': text(qualifiedName),
  // Gt and Lt, which the schema has too, are behind a gate that is off in 1.36.
  'Toleration.operator': oneOf('Equal', 'Exists'),
  'TopologySpreadConstraint.maxSkew': between(1, Infinity),
  'TopologySpreadConstraint.minDomains': between(1, Infinity),
  'TopologySpreadConstraint.matchLabelKeys': each(text(qualifiedName)),

  'PodAffinityTerm.topologyKey': text(qualifiedName),
  'PodAffinityTerm.namespaces': each(text(dns1123Label)),
  'PodAffinityTerm.matchLabelKeys': each(text(qualifiedName)),
  'PodAffinityTerm.mismatchLabelKeys': each(text(qualifiedName)),
  'WeightedPodAffinityTerm.weight': weight,
  'PreferredSchedulingTerm.weight': weight,
  'LabelSelector.matchLabels': labels,
  'LabelSelectorRequirement.key': text(qualifiedName),
  'LabelSelectorRequirement.values': each(text(labelValue)),

  'Container.name': text(dns1123Label),
  'Container.image': text(trimmed, oneLine),
  'Container.resources': containerResources,
  'Container.restartPolicy': oneOf('Always', 'Never', 'OnFailure'),
  'Container.restartPolicyRules': atMost(20),
  'ContainerRestartRule.action': oneOf('Restart', 'RestartAllContainers'),
  'ContainerRestartRuleOnExitCodes.operator': oneOf('In', 'NotIn'),
  'ContainerRestartRuleOnExitCodes.values': atMost(255),
  'ContainerResizePolicy.resourceName': oneOf('cpu', 'memory'),
  'ContainerResizePolicy.restartPolicy': oneOf('NotRequired', 'RestartContainer'),
  'Container.ports': uniqueBy('name'),
  'ContainerPort.containerPort': portNumber,
  'ContainerPort.hostPort': portNumber,
  'ContainerPort.name': text(portName),
  'EnvVar.name': text(envName),
  'EnvVarSource.fieldRef': envFieldRef,
  'EnvVarSource.resourceFieldRef': envResourceFieldRef,
  'EnvFromSource.prefix': text(envName),
  'ConfigMapEnvSource.name': text(dns1123Subdomain),
  'SecretEnvSource.name': text(dns1123Subdomain),
  'ConfigMapKeySelector.name': text(dns1123Subdomain),
  'ConfigMapKeySelector.key': text(dataKey),
  'SecretKeySelector.name': text(dns1123Subdomain),
  'SecretKeySelector.key': text(dataKey),
  'FileKeySelector.key': text(envName),
  'FileKeySelector.volumeName': text(dns1123Label),
  'FileKeySelector.path': text(noBacksteps),
  'ResourceClaim.name': text(dns1123Label),
  'ResourceClaim.request': text(dns1123Label),
  'VolumeMount.name': text(dns1123Label),
  'VolumeMount.mountPath': text((path) => (path.includes(':') ? "must not contain ':'" : undefined)),
  'VolumeMount.subPath': text(relativePath),
  'VolumeMount.subPathExpr': text(relativePath),
  'VolumeMount.recursiveReadOnly': oneOf('Disabled', 'Enabled', 'IfPossible'),
  'VolumeDevice.name': text(dns1123Label),
  'VolumeDevice.devicePath': text(noBacksteps),

  'Probe.initialDelaySeconds': probeNumber,
  'Probe.timeoutSeconds': probeNumber,
  'Probe.periodSeconds': probeNumber,
  'Probe.successThreshold': probeNumber,
  'Probe.failureThreshold': probeNumber,
  'Probe.terminationGracePeriodSeconds': between(1, Infinity),
  'HTTPGetAction.port': portOrName,
  'TCPSocketAction.port': portOrName,
  'GRPCAction.port': portNumber,
  'HTTPHeader.name': text(httpHeaderName),
  'SleepAction.seconds': between(0, Infinity),

  'SecurityContext.runAsUser': id,
  'SecurityContext.runAsGroup': id,
  'PodSecurityContext.runAsUser': id,
  'PodSecurityContext.runAsGroup': id,
  'PodSecurityContext.fsGroup': id,
  'PodSecurityContext.supplementalGroups': each(id),
  'PodSecurityContext.sysctls': uniqueBy('name'),
  'PodSecurityContext.seLinuxChangePolicy': oneOf('MountOption', 'Recursive'),
  'Sysctl.name': text(sysctlName),
  'WindowsSecurityContextOptions.gmsaCredentialSpecName': text(dns1123Subdomain),
  'WindowsSecurityContextOptions.gmsaCredentialSpec': text(notEmpty),
  'WindowsSecurityContextOptions.runAsUserName': text(notEmpty, oneLine, windowsUserName),

  'Volume.name': text(dns1123Label),
  'HostPathVolumeSource.path': text(noBacksteps),
  'EmptyDirVolumeSource.sizeLimit': notNegative,
  'ConfigMapVolumeSource.defaultMode': fileMode,
  'SecretVolumeSource.defaultMode': fileMode,
  'DownwardAPIVolumeSource.defaultMode': fileMode,
  'ProjectedVolumeSource.defaultMode': fileMode,
  'KeyToPath.mode': fileMode,
  'KeyToPath.path': text(filePath),
  'DownwardAPIVolumeFile.mode': fileMode,
  'DownwardAPIVolumeFile.path': text(filePath),
  'DownwardAPIVolumeFile.fieldRef': volumeFieldRef,
  'DownwardAPIVolumeFile.resourceFieldRef': volumeResourceFieldRef,
  'ServiceAccountTokenProjection.path': text(filePath),
  'ServiceAccountTokenProjection.expirationSeconds': between(600, 2 ** 32),
  'ClusterTrustBundleProjection.path': text(filePath),
  'ClusterTrustBundleProjection.signerName': text(signerName),
  'PodCertificateProjection.signerName': text(signerName),
  'PodCertificateProjection.keyType': oneOf('RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'),
  'PodCertificateProjection.credentialBundlePath': text(filePath),
  'PodCertificateProjection.keyPath': text(filePath),
  'PodCertificateProjection.certificateChainPath': text(filePath),
  'PodCertificateProjection.maxExpirationSeconds': between(3600, 91 * 24 * 3600),
  'CSIVolumeSource.driver': text(
    (name) => (name.length > 63 ? 'must be at most 63 characters' : undefined),
    (name) => dns1123Subdomain(name.toLowerCase()),
  ),
  'CSIVolumeSource.nodePublishSecretRef': named,
  'CinderVolumeSource.secretRef': named,
  'StorageOSVolumeSource.secretRef': named,
  'NFSVolumeSource.path': text(absolutePath),
  'GitRepoVolumeSource.directory': text(relativePath),
  'ISCSIVolumeSource.lun': between(0, 255),
  'ISCSIVolumeSource.iqn': text((name) =>
    /^(iqn|eui|naa)\./.test(name) ? undefined : "must begin with 'iqn.', 'eui.' or 'naa.'",
  ),
  'FCVolumeSource.lun': between(0, 255),
  'GCEPersistentDiskVolumeSource.partition': partition,
  'AWSElasticBlockStoreVolumeSource.partition': partition,
  'FlockerVolumeSource.datasetName': text((name) => (name.includes('/') ? "must not contain '/'" : undefined)),
  'QuobyteVolumeSource.registry': text((hosts) =>
    hosts.split(',').every((host) => /^[^:]*:[^:]*$/.test(host))
      ? undefined
      : "must be host:port pairs with ',' between them",
  ),
  'StorageOSVolumeSource.volumeName': text(dns1123Label),
  'StorageOSVolumeSource.volumeNamespace': text(dns1123Label),
  'PersistentVolumeClaimSpec.storageClassName': text(dns1123Subdomain),
};

/** Required strings and lists that may be empty all the same; a pod's containers may be so in a template only. */
export const mayBeEmpty: ReadonlySet<string> = new Set(['HTTPHeader.value', 'PodSpec.containers', 'Sysctl.value']);
