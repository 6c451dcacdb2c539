import type { CauseReason } from '../core/problem.ts';

/** One cause of a refusal (`metav1.StatusCause`): complete by itself, without the field in its message. */
export interface StatusCause {
  readonly field: string;
  readonly reason: CauseReason;
  readonly message: string;
}

/** A refusal's `status` (`metav1.Status`, as much of it as an admission response has). */
export interface RefusalStatus {
  readonly code: 422;
  readonly reason: 'Invalid';
  readonly message: string;
  readonly details: { readonly kind: string; readonly name: string; readonly causes: readonly StatusCause[] };
}

/** An `AdmissionResponse` without what the wire alone needs: `patch` is the JSON text of the patch, not yet base64. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: RefusalStatus;
  /** Absent where there is nothing to do (contract C12). */
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** What may be logged of a review (contract O4, S24): names, counts and closed words, bounded and printable. */
export interface ReviewFacts {
  readonly uid: string;
  readonly namespace: string;
  /** The pod's name, else its generateName. */
  readonly name: string;
  /** The kind of the owner that controls it; empty where none does. */
  readonly ownerKind: string;
  readonly operation: string;
  readonly dryRun: boolean;
  readonly username: string;
  /** `namespace/name` of those that were grafted. */
  readonly templates: readonly string[];
  /** Their hashes, 16 hex digits each. */
  readonly templateHashes: readonly string[];
  /** `namespace/name` of those that were left out. */
  readonly leftOut: readonly string[];
  readonly patchOps: number;
  /** Bytes of the patch's JSON text. */
  readonly patchBytes: number;
}

/** What a review comes to. Only an `answer` is HTTP 200. */
export type Decision =
  | {
      readonly kind: 'answer';
      readonly outcome: 'patched' | 'unchanged' | 'denied';
      /** A closed word: a skip reason, or the reason of the first problem. */
      readonly reason: string;
      readonly response: AdmissionResponse;
      readonly facts: ReviewFacts;
    }
  /** HTTP 503: what the answer depends on isn't known yet (contract R17, S3). */
  | { readonly kind: 'unavailable'; readonly reason: 'namespace_unknown'; readonly facts: ReviewFacts }
  /** HTTP 500, so that failurePolicy decides (specification §8): a bug of ours. `where` is a closed word. */
  | { readonly kind: 'error'; readonly reason: 'self_check'; readonly where: string; readonly facts: ReviewFacts };
