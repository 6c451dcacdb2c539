import { request } from 'node:https';
import { field, isArray, isObject, stringField } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';

/** What the webhook said to a review. */
export interface Answer {
  readonly allowed: boolean;
  /** RFC 6902 operations; empty where nothing changes. */
  readonly patch: readonly Json[];
  /** Why it was refused. */
  readonly message: string;
  readonly durationMs: number;
}

/** Posts a review as the API server does: HTTPS, the certificate checked against the CA. Rejects where that isn't possible. */
export async function sendReview(port: number, ca: string, review: JsonObject): Promise<Answer> {
  const body = JSON.stringify(review);
  const startMs = performance.now();
  const text = await new Promise<string>((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'User-Agent': 'kube-apiserver-admission',
    };
    const options = {
      host: 'localhost',
      port,
      path: '/mutate/pods?timeout=3s',
      method: 'POST',
      ca,
      headers,
      agent: false,
    };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else reject(new Error(`HTTP ${response.statusCode ?? 0}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
  const durationMs = performance.now() - startMs;
  const response = field(JSON.parse(text) as Json, 'response');
  const encoded = stringField(response, 'patch');
  const patch = encoded === undefined ? [] : (JSON.parse(Buffer.from(encoded, 'base64').toString()) as Json);
  const status = field(response, 'status');
  return {
    allowed: field(response, 'allowed') === true,
    patch: isArray(patch) ? patch : [],
    message: (isObject(status) ? stringField(status, 'message') : undefined) ?? '',
    durationMs,
  };
}
