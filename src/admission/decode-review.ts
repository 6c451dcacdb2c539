import { isObject, objectField, own, stringField } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { isDeeperThan, isTextDeeperThan } from './json-depth.ts';
import { withoutManagedFields } from './managed-fields.ts';

/** What podgraft reads of an `AdmissionRequest` (admission.k8s.io/v1). The object is as it came: nothing about its form is taken for granted. */
export interface AdmissionRequest {
  /** Names this round trip, not the user's request (contract C7): echoed, never remembered. */
  readonly uid: string;
  /** `kind.group`; empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly subResource: string;
  /** CREATE, UPDATE, DELETE or CONNECT. */
  readonly operation: string;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  /** Empty while the API server has yet to make one from `generateName` (contract C5). */
  readonly name: string;
  readonly dryRun: boolean;
  /** Who sent it; for most pods a controller (contract S1). */
  readonly username: string;
  /** Undefined where it is absent, null or no object. */
  readonly object: JsonObject | undefined;
  /** UTF-16 units of the whole review's text: the object has no more. */
  readonly reviewLength: number;
  /** How many of them were left out of the object because nobody reads them: `metadata.managedFields`. */
  readonly unreadLength: number;
}

export type DecodedReview =
  | { readonly kind: 'request'; readonly request: AdmissionRequest }
  /** An HTTP 400; `message` is one constant line that echoes nothing of the body. */
  | { readonly kind: 'invalid'; readonly message: string };

/** How deep a review may nest (contract S11); a legal pod needs about 15. */
const maxDepth = 64;

/** Text up to here is parsed before its depth is judged, as that is faster: at its worst it takes 30 milliseconds. */
const maxUnscannedLength = 64 * 1024;

/** A uid is a UUID of 36 characters; this leaves room for what some other client sends. */
const maxUidLength = 128;

export const reviewApiVersion = 'admission.k8s.io/v1';
export const reviewKind = 'AdmissionReview';

const tooDeep = invalid(`the body nests deeper than ${maxDepth} levels`);

/** Reads a request's body as an `AdmissionReview` of admission.k8s.io/v1 (contract C4–C8, S11). */
export function decodeReview(body: string): DecodedReview {
  if (body.length === 0) return invalid('the body is empty: send an AdmissionReview as JSON');
  const text = withoutManagedFields(body);
  if (text.length > maxUnscannedLength && isTextDeeperThan(text, maxDepth)) return tooDeep;
  const review = parseJson(text);
  if (text.length <= maxUnscannedLength && review !== undefined && isDeeperThan(review, maxDepth)) return tooDeep;
  if (!isObject(review)) return invalid('the body is not a JSON object: send an AdmissionReview as JSON');
  if (own(review, 'kind') !== reviewKind) return invalid(`kind must be ${reviewKind}`);
  if (own(review, 'apiVersion') !== reviewApiVersion) {
    return invalid(`apiVersion must be ${reviewApiVersion}: set admissionReviewVersions to ["v1"]`);
  }
  const request = own(review, 'request');
  if (!isObject(request)) return invalid('request is missing: send an AdmissionReview with a request');
  return decodeRequest(request, body.length, body.length - text.length);
}

function decodeRequest(request: JsonObject, reviewLength: number, unreadLength: number): DecodedReview {
  const uid = own(request, 'uid');
  if (typeof uid !== 'string' || uid === '') return invalid('request.uid must be a string that is not empty');
  if (uid.length > maxUidLength) return invalid(`request.uid must have at most ${maxUidLength} characters`);
  const operation = own(request, 'operation');
  if (typeof operation !== 'string') return invalid('request.operation must be a string');
  const gvk = objectField(request, 'kind');
  const kind = stringField(gvk, 'kind');
  if (kind === undefined) return invalid('request.kind.kind must be a string');
  const namespace = stringField(request, 'namespace') ?? '';
  if (kind === 'Pod' && namespace === '') return invalid('request.namespace must name the namespace of the pod');
  const object = own(request, 'object');
  return {
    kind: 'request',
    request: {
      uid,
      group: stringField(gvk, 'group') ?? '',
      kind,
      subResource: stringField(request, 'subResource') ?? '',
      operation,
      namespace,
      name: stringField(request, 'name') ?? '',
      dryRun: own(request, 'dryRun') === true,
      username: stringField(objectField(request, 'userInfo'), 'username') ?? '',
      object: isObject(object) ? object : undefined,
      reviewLength,
      unreadLength,
    },
  };
}

/** The JSON value, or undefined where the text is none: the parser's own message would echo the text. */
function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function invalid(message: string): DecodedReview {
  return { kind: 'invalid', message };
}
