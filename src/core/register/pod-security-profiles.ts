import type { FieldPath } from '../field-path.ts';
import { field, stringField } from '../json.ts';
import type { Json } from '../json.ts';

/** The levels of the Pod Security Standards, the strictest last. */
export const podSecurityLevels = ['privileged', 'baseline', 'restricted'] as const;
export type PodSecurityLevel = (typeof podSecurityLevels)[number];

/** Something in a template because of which its pods don't fit the next stricter level. */
export interface SecurityNeed {
  /** The strictest level that still allows it. */
  readonly level: 'privileged' | 'baseline';
  /** From the pod template; of what is missing, where it would stand. */
  readonly path: FieldPath;
  /** As the middle of a sentence: `hostNetwork is true`. */
  readonly says: string;
}

const selinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

/** What profiles of a securityContext, the pod's or a container's, switch off; `whose`: for the sentence. */
export function profileNeeds(context: Json | undefined, path: FieldPath, whose: string): readonly SecurityNeed[] {
  const needs: SecurityNeed[] = [];
  for (const profile of ['seccompProfile', 'appArmorProfile']) {
    if (stringField(field(context, profile), 'type') !== 'Unconfined') continue;
    needs.push({ level: 'privileged', path: [...path, profile, 'type'], says: `${profile} of ${whose} is Unconfined` });
  }
  const selinux = field(context, 'seLinuxOptions');
  for (const key of ['type', 'user', 'role']) {
    const value = stringField(selinux, key) ?? '';
    if (key === 'type' ? selinuxTypes.includes(value) : value === '') continue;
    needs.push({
      level: 'privileged',
      path: [...path, 'seLinuxOptions', key],
      says: `${whose} sets the SELinux ${key}`,
    });
  }
  return needs;
}

/** True where a securityContext makes its containers processes of a Windows host. */
export function isHostProcess(context: Json | undefined): boolean {
  return field(field(context, 'windowsOptions'), 'hostProcess') === true;
}
