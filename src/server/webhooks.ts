import type { Decision } from '../admission/decision.ts';
import type { AdmissionRequest } from '../admission/decode-review.ts';
import { mutatePods } from '../admission/mutate-pods.ts';
import type { MutatePodsContext } from '../admission/mutate-pods.ts';

/** A webhook as log and metrics call it. */
export interface Webhook {
  readonly name: string;
  readonly path: string;
  /**
   * Whether a 429 or 503 asks the API server to come again within its timeout (specification §11): for pods that name
   * a template. The others go through at once, under failurePolicy Ignore.
   */
  readonly retries: boolean;
  readonly decide: (request: AdmissionRequest, context: MutatePodsContext) => Decision;
}

export const webhooks: readonly Webhook[] = [
  { name: 'named', path: '/mutate/pods', retries: true, decide: mutatePods },
  { name: 'matched', path: '/mutate/pods/matched', retries: false, decide: mutatePods },
];
