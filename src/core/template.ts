import type { CompiledPodTemplate } from './graft/compile.ts';
import type { LabelSelector } from './kubernetes/label-selector.ts';
import type { Position } from './problem.ts';
import type { ResourcePresets } from './settings.ts';

/** The fields of the workload's own containers that a template can be kept away from (specification §2). */
export const protectable = ['image', 'command', 'args', 'resources', 'env'] as const;
export type Protectable = (typeof protectable)[number];

/** What runs a sidecar: `Native` an init container that restarts always, `Container` an ordinary one, `Auto` what fits the pod (§7). */
export const lifecycles = ['Auto', 'Native', 'Container'] as const;
export type Lifecycle = (typeof lifecycles)[number];

/** A registered template: valid, its settings read, its pod template compiled. Immutable; shared by all requests. */
export interface Template {
  readonly kind: 'InjectionTemplate' | 'PodTemplate';
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`. */
  readonly id: string;
  readonly description?: string;
  /** `sha256:` and 64 hex digits, over what decides a graft (§2). */
  readonly hash: string;
  readonly primaryContainerName: string;
  readonly protect: ReadonlySet<Protectable>;
  /** Which pods get it without asking; absent: none. An empty selector matches all. */
  readonly match?: {
    readonly podSelector: LabelSelector;
    readonly namespaceSelector: LabelSelector;
  };
  /** Who may use it, by the labels of the pod's namespace; absent: everyone. */
  readonly allowedNamespaces?: LabelSelector;
  readonly order: number;
  readonly enforcement: 'Optional' | 'Required';
  readonly conflictPolicy: 'KeepPod' | 'Deny';
  readonly sidecars: {
    readonly lifecycle: Lifecycle;
    readonly lifecycleByName: ReadonlyMap<string, Lifecycle>;
    readonly initOrder: 'Last' | 'First';
    readonly resources?: ResourcePresets;
  };
  readonly compiled: CompiledPodTemplate;
  /** Where it was read from; absent for one from the cluster. */
  readonly source?: Position;
}
