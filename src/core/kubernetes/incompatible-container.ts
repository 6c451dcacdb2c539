import { arrayField, field, isObject, objectField, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { at, hasRepeated, isRestartable, isSet, objects } from './incompatible-pair.ts';
import type { IncompatiblePair } from './incompatible-pair.ts';

const annotationPrefix = {
  appArmor: 'container.apparmor.security.beta.kubernetes.io/',
  seccomp: 'container.seccomp.security.alpha.kubernetes.io/',
};
const defaultGracePeriodSeconds = 30;

/** Fields of one container, some of them with a field of the pod. */
export const containerPairs: readonly IncompatiblePair[] = [
  {
    id: 'privileged-no-privilege-escalation',
    scope: 'container',
    fields: ['securityContext.allowPrivilegeEscalation', 'securityContext.privileged'],
    test: (_spec, container) =>
      at(container, 'securityContext', 'allowPrivilegeEscalation') === false &&
      at(container, 'securityContext', 'privileged') === true,
    says: 'allowPrivilegeEscalation cannot be false when privileged is true',
    kubernetes: 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
  },
  {
    id: 'sys-admin-no-privilege-escalation',
    scope: 'container',
    fields: ['securityContext.allowPrivilegeEscalation', 'securityContext.capabilities'],
    // Only this spelling: SYS_ADMIN, the usual one, passes.
    test: (_spec, container) =>
      at(container, 'securityContext', 'allowPrivilegeEscalation') === false &&
      arrayField(at(container, 'securityContext', 'capabilities'), 'add').includes('CAP_SYS_ADMIN'),
    says: 'allowPrivilegeEscalation cannot be false when the capability CAP_SYS_ADMIN is added',
    kubernetes: 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
  },
  {
    id: 'proc-mount-host-users',
    scope: 'container',
    fields: ['securityContext.procMount'],
    podFields: ['spec.hostUsers'],
    test: (spec, container) =>
      at(container, 'securityContext', 'procMount') === 'Unmasked' && field(spec, 'hostUsers') !== false,
    says: 'procMount Unmasked needs hostUsers false',
    kubernetes: '`hostUsers` must be false to use `Unmasked`',
  },
  {
    id: 'host-users-volume-devices',
    scope: 'container',
    fields: ['volumeDevices'],
    podFields: ['spec.hostUsers'],
    test: (spec, container) => field(spec, 'hostUsers') === false && arrayField(container, 'volumeDevices').length > 0,
    says: 'volumeDevices cannot be used when hostUsers is false',
    kubernetes: 'when `hostUsers` is false',
  },
  {
    id: 'bidirectional-mount-privileged',
    scope: 'container',
    fields: ['securityContext.privileged', 'volumeMounts'],
    test: (_spec, container) =>
      at(container, 'securityContext', 'privileged') !== true &&
      objects(container, 'volumeMounts').some((mount) => field(mount, 'mountPropagation') === 'Bidirectional'),
    says: 'mountPropagation Bidirectional needs privileged true',
    kubernetes: 'Bidirectional mount propagation is available only to privileged containers',
  },
  {
    id: 'port-name-twice',
    scope: 'container',
    fields: ['ports'],
    test: (_spec, container) =>
      hasRepeated(objects(container, 'ports').map((port) => stringField(port, 'name') || undefined)),
    says: 'two ports of the container have the same name',
    kubernetes: 'Duplicate value',
  },
  {
    id: 'volume-device-and-mount',
    scope: 'container',
    fields: ['volumeDevices', 'volumeMounts'],
    test: (_spec, container) => haveCommon(container, ['volumeDevices', 'name'], ['volumeMounts', 'name']),
    says: 'one volume cannot be both in volumeDevices and in volumeMounts of a container',
    kubernetes: 'must not already exist in volumeDevices',
  },
  {
    id: 'volume-device-path-mount-path',
    scope: 'container',
    fields: ['volumeDevices', 'volumeMounts'],
    test: (_spec, container) => haveCommon(container, ['volumeDevices', 'devicePath'], ['volumeMounts', 'mountPath']),
    says: 'a devicePath cannot be the mountPath of a volumeMount',
    kubernetes: 'must not already exist as a path in volumeDevices',
  },
  {
    id: 'volume-device-twice',
    scope: 'container',
    fields: ['volumeDevices'],
    test: (_spec, container) => hasRepeated(objects(container, 'volumeDevices').map((device) => field(device, 'name'))),
    says: 'one volume cannot be at two devicePaths of a container',
    kubernetes: 'must be unique',
  },
  ...(['postStart', 'preStop'] as const).map((hook): IncompatiblePair => ({
    id: `${hook === 'postStart' ? 'post-start' : 'pre-stop'}-sleep-grace-period`,
    scope: 'container',
    fields: [`lifecycle.${hook}`],
    podFields: ['spec.terminationGracePeriodSeconds'],
    test: (spec, container) => {
      const seconds = at(container, 'lifecycle', hook, 'sleep', 'seconds');
      return typeof seconds === 'number' && seconds > gracePeriodSeconds(spec);
    },
    says: `lifecycle.${hook} cannot sleep longer than terminationGracePeriodSeconds`,
    kubernetes: 'must be non-negative and less than terminationGracePeriodSeconds',
  })),
  {
    id: 'restart-policy-rules',
    scope: 'container',
    fields: ['restartPolicy', 'restartPolicyRules'],
    test: (_spec, container) =>
      arrayField(container, 'restartPolicyRules').length > 0 && !isSet(field(container, 'restartPolicy')),
    says: "restartPolicyRules need the container's own restartPolicy",
    kubernetes: 'must specify restartPolicy when restart rules are used',
  },
  {
    id: 'resize-policy-never',
    scope: 'container',
    fields: ['resizePolicy'],
    podFields: ['spec.restartPolicy'],
    test: (spec, container) =>
      field(spec, 'restartPolicy') === 'Never' &&
      objects(container, 'resizePolicy').some((policy) => field(policy, 'restartPolicy') !== 'NotRequired'),
    says: 'a resizePolicy must be NotRequired when the restartPolicy of the pod is Never',
    kubernetes: "must be 'NotRequired' when pod `restartPolicy` is 'Never'",
  },
  {
    id: 'init-resize-policy',
    scope: 'initContainer',
    fields: ['resizePolicy', 'restartPolicy'],
    test: (_spec, container) =>
      !isRestartable(container) &&
      objects(container, 'resizePolicy').some((policy) => field(policy, 'restartPolicy') === 'RestartContainer'),
    says: 'an init container that is no native sidecar cannot have the resizePolicy RestartContainer',
    kubernetes: "must not be set to 'RestartContainer' for non-sidecar initContainers",
  },
  ...(['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const).map((name): IncompatiblePair => ({
    id: `init-${name.replace('Probe', '-probe')}`,
    scope: 'initContainer',
    fields: [name, 'restartPolicy'],
    test: (_spec, container) => !isRestartable(container) && isObject(field(container, name)),
    says: `an init container can have a ${name} only with restartPolicy Always`,
    kubernetes: 'may not be set for init containers without restartPolicy=Always',
  })),
  {
    id: 'app-armor-annotation',
    scope: 'container',
    fields: ['securityContext.appArmorProfile'],
    podFields: ['metadata.annotations'],
    test: (spec, container, metadata) =>
      at(spec, 'os', 'name') !== 'windows' &&
      differs(metadata, annotationPrefix.appArmor, container, at(container, 'securityContext', 'appArmorProfile')),
    says: "the AppArmor annotation and the container's appArmorProfile must say the same",
    kubernetes: 'in annotation and field must match',
  },
  {
    id: 'seccomp-annotation',
    scope: 'container',
    fields: ['securityContext.seccompProfile'],
    podFields: ['metadata.annotations'],
    test: (_spec, container, metadata) =>
      differs(metadata, annotationPrefix.seccomp, container, at(container, 'securityContext', 'seccompProfile')),
    says: "the seccomp annotation and the container's seccompProfile must say the same",
    kubernetes: 'in annotation and field must match',
  },
  {
    id: 'pod-seccomp-annotation',
    scope: 'pod',
    fields: ['securityContext.seccompProfile'],
    podFields: ['metadata.annotations'],
    test: (spec, _container, metadata) =>
      disagree(
        own(objectField(metadata, 'annotations'), 'seccomp.security.alpha.kubernetes.io/pod'),
        at(spec, 'securityContext', 'seccompProfile'),
      ),
    says: "the seccomp annotation and the pod's seccompProfile must say the same",
    kubernetes: 'in annotation and field must match',
  },
];

