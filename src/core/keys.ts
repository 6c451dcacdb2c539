/** The label and annotation keys that podgraft reads and writes (specification §1). */
export const keys = {
  template: 'podgraft.dev/template',
  templates: 'podgraft.dev/templates',
  inject: 'podgraft.dev/inject',
  primaryContainer: 'podgraft.dev/primary-container',
  reusable: 'podgraft.dev/reusable',
  injection: 'podgraft.dev/injection',
  defaultTemplate: 'podgraft.dev/default-template',
  grafted: 'podgraft.dev/grafted',
  injected: 'podgraft.dev/injected',
  isTemplate: 'podgraft.dev/is-template',
  /** Settings of a core/v1 PodTemplate. */
  primaryContainerName: 'podgraft.dev/primary-container-name',
  protect: 'podgraft.dev/protect',
  order: 'podgraft.dev/order',
  matchLabels: 'podgraft.dev/match-labels',
} as const;

export const prefix = 'podgraft.dev/';

/** Keys of others that we read. */
export const foreignKeys = {
  /** Flyte stamps it on its pods. */
  flytePrimary: 'primary_container_name',
  defaultContainer: 'kubectl.kubernetes.io/default-container',
  mirror: 'kubernetes.io/config.mirror',
} as const;

export const apiVersion = 'podgraft.dev/v1alpha1';
