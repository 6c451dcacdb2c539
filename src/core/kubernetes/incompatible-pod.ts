import { arrayField, field, objectField, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { byteLength } from '../problem.ts';
import { allContainers, hasRepeated, isSet, objects } from './incompatible-pair.ts';
import type { IncompatiblePair } from './incompatible-pair.ts';
import { isIpcSysctl, isNetSysctl, sysctlNames } from './sysctls.ts';

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
const maxAnnotationsBytes = 262_144;
const maxNameLength = 253;

/** Fields of the pod as a whole. */
export const podPairs: readonly IncompatiblePair[] = [
  {
    id: 'host-pid-share-process-namespace',
    scope: 'pod',
    fields: ['hostPID', 'shareProcessNamespace'],
    test: (spec) => field(spec, 'hostPID') === true && field(spec, 'shareProcessNamespace') === true,
    says: 'hostPID and shareProcessNamespace cannot both be true',
    kubernetes: 'ShareProcessNamespace and HostPID cannot both be enabled',
  },
  ...Object.entries({ hostIPC: 'host-ipc', hostNetwork: 'host-network', hostPID: 'host-pid' }).map(
    ([host, id]): IncompatiblePair => ({
      id: `host-users-${id}`,
      scope: 'pod',
      fields: ['hostUsers', host],
      // The alpha gate UserNamespacesHostNetworkSupport, off by default, would allow hostNetwork.
      test: (spec) => field(spec, 'hostUsers') === false && field(spec, host) === true,
      says: `${host} cannot be true when hostUsers is false`,
      kubernetes: 'when `hostUsers` is false',
    }),
  ),
  {
    id: 'hostname-override-set-hostname-as-fqdn',
    scope: 'pod',
    fields: ['hostnameOverride', 'setHostnameAsFQDN'],
    test: (spec) => isSet(field(spec, 'hostnameOverride')) && field(spec, 'setHostnameAsFQDN') === true,
    says: 'hostnameOverride cannot be set when setHostnameAsFQDN is true',
    kubernetes: 'may not be specified when setHostnameAsFQDN is true',
  },
  {
    id: 'hostname-override-host-network',
    scope: 'pod',
    fields: ['hostNetwork', 'hostnameOverride'],
    test: (spec) => isSet(field(spec, 'hostnameOverride')) && field(spec, 'hostNetwork') === true,
    says: 'hostnameOverride cannot be set when hostNetwork is true',
    kubernetes: 'may not be specified when hostNetwork is true',
  },
  {
    id: 'node-name-scheduling-gates',
    scope: 'pod',
    fields: ['nodeName', 'schedulingGates'],
    test: (spec) => (stringField(spec, 'nodeName') ?? '') !== '' && arrayField(spec, 'schedulingGates').length > 0,
    says: 'schedulingGates cannot be set on a pod that has a nodeName',
    kubernetes: 'cannot be set until all schedulingGates have been cleared',
  },
  {
    id: 'dns-policy-none-nameservers',
    scope: 'pod',
    fields: ['dnsConfig', 'dnsPolicy'],
    test: (spec) =>
      field(spec, 'dnsPolicy') === 'None' && arrayField(field(spec, 'dnsConfig'), 'nameservers').length === 0,
    says: 'dnsPolicy None needs at least one nameserver in dnsConfig',
    kubernetes: 'when `dnsPolicy` is None',
  },
  {
    id: 'dns-nameservers-number',
    scope: 'pod',
    fields: ['dnsConfig.nameservers'],
    test: (spec) => arrayField(field(spec, 'dnsConfig'), 'nameservers').length > 3,
    says: 'dnsConfig may have at most 3 nameservers',
    kubernetes: 'must not have more than 3 nameservers',
  },
  {
    id: 'dns-searches-number',
    scope: 'pod',
    fields: ['dnsConfig.searches'],
    test: (spec) => arrayField(field(spec, 'dnsConfig'), 'searches').length > 32,
    says: 'dnsConfig may have at most 32 search paths',
    kubernetes: 'must not have more than 32 search paths',
  },
  {
    id: 'dns-searches-length',
    scope: 'pod',
    fields: ['dnsConfig.searches'],
    test: (spec) => {
      const searches = arrayField(field(spec, 'dnsConfig'), 'searches');
      return searches.reduce<number>((length, search) => length + 1 + utf8Length(search), -1) > 2048;
    },
    says: 'the search paths of dnsConfig may have at most 2048 characters together, spaces included',
    kubernetes: 'must not have more than 2048 characters (including spaces) in the search list',
  },
  {
    id: 'host-network-sysctls',
    scope: 'pod',
    fields: ['hostNetwork', 'securityContext.sysctls'],
    test: (spec) => field(spec, 'hostNetwork') === true && sysctlNames(spec).some(isNetSysctl),
    says: 'sysctls of the network cannot be set when hostNetwork is true',
    kubernetes: "may not be specified when 'hostNetwork' is true",
  },
  {
    id: 'host-ipc-sysctls',
    scope: 'pod',
    fields: ['hostIPC', 'securityContext.sysctls'],
    test: (spec) => field(spec, 'hostIPC') === true && sysctlNames(spec).some(isIpcSysctl),
    says: 'sysctls of inter-process communication cannot be set when hostIPC is true',
    kubernetes: "may not be specified when 'hostIPC' is true",
  },
  {
    id: 'host-network-host-port',
    scope: 'pod',
    // Kubernetes looks at containers only, not at initContainers.
    fields: ['containers.ports', 'hostNetwork'],
    test: (spec) =>
      field(spec, 'hostNetwork') === true &&
      objects(spec, 'containers').some((container) =>
        objects(container, 'ports').some((port) => hostPort(port, true) !== field(port, 'containerPort')),
      ),
    says: 'a hostPort must equal its containerPort when hostNetwork is true',
    kubernetes: 'must match `containerPort` when `hostNetwork` is true',
  },
  {
    id: 'host-port-twice',
    scope: 'pod',
    fields: ['containers.ports', 'hostNetwork'],
    test: (spec) => hasHostPortTwice(objects(spec, 'containers'), field(spec, 'hostNetwork') === true),
    says: 'two ports of the containers have the same hostPort, protocol and hostIP',
    kubernetes: 'Duplicate value',
  },
  {
    id: 'init-host-port-twice',
    scope: 'initContainer',
    fields: ['ports'],
    podFields: ['spec.hostNetwork'],
    test: (spec, container) =>
      container !== undefined && hasHostPortTwice([container], field(spec, 'hostNetwork') === true),
    says: 'two ports of the init container have the same hostPort, protocol and hostIP',
    kubernetes: 'Duplicate value',
  },
  {
    id: 'file-key-ref-volume',
    scope: 'pod',
    fields: ['containers.env', 'initContainers.env', 'volumes'],
    test: (spec) => {
      const references = allContainers(spec).flatMap(fileKeyRefs);
      if (references.length === 0) return false;
      const emptyDirs = new Set(
        objects(spec, 'volumes')
          .filter(isEmptyDir)
          .map((volume) => field(volume, 'name')),
      );
      return references.some((reference) => !emptyDirs.has(field(reference, 'volumeName')));
    },
    says: 'a fileKeyRef must name a volume of the pod that is an emptyDir',
    kubernetes: 'referenced volume must be of type emptyDir',
  },
  {
    id: 'volume-device-source',
    scope: 'pod',
    fields: ['containers.volumeDevices', 'initContainers.volumeDevices', 'volumes'],
    test: (spec) => {
      const devices = allContainers(spec).flatMap((container) => objects(container, 'volumeDevices'));
      if (devices.length === 0) return false;
      const others = new Set(
        objects(spec, 'volumes')
          .filter((volume) => !isSet(field(volume, 'persistentVolumeClaim')) && !isSet(field(volume, 'ephemeral')))
          .map((volume) => field(volume, 'name')),
      );
      return devices.some((device) => others.has(field(device, 'name')));
    },
    says: 'a volumeDevice must name a volume that is a persistentVolumeClaim or ephemeral',
    kubernetes: 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
  },
  {
    id: 'ephemeral-volume-claim-name',
    scope: 'pod',
    fields: ['volumes'],
    podFields: ['metadata.name'],
    test: (spec, _container, metadata) => {
      const created = new Set(ephemeralClaims(spec, metadata));
      return objects(spec, 'volumes').some((volume) => {
        const claim = stringField(field(volume, 'persistentVolumeClaim'), 'claimName');
        return claim !== undefined && created.has(claim);
      });
    },
    says: 'a persistentVolumeClaim cannot be the claim that is created for an ephemeral volume of the pod',
    kubernetes: 'must not reference a PVC that gets created for an ephemeral volume',
  },
  {
    id: 'ephemeral-volume-name-length',
    scope: 'pod',
    fields: ['volumes'],
    podFields: ['metadata.name'],
    test: (spec, _container, metadata) => ephemeralClaims(spec, metadata).some((claim) => claim.length > maxNameLength),
    says: 'the names of the pod and of its ephemeral volume may have at most 252 characters together',
    kubernetes: 'must be no more than 253 characters',
  },
  {
    id: 'app-armor-annotation-container',
    scope: 'pod',
    fields: ['containers.name', 'initContainers.name'],
    podFields: ['metadata.annotations'],
    test: (spec, _container, metadata) => {
      const keys = Object.keys(objectField(metadata, 'annotations')).filter((key) => key.startsWith(appArmorPrefix));
      if (keys.length === 0) return false;
      const names = new Set(allContainers(spec).map((container) => field(container, 'name')));
      return keys.some((key) => !names.has(key.slice(appArmorPrefix.length)));
    },
    says: 'an AppArmor annotation names a container that the pod does not have',
    kubernetes: 'container not found',
  },
  {
    id: 'annotations-size',
    scope: 'pod',
    fields: [],
    podFields: ['metadata.annotations'],
    test: (_spec, _container, metadata) =>
      Object.entries(objectField(metadata, 'annotations')).reduce(
        (bytes, [key, value]) => bytes + utf8Length(key) + utf8Length(value),
        0,
      ) > maxAnnotationsBytes,
    says: 'the annotations may have at most 262144 bytes together',
    kubernetes: 'may not be more than 262144 bytes',
  },
];

/** A container may have thousands of variables, and hardly any of them is from a file. */
function fileKeyRefs(container: JsonObject): readonly Json[] {
  const found: Json[] = [];
  for (const variable of arrayField(container, 'env')) {
    const source = field(variable, 'valueFrom');
    if (source === undefined) continue;
    const reference = field(source, 'fileKeyRef') ?? null;
    if (reference !== null) found.push(reference);
  }
  return found;
}

function isEmptyDir(volume: JsonObject): boolean {
  return (
    isSet(field(volume, 'emptyDir')) || Object.entries(volume).every(([key, value]) => key === 'name' || value === null)
  );
}

function ephemeralClaims(spec: JsonObject, metadata: JsonObject | undefined): readonly string[] {
  const pod = stringField(metadata, 'name') ?? '';
  if (pod === '') return [];
  return objects(spec, 'volumes')
    .filter((volume) => isSet(field(volume, 'ephemeral')))
    .map((volume) => `${pod}-${stringField(volume, 'name') ?? ''}`);
}

/** The port on the node; under hostNetwork the API server fills in the containerPort. */
function hostPort(port: JsonObject, hostNetwork: boolean): Json | undefined {
  const own = field(port, 'hostPort');
  return hostNetwork && (!isSet(own) || own === 0) ? field(port, 'containerPort') : own;
}

function hasHostPortTwice(containers: readonly JsonObject[], hostNetwork: boolean): boolean {
  return hasRepeated(
    containers.flatMap((container) =>
      objects(container, 'ports').map((port) => {
        const number = hostPort(port, hostNetwork);
        if (typeof number !== 'number' || number === 0) return undefined;
        return `${stringField(port, 'protocol') ?? 'TCP'}/${stringField(port, 'hostIP') ?? ''}/${number}`;
      }),
    ),
  );
}

function utf8Length(value: Json): number {
  return typeof value === 'string' ? byteLength(value) : 0;
}
