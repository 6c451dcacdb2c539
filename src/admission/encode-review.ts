import type { AdmissionResponse } from './decision.ts';
import { reviewApiVersion, reviewKind } from './decode-review.ts';

/**
 * The body of an answer (contract C10–C13): an `AdmissionReview` with the response alone; the request isn't echoed.
 * @param toBase64 standard, padded base64 of the text's UTF-8
 */
export function encodeReview(response: AdmissionResponse, toBase64: (text: string) => string): string {
  const { patch, ...rest } = response;
  return JSON.stringify({
    apiVersion: reviewApiVersion,
    kind: reviewKind,
    response: patch === undefined ? rest : { ...rest, patchType: 'JSONPatch', patch: toBase64(patch) },
  });
}
