import type { FieldPath } from '../field-path.ts';
import { matches } from '../kubernetes/label-selector.ts';
import type { Problem } from '../problem.ts';
import type { Settings } from '../settings.ts';
import type { TemplateSet } from '../template-set.ts';
import type { Template } from '../template.ts';
import type { NamespaceInfo } from './graft-pod.ts';
import type { PodView } from './pod-view.ts';

/** How a template came to a pod (specification §1). */
export type Origin = 'named' | 'default' | 'matched';

export interface Selected {
  readonly template: Template;
  readonly origin: Origin;
}

/** A selection while it is being made. */
export interface Selecting {
  readonly view: PodView;
  readonly namespace: NamespaceInfo;
  readonly templates: TemplateSet;
  readonly settings: Settings;
  readonly problems: Problem[];
  readonly warnings: string[];
  readonly selected: Selected[];
  readonly leftOut: { template: string; problems: readonly Problem[] }[];
}

/** More templates than this for one pod are refused, or left out (contract R36). */
export const maxTemplates = 16;

/** The path of a pod's label. */
export const labelPath = (key: string): FieldPath => ['metadata', 'labels', key];
/** The path of a pod's annotation. */
export const annotationPath = (key: string): FieldPath => ['metadata', 'annotations', key];

/** The pod's namespace first, else the root namespace; never a mix of the two (§3). */
export function findTemplate({ templates, namespace, settings }: Selecting, name: string): Template | undefined {
  return templates.get(namespace.name, name) ?? templates.get(settings.rootNamespace, name);
}

/** Whether pods of this namespace may use the template. */
export function isAllowed({ namespace }: Selecting, template: Template): boolean {
  return template.allowedNamespaces === undefined || matches(template.allowedNamespaces, namespace.labels);
}
