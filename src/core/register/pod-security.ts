import type { FieldPath } from '../field-path.ts';
import { arrayField, field, isObject, objectField, own, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { containerNeeds } from './pod-security-container.ts';
import { isHostProcess, podSecurityLevels, profileNeeds } from './pod-security-profiles.ts';
import type { PodSecurityLevel, SecurityNeed } from './pod-security-profiles.ts';
import type { TemplateEntry } from './special-entries.ts';

const safeSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
];
const restrictedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

/**
 * The level of the Pod Security Standards (as Kubernetes 1.36 checks them) that a template by itself needs, and why: the workload's
 * own fields, whatever they are, come on top. Containers that it adds must say what a restricted container must say; entries for the workload's containers are
 * judged by what they set.
 */
export function podSecurity(
  podTemplate: JsonObject,
  entries: readonly TemplateEntry[],
): { readonly level: PodSecurityLevel; readonly needs: readonly SecurityNeed[] } {
  const spec = objectField(podTemplate, 'spec');
  const needs = [
    ...annotationNeeds(objectField(objectField(podTemplate, 'metadata'), 'annotations')),
    ...hostNeeds(spec),
    ...volumeNeeds(spec),
    ...podContextNeeds(spec),
    ...entries.flatMap((entry) => containerNeeds(entry, spec)),
  ];
  const level = podSecurityLevels.find((candidate) => needs.some((need) => need.level === candidate));
  return { level: level ?? 'restricted', needs };
}

function annotationNeeds(annotations: JsonObject): readonly SecurityNeed[] {
  return Object.entries(annotations).flatMap(([key, value]): readonly SecurityNeed[] => {
    if (!key.startsWith(appArmorPrefix) || typeof value !== 'string') return [];
    const isAllowed = value === '' || value === 'runtime/default' || value.startsWith('localhost/');
    const says = 'an annotation switches AppArmor off';
    return isAllowed ? [] : [{ level: 'privileged', path: ['metadata', 'annotations', key], says }];
  });
}

function hostNeeds(spec: JsonObject): readonly SecurityNeed[] {
  return ['hostNetwork', 'hostPID', 'hostIPC']
    .filter((key) => own(spec, key) === true)
    .map((key) => ({ level: 'privileged', path: ['spec', key], says: `${key} is true` }));
}

function volumeNeeds(spec: JsonObject): readonly SecurityNeed[] {
  return arrayField(spec, 'volumes').flatMap((volume, index): readonly SecurityNeed[] => {
    if (!isObject(volume)) return [];
    const type = Object.keys(volume).find((key) => key !== 'name' && isObject(own(volume, key)));
    if (type === undefined || restrictedVolumes.includes(type)) return [];
    const level = type === 'hostPath' ? 'privileged' : 'baseline';
    return [{ level, path: ['spec', 'volumes', index, type], says: `a volume is a ${type}` }];
  });
}

function podContextNeeds(spec: JsonObject): readonly SecurityNeed[] {
  const context = own(spec, 'securityContext');
  const path: FieldPath = ['spec', 'securityContext'];
  const needs: SecurityNeed[] = [...profileNeeds(context, path, 'the pod')];
  for (const [index, sysctl] of arrayField(context, 'sysctls').entries()) {
    const name = stringField(sysctl, 'name') ?? '';
    if (safeSysctls.includes(name)) continue;
    needs.push({
      level: 'privileged',
      path: [...path, 'sysctls', index],
      says: `the sysctl ${name} is none of the safe ones`,
    });
  }
  if (isHostProcess(context)) {
    needs.push({ level: 'privileged', path: [...path, 'windowsOptions', 'hostProcess'], says: 'hostProcess is true' });
  }
  if (own(spec, 'hostUsers') === false) return needs;
  if (field(context, 'runAsNonRoot') === false) {
    needs.push({ level: 'baseline', path: [...path, 'runAsNonRoot'], says: 'runAsNonRoot of the pod is false' });
  }
  if (field(context, 'runAsUser') === 0) {
    needs.push({ level: 'baseline', path: [...path, 'runAsUser'], says: 'runAsUser of the pod is 0' });
  }
  return needs;
}
