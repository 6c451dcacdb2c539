import type { AdmissionResponse } from './decision.ts';
import { reviewApiVersion, reviewKind } from './decode-review.ts';

const head = `{"apiVersion":${JSON.stringify(reviewApiVersion)},"kind":${JSON.stringify(reviewKind)},"response":`;

/**
 * The body of an answer (contract C10–C13): an `AdmissionReview` with the response alone; the request isn't echoed.
 * @param toBase64 standard, padded base64 of the text's UTF-8
 */
export function encodeReview(response: AdmissionResponse, toBase64: (text: string) => string): string {
  const { patch, ...rest } = response;
  const text = JSON.stringify(rest);
  // Base64 has nothing in it that JSON would escape, and a patch is long.
  const whole =
    patch === undefined ? text : `${text.slice(0, -1)},"patchType":"JSONPatch","patch":"${toBase64(patch)}"}`;
  return `${head}${whole}}`;
}
