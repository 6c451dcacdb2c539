import type { JsonObject } from './json.ts';
import type { LabelSelector } from './kubernetes/label-selector.ts';

/** What a sidecar gets where, for cpu or memory, it sets neither request nor limit (specification §7). */
export interface ResourcePresets {
  readonly requests?: JsonObject;
  readonly limits?: JsonObject;
}

/** What an operator may allow templates to carry (specification §12). */
export const capabilitiesToAllow = [
  'privileged',
  'capabilities',
  'hostNamespaces',
  'hostPath',
  'hostPorts',
  'serviceAccountName',
  'shareProcessNamespace',
] as const;
export type Allowance = (typeof capabilitiesToAllow)[number];

/** What the operator decides once for an installation. All of the core gets this one value. */
export interface Settings {
  /** Where admins keep templates for everyone (§1). */
  readonly rootNamespace: string;
  /** `labelled`: default and matched templates apply in namespaces labelled `podgraft.dev/injection: enabled`; `all`: everywhere but where that is switched off. */
  readonly injection: 'labelled' | 'all';
  /** Namespaces whose pods are never touched; {@link isExcluded} adds those that always are. */
  readonly excludedNamespaces: readonly string[];
  /** The template of pods that name none, in covered namespaces without a default of their own. */
  readonly defaultTemplate?: string;
  /** Names that make a container the primary one, first match first (§5). */
  readonly primaryContainerNames: readonly string[];
  readonly sidecarResources?: ResourcePresets;
  /** Which pods belong to a reusable environment, besides those labelled so (§9). `ownerKinds`: `group/Kind`. */
  readonly reusable: {
    readonly selectors: readonly LabelSelector[];
    readonly ownerKinds: readonly string[];
  };
  /** `enforcement: Required` is refused at registration while this is off (§11). */
  readonly required: { readonly enabled: boolean };
  /** What templates of the root namespace may carry. */
  readonly allow: readonly Allowance[];
  /** What templates of other namespaces may carry. */
  readonly allowNamespaced: readonly Allowance[];
}

export const defaultSettings: Settings = {
  rootNamespace: 'podgraft-system',
  injection: 'labelled',
  excludedNamespaces: [],
  primaryContainerNames: ['algorunner', 'prefect-job', 'flow', 'flow-container', 'main'],
  reusable: { selectors: [], ownerKinds: [] },
  required: { enabled: false },
  allow: [],
  allowNamespaced: [],
};

const alwaysExcluded = ['kube-system', 'kube-public', 'kube-node-lease'];

/** True for a namespace whose pods podgraft never touches (§1): the system's, podgraft's own, the operator's list. */
export function isExcluded(namespace: string, settings: Settings): boolean {
  return (
    alwaysExcluded.includes(namespace) ||
    namespace === settings.rootNamespace ||
    settings.excludedNamespaces.includes(namespace)
  );
}
