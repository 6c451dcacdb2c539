import type { JsonObject } from '../../core/json.ts';
import type { Seen } from './finding.ts';
import type { BackendReference } from './our-webhooks.ts';
import type { Trials } from './trial.ts';

/** Whom webhooks of ours call, and what was found there. */
export interface Backend {
  readonly reference: BackendReference;
  /** Where the webhooks name a Service. */
  readonly service?: { readonly object: Seen<JsonObject>; readonly slices: Seen<readonly JsonObject[]> };
  /** What is presented there, as PEM, the leaf first. */
  readonly certificate: Seen<readonly string[]>;
}

/** All that is judged: what a cluster showed at one time. */
export interface ClusterFacts {
  /** `v1.36.3`. */
  readonly version: string;
  readonly nowMs: number;
  readonly crd: Seen<JsonObject>;
  /** The MutatingWebhookConfigurations that are podgraft's. */
  readonly configurations: Seen<readonly JsonObject[]>;
  readonly backends: readonly Backend[];
  readonly injectionTemplates: Seen<readonly JsonObject[]>;
  /** The labelled ones. */
  readonly podTemplates: Seen<readonly JsonObject[]>;
  readonly trials: Trials;
}
