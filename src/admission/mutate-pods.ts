import type { PodSize } from '../core/graft/caps.ts';
import { graftPod } from '../core/graft/graft-pod.ts';
import type { Graft, LeftOut, NamespaceInfo } from '../core/graft/graft-pod.ts';
import { toJsonPatch } from '../core/graft/patch.ts';
import { selfCheck } from '../core/graft/self-check.ts';
import type { JsonObject } from '../core/json.ts';
import { byteLength, problemKinds } from '../core/problem.ts';
import type { Problem } from '../core/problem.ts';
import type { Settings } from '../core/settings.ts';
import type { TemplateSet } from '../core/template-set.ts';
import { shortHash, toAuditAnnotations } from './audit.ts';
import type { AdmissionResponse, Decision, ReviewFacts } from './decision.ts';
import type { AdmissionRequest } from './decode-review.ts';
import { toRefusal } from './refusal.ts';
import { nameOf, toReviewFacts } from './review-facts.ts';
import { toWarnings } from './warnings.ts';

/** What a decision depends on besides the request: one snapshot, so that a change meanwhile makes no difference (T23). */
export interface MutatePodsContext {
  readonly templates: TemplateSet;
  readonly settings: Settings;
  /** Undefined for a namespace that isn't known (yet): the answer is a 503, never "no template" (contract R17, S3). */
  readonly namespaceOf: (name: string) => NamespaceInfo | undefined;
}

/**
 * The decision of `/mutate/pods` and `/mutate/pods/matched` (specification §11).
 * It owns the request's object: the self-check grafts onto it in place.
 */
export function mutatePods(request: AdmissionRequest, context: MutatePodsContext): Decision {
  const facts = toReviewFacts(request);
  const { object: pod, uid } = request;
  if (!isPodCreation(request)) return unchanged(uid, 'not_pod_creation', facts);
  if (pod === undefined) return unchanged(uid, 'no_object', facts);
  const namespace = context.namespaceOf(request.namespace);
  if (namespace === undefined) return { kind: 'unavailable', reason: 'namespace_unknown', facts };

  const outcome = graftPod({ pod, namespace, size: sizeOf(request) }, context.templates, context.settings);
  switch (outcome.kind) {
    case 'refuse':
      return denied(request, outcome.problems, outcome.leftOut, outcome.warnings, facts);
    case 'skip': {
      const { edits, leftOut } = outcome;
      const operations = toJsonPatch(pod, edits);
      const graft: Graft = { edits, operations, patch: JSON.stringify(operations), templates: [], leftOut, kept: [] };
      return patched(request, pod, graft, outcome.reason, outcome.warnings, facts);
    }
    case 'graft':
      return patched(request, pod, outcome.graft, 'grafted', outcome.warnings, facts);
  }
}

/** Anything else comes only by a wrong webhook configuration, and then nothing is ours to say about it (T8). */
function isPodCreation({ group, kind, subResource, operation }: AdmissionRequest): boolean {
  return group === '' && kind === 'Pod' && subResource === '' && operation === 'CREATE';
}

function patched(
  request: AdmissionRequest,
  pod: JsonObject,
  graft: Graft,
  reason: string,
  warnings: readonly string[],
  bareFacts: ReviewFacts,
): Decision {
  const { uid } = request;
  const { templates, leftOut } = graft;
  const response = allowed(uid, warnings, toAuditAnnotations({ templates, leftOut, problems: [] }));
  const facts: ReviewFacts = {
    ...bareFacts,
    templates: templates.map(({ id }) => id),
    templateHashes: templates.map(shortHash),
    leftOut: leftOut.map(({ template }) => template),
  };
  const { operations, patch } = graft;
  if (operations.length === 0) return unchanged(uid, reason, facts, response);
  const fault = selfCheck(pod, operations, graft);
  if (fault !== undefined) return { kind: 'error', reason: 'self_check', where: fault, facts };
  return {
    kind: 'answer',
    outcome: 'patched',
    reason,
    response: { ...response, patch },
    facts: { ...facts, patchOps: operations.length, patchBytes: byteLength(patch) },
  };
}

/** The pod isn't larger than the review that it came in; a character takes at most three bytes. */
function sizeOf({ reviewLength, unreadLength }: AdmissionRequest): PodSize {
  return { maxBytes: reviewLength * 3, unreadBytes: unreadLength };
}

function unchanged(
  uid: string,
  reason: string,
  facts: ReviewFacts,
  response: AdmissionResponse = { uid, allowed: true },
): Decision {
  return { kind: 'answer', outcome: 'unchanged', reason, response, facts };
}

function denied(
  request: AdmissionRequest,
  problems: readonly Problem[],
  leftOut: readonly LeftOut[],
  warnings: readonly string[],
  facts: ReviewFacts,
): Decision {
  const [first] = problems;
  const annotations = toAuditAnnotations({ templates: [], leftOut, problems });
  return {
    kind: 'answer',
    outcome: 'denied',
    reason: first === undefined ? 'unknown' : problemKinds[first.code].reason,
    response: {
      ...allowed(request.uid, warnings, annotations),
      allowed: false,
      status: toRefusal(problems, 'Pod', nameOf(request)),
    },
    facts: { ...facts, leftOut: leftOut.map(({ template }) => template) },
  };
}

function allowed(
  uid: string,
  warnings: readonly string[],
  auditAnnotations: Readonly<Record<string, string>> | undefined,
): AdmissionResponse {
  const bounded = toWarnings(warnings);
  return {
    uid,
    allowed: true,
    ...(bounded.length > 0 && { warnings: bounded }),
    ...(auditAnnotations !== undefined && { auditAnnotations }),
  };
}