/** What the API server will count with: 30 where nothing is set, 1 for what is negative. */
function gracePeriodSeconds(spec: JsonObject): number {
  const seconds = field(spec, 'terminationGracePeriodSeconds');
  if (typeof seconds !== 'number') return defaultGracePeriodSeconds;
  return seconds < 0 ? 1 : seconds;
}

type ListField = readonly [list: string, key: string];

function haveCommon(container: JsonObject | undefined, [list, key]: ListField, [other, otherKey]: ListField): boolean {
  const values = new Set(objects(container, list).map((element) => stringField(element, key)));
  return objects(container, other).some((element) => {
    const value = stringField(element, otherKey);
    return value !== undefined && values.has(value);
  });
}

function differs(
  metadata: JsonObject | undefined,
  prefix: string,
  container: JsonObject | undefined,
  profile: Json | undefined,
): boolean {
  const name = stringField(container, 'name');
  return name !== undefined && disagree(own(objectField(metadata, 'annotations'), prefix + name), profile);
}

/** True where there is an annotation, a profile of a known type, and they differ. */
function disagree(annotation: Json | undefined, profile: Json | undefined): boolean {
  if (annotation === undefined) return false;
  switch (stringField(profile, 'type')) {
    case 'Unconfined':
      return annotation !== 'unconfined';
    case 'RuntimeDefault':
      return annotation !== 'runtime/default' && annotation !== 'docker/default';
    case 'Localhost':
      return annotation !== `localhost/${stringField(profile, 'localhostProfile') ?? ''}`;
    case undefined:
    default:
      return false;
  }
}
