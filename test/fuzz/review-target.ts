import { isDeepStrictEqual } from 'node:util';
import jsonPatch from 'fast-json-patch';
import { decodeReview } from '../../src/admission/decode-review.ts';
import { encodeReview } from '../../src/admission/encode-review.ts';
import { withoutManagedFields } from '../../src/admission/managed-fields.ts';
import { mutatePods } from '../../src/admission/mutate-pods.ts';
import type { MutatePodsContext } from '../../src/admission/mutate-pods.ts';
import { caps } from '../../src/core/graft/caps.ts';
import { isObject, objectField, own } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { byteLength } from '../../src/core/problem.ts';
import { buildTemplateSet } from '../../src/core/template-set.ts';
import type { Template } from '../../src/core/template.ts';
import { settings } from '../support/fixtures.ts';
import { templates } from './seeds.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const contextOf = (active: readonly Template[]): MutatePodsContext => ({
  templates: buildTemplateSet(active, settings.rootNamespace),
  settings: { ...settings, injection: 'all' },
  namespaceOf: (name) => ({ name, labels: { 'kubernetes.io/metadata.name': name }, annotations: {} }),
});
const context = contextOf(templates);

/** Why podgraft deals wrongly with this body, or undefined where it does as it shall, whatever the body is. */
export function faultOfBody(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return undefined; // an HTTP 400, before anything of this
  }
  const first = answer(text, context);
  if (!isDeepStrictEqual(first, answer(text, context))) return 'twice the same body, and not the same answer';
  if (Object.keys(Object.prototype).length > 0) return 'Object.prototype was written to';
  if (typeof first === 'string') return /^[ -~]+$/u.test(first) ? undefined : 'a 400 whose line is not plain text';
  return faultOfDecision(first, text, context);
}

/** Why these templates deal wrongly with a review that is right, or undefined. */
export function faultOfTemplates(active: readonly Template[], review: JsonObject): string | undefined {
  const own_ = contextOf(active);
  const text = JSON.stringify(review);
  const first = answer(text, own_);
  return typeof first === 'string' ? `the review is refused: ${first}` : faultOfDecision(first, text, own_);
}

type Decision = ReturnType<typeof mutatePods>;

/** The decision, or the line of an HTTP 400. */
function answer(text: string, given: MutatePodsContext): Decision | string {
  const decoded = decodeReview(text);
  return decoded.kind === 'invalid' ? decoded.message : mutatePods(decoded.request, given);
}

function faultOfDecision(decision: Decision, text: string, given: MutatePodsContext): string | undefined {
  if (decision.kind === 'error') return `an HTTP 500: ${decision.reason} ${decision.where}`;
  if (decision.kind === 'unavailable') return 'an HTTP 503';
  const { response } = decision;
  const wire = encodeReview(response, (patch) => Buffer.from(patch).toString('base64'));
  if (byteLength(wire) > caps.responseBytes) return `an answer of ${byteLength(wire)} bytes`;
  const { status, patch } = response;
  if (response.allowed !== (status === undefined)) return 'a refusal without a status, or a status without one';
  if (status !== undefined && (status.message === '' || status.details.causes.length === 0))
    return 'a refusal without a reason';
  if (patch === undefined) return undefined;
  // Nobody reads managedFields, so nobody notices if what stands there is no JSON.
  const review = JSON.parse(withoutManagedFields(text)) as JsonObject;
  const request = objectField(review, 'request');
  const patched = applied(own(request, 'object') ?? null, patch);
  if (patched === undefined) return 'a patch that cannot be applied';
  const again = answer(JSON.stringify({ ...review, request: { ...request, object: patched } }), given);
  if (typeof again === 'string') return `a second round that is refused: ${again}`;
  if (again.kind !== 'answer') return `a second round that ends with ${again.kind}`;
  if (!again.response.allowed) return `a second round that is denied: ${again.response.status?.message}`;
  return again.response.patch === undefined ? undefined : 'a second round that still changes something';
}

/** The pod after the patch, by another hand than podgraft's; undefined where it can't be applied. */
function applied(pod: Json, patch: string): JsonObject | undefined {
  const operations = JSON.parse(patch) as Parameters<typeof jsonPatch.applyPatch>[1];
  try {
    const { newDocument } = jsonPatch.applyPatch(pod, operations, true, false);
    return isObject(newDocument) ? newDocument : undefined;
  } catch {
    return undefined;
  }
}
