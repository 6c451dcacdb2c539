import { protectable } from '../template.ts';
import type { Template } from '../template.ts';

/** All of a template that its author decides, the pod template apart. */
export type TemplateSettings = Pick<
  Template,
  | 'description'
  | 'primaryContainerName'
  | 'protect'
  | 'match'
  | 'allowedNamespaces'
  | 'order'
  | 'enforcement'
  | 'conflictPolicy'
  | 'sidecars'
>;

/** What holds where a template says nothing (specification §2). */
export const defaultTemplateSettings: TemplateSettings = {
  primaryContainerName: 'primary',
  protect: new Set(protectable),
  order: 0,
  enforcement: 'Optional',
  conflictPolicy: 'KeepPod',
  sidecars: { lifecycle: 'Auto', lifecycleByName: new Map(), initOrder: 'Last' },
};
