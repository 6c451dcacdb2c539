import type { Json } from '../json.ts';
import type { ProblemCode } from '../problem.ts';

/**
 * How a field joins where it isn't as Kubernetes' schema says:
 * `element`: a list joined by `keys`, each element atomic; a pod's element that differs is a conflict, or stands;
 * `joined`: a list joined by `keys`, its elements key by key;
 * `member`: a list joined by whole value, missing ones appended (or put in `front`);
 * `whole`: an object that stands or falls whole; `byKey`: a map joined key by key;
 * `nodeTerms`: required node affinity, ANDed; `elsewhere`: not merged by walking the schema.
 */
export type Rule =
  | {
      readonly join: 'element';
      readonly keys: readonly string[];
      readonly differs: 'conflict' | 'stands';
      readonly code?: ProblemCode;
    }
  | { readonly join: 'joined'; readonly keys: readonly string[] }
  | { readonly join: 'member'; readonly front?: true }
  | { readonly join: 'whole' | 'byKey' | 'nodeTerms' | 'elsewhere' }
  | { readonly join: 'value'; readonly differs: 'conflict'; readonly code: ProblemCode };

const whole: Rule = { join: 'whole' };
const member: Rule = { join: 'member' };
const elsewhere: Rule = { join: 'elsewhere' };

/** The first table of specification §6: only what differs from the schema, a row each. Keys are `Type.field`. */
const exceptions: Readonly<Record<string, Rule>> = {
  'PodSpec.containers': elsewhere,
  'PodSpec.initContainers': elsewhere,
  'PodSpec.ephemeralContainers': elsewhere,
  'PodSpec.serviceAccount': elsewhere,
  'PodSpec.volumes': { join: 'element', keys: ['name'], differs: 'conflict', code: 'PG013' },
  'PodSpec.resourceClaims': { join: 'element', keys: ['name'], differs: 'conflict', code: 'PG013' },
  'PodSpec.nodeSelector': { join: 'byKey' },
  'PodSpec.tolerations': member,
  'PodSpec.topologySpreadConstraints': {
    join: 'element',
    keys: ['topologyKey', 'whenUnsatisfiable'],
    differs: 'stands',
  },
  'PodSpec.readinessGates': { join: 'element', keys: ['conditionType'], differs: 'stands' },
  'PodSpec.hostAliases': { join: 'joined', keys: ['ip'] },
  'HostAlias.hostnames': member,
  'PodOS.name': { join: 'value', differs: 'conflict', code: 'PG018' },
  'NodeAffinity.requiredDuringSchedulingIgnoredDuringExecution': { join: 'nodeTerms' },
  'NodeAffinity.preferredDuringSchedulingIgnoredDuringExecution': member,
  'PodAffinity.requiredDuringSchedulingIgnoredDuringExecution': member,
  'PodAffinity.preferredDuringSchedulingIgnoredDuringExecution': member,
  'PodAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution': member,
  'PodAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution': member,
  'PodDNSConfig.nameservers': member,
  'PodDNSConfig.searches': member,
  'PodDNSConfig.options': { join: 'element', keys: ['name'], differs: 'stands' },
  'PodSecurityContext.seccompProfile': whole,
  'PodSecurityContext.seLinuxOptions': whole,
  'PodSecurityContext.windowsOptions': whole,
  'PodSecurityContext.appArmorProfile': whole,
  'SecurityContext.capabilities': whole,
  'SecurityContext.seccompProfile': whole,
  'SecurityContext.seLinuxOptions': whole,
  'SecurityContext.windowsOptions': whole,
  'SecurityContext.appArmorProfile': whole,
  'Container.name': elsewhere,
  'Container.image': elsewhere,
  'Container.command': elsewhere,
  'Container.args': elsewhere,
  'Container.env': { join: 'element', keys: ['name'], differs: 'stands' },
  'Container.envFrom': { join: 'member', front: true },
  'Container.volumeMounts': {
    join: 'element',
    keys: ['mountPath'],
    differs: 'conflict',
    code: 'PG014',
  },
  'Container.volumeDevices': {
    join: 'element',
    keys: ['devicePath'],
    differs: 'conflict',
    code: 'PG014',
  },
  'Container.livenessProbe': whole,
  'Container.readinessProbe': whole,
  'Container.startupProbe': whole,
  'Lifecycle.postStart': whole,
  'Lifecycle.preStop': whole,
};

/** How a type's field joins, where that isn't as the schema says. */
export function ruleOf(type: string, field: string): Rule | undefined {
  const key = `${type}.${field}`;
  return Object.hasOwn(exceptions, key) ? exceptions[key] : undefined;
}

/**
 * The second table of specification §6: what the API server has put into a pod before a webhook sees it. A pod's value
 * that equals it counts as unset. Keys are `Type.field`; imagePullPolicy and restartPolicy depend on more and are decided
 * where pods are looked at.
 */
export const serverDefaults: Readonly<Record<string, Json>> = {
  'PodSpec.dnsPolicy': 'ClusterFirst',
  'PodSpec.schedulerName': 'default-scheduler',
  'PodSpec.terminationGracePeriodSeconds': 30,
  'PodSpec.enableServiceLinks': true,
  'PodSpec.serviceAccountName': 'default',
  'Container.terminationMessagePath': '/dev/termination-log',
  'Container.terminationMessagePolicy': 'File',
};
