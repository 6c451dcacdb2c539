import { arrayField, field, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { allContainers, at, isSet, objects } from './incompatible-pair.ts';
import type { IncompatiblePair } from './incompatible-pair.ts';

/** A field that a Windows pod can't have, and whether its value counts as set there. */
interface LinuxField {
  readonly path: readonly string[];
  readonly counts: (value: Json | undefined) => boolean;
}

const isTrue = (value: Json | undefined): boolean => value === true;
const isFilled = (value: Json | undefined): boolean => arrayField({ value: value ?? null }, 'value').length > 0;

const podFields: readonly LinuxField[] = [
  { path: ['hostIPC'], counts: isTrue },
  { path: ['hostPID'], counts: isTrue },
  { path: ['hostUsers'], counts: isSet },
  { path: ['resources'], counts: isSet },
  { path: ['shareProcessNamespace'], counts: isSet },
  ...[
    'appArmorProfile',
    'fsGroup',
    'fsGroupChangePolicy',
    'runAsGroup',
    'runAsUser',
    'seLinuxChangePolicy',
    'seLinuxOptions',
    'seccompProfile',
    'supplementalGroups',
    'supplementalGroupsPolicy',
  ].map((name) => ({ path: ['securityContext', name], counts: isSet })),
  { path: ['securityContext', 'sysctls'], counts: isFilled },
];

const containerFields: readonly LinuxField[] = [
  'allowPrivilegeEscalation',
  'appArmorProfile',
  'capabilities',
  'privileged',
  'procMount',
  'readOnlyRootFilesystem',
  'runAsGroup',
  'runAsUser',
  'seLinuxOptions',
  'seccompProfile',
].map((name) => ({ path: ['securityContext', name], counts: isSet }));

/** Fields that belong to one operating system. */
export const osPairs: readonly IncompatiblePair[] = [
  ...podFields.map(({ path, counts }): IncompatiblePair => ({
    id: `os-windows-pod-${idOf(path)}`,
    scope: 'pod',
    fields: ['os.name', path.join('.')],
    test: (spec) => osName(spec) === 'windows' && counts(at(spec, ...path)),
    says: `${path.join('.')} cannot be set for a windows pod`,
    kubernetes: 'be set for a windows pod',
  })),
  ...containerFields.map(({ path, counts }): IncompatiblePair => ({
    id: `os-windows-${idOf(path)}`,
    scope: 'container',
    fields: [path.join('.')],
    podFields: ['spec.os.name'],
    test: (spec, container) => osName(spec) === 'windows' && counts(at(container, ...path)),
    says: `${path.join('.')} cannot be set for a container of a windows pod`,
    kubernetes: 'cannot be set for a windows pod',
  })),
  {
    id: 'os-linux-pod-windows-options',
    scope: 'pod',
    fields: ['os.name', 'securityContext.windowsOptions'],
    test: (spec) => osName(spec) === 'linux' && isSet(at(spec, 'securityContext', 'windowsOptions')),
    says: 'securityContext.windowsOptions cannot be set for a linux pod',
    kubernetes: 'windows options cannot be set for a linux pod',
  },
  {
    id: 'os-linux-windows-options',
    scope: 'container',
    fields: ['securityContext.windowsOptions'],
    podFields: ['spec.os.name'],
    test: (spec, container) => osName(spec) === 'linux' && isSet(at(container, 'securityContext', 'windowsOptions')),
    says: 'securityContext.windowsOptions cannot be set for a container of a linux pod',
    kubernetes: 'windows options cannot be set for a linux pod',
  },
  {
    id: 'stop-signal-os',
    scope: 'container',
    fields: ['lifecycle.stopSignal'],
    podFields: ['spec.os.name'],
    featureGate: 'ContainerStopSignals',
    test: (spec, container) => isSet(at(container, 'lifecycle', 'stopSignal')) && !isSet(field(spec, 'os')),
    says: 'lifecycle.stopSignal needs os.name',
    kubernetes: 'may not be set for containers with empty `spec.os.name`',
  },
  {
    id: 'stop-signal-windows',
    scope: 'container',
    fields: ['lifecycle.stopSignal'],
    podFields: ['spec.os.name'],
    featureGate: 'ContainerStopSignals',
    test: (spec, container) => {
      const signal = at(container, 'lifecycle', 'stopSignal');
      return osName(spec) === 'windows' && isSet(signal) && signal !== 'SIGKILL' && signal !== 'SIGTERM';
    },
    says: 'lifecycle.stopSignal of a windows pod can only be SIGKILL or SIGTERM',
    kubernetes: 'supported values: "SIGKILL", "SIGTERM"',
  },
  {
    id: 'windows-host-process-differs',
    scope: 'container',
    fields: ['securityContext.windowsOptions'],
    podFields: ['spec.securityContext.windowsOptions'],
    test: (spec, container) => {
      const podValue = hostProcess(spec);
      const value = hostProcess(container);
      return typeof podValue === 'boolean' && typeof value === 'boolean' && podValue !== value;
    },
    says: 'hostProcess of pod and container must be the same where both set it',
    kubernetes: 'pod hostProcess value must be identical if both are specified',
  },
  {
    id: 'windows-host-process-some',
    scope: 'pod',
    fields: [
      'containers.securityContext.windowsOptions',
      'ephemeralContainers.securityContext.windowsOptions',
      'initContainers.securityContext.windowsOptions',
      'securityContext.windowsOptions',
      'containers.name',
      'initContainers.name',
    ],
    test: (spec) => {
      const number = hostProcessContainers(spec);
      return number > 0 && number < everyContainer(spec).length;
    },
    says: 'either all containers of a pod have hostProcess or none has',
    kubernetes: 'If pod contains any hostProcess containers then all containers must be HostProcess containers',
  },
  {
    id: 'windows-host-process-host-network',
    scope: 'pod',
    fields: [
      'containers.securityContext.windowsOptions',
      'hostNetwork',
      'initContainers.securityContext.windowsOptions',
      'securityContext.windowsOptions',
    ],
    test: (spec) => hostProcessContainers(spec) > 0 && field(spec, 'hostNetwork') !== true,
    says: 'containers with hostProcess need hostNetwork',
    kubernetes: 'hostNetwork must be true if pod contains any hostProcess containers',
  },
];

function osName(spec: JsonObject): string | undefined {
  return stringField(field(spec, 'os'), 'name');
}

function idOf(path: readonly string[]): string {
  return (path.at(-1) ?? '').replaceAll(/(?<=[a-z])[A-Z]/gu, (word) => `-${word}`).toLowerCase();
}

function hostProcess(owner: JsonObject | undefined): Json | undefined {
  return at(owner, 'securityContext', 'windowsOptions', 'hostProcess');
}

function everyContainer(spec: JsonObject): readonly JsonObject[] {
  return [...allContainers(spec), ...objects(spec, 'ephemeralContainers')];
}

function hostProcessContainers(spec: JsonObject): number {
  const inherited = hostProcess(spec);
  return everyContainer(spec).filter((container) => (hostProcess(container) ?? inherited) === true).length;
}
