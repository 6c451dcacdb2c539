import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { toReview } from '../../src/cli/demo-review.ts';
import { objectField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { manifestObjects, podPlace } from '../../src/core/manifest/workload.ts';

/** One kind of request, and what must come back. */
export interface Exchange {
  readonly name: string;
  readonly method: 'POST' | 'GET';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The HTTP status that is right. */
  readonly status: number;
  /** What is wrong with the answer's text, where something is. */
  readonly faultOf: (text: string) => string | undefined;
}

const examples = fileURLToPath(new URL('../../examples', import.meta.url));

/** The folders of the five systems. */
export function systems(): readonly string[] {
  return readdirSync(examples).map((name) => path.join(examples, name));
}

const json = { 'Content-Type': 'application/json' };
const namedPath = '/mutate/pods';

/** Requests of every kind that is answered: good ones of all five systems, refusals, and what is no review. */
export function exchanges(): readonly Exchange[] {
  const post = { method: 'POST', path: namedPath, headers: json } as const;
  const reviews = systems().map((folder) => ({ name: path.basename(folder), review: reviewOf(folder) }));
  const good = reviews.map(({ name, review }): Exchange => ({
    ...post,
    name: `a pod of ${name}`,
    body: JSON.stringify(review),
    status: 200,
    faultOf: answers(review, (response) => response['allowed'] === true && typeof response['patch'] === 'string'),
  }));
  const [first] = reviews;
  if (first === undefined) throw new Error('there are no examples');
  const refused = withLabels(first.review, { 'podgraft.dev/template': 'nobody-has-this' });
  const plain = withLabels(first.review, { app: 'plain' });
  const bad = (name: string, status: number, other: Partial<Exchange>): Exchange => ({
    ...post,
    name,
    body: JSON.stringify(first.review),
    status,
    faultOf: () => undefined,
    ...other,
  });
  return [
    ...good,
    bad('a pod that names a template that is absent', 200, {
      body: JSON.stringify(refused),
      faultOf: answers(refused, (response) => objectField(response, 'status')['code'] === 422),
    }),
    bad('a pod that asks for nothing', 200, {
      path: '/mutate/pods/matched?timeout=3s',
      body: JSON.stringify(plain),
      faultOf: answers(plain, (response) => response['allowed'] === true && response['patch'] === undefined),
    }),
    bad('half a body', 400, { body: JSON.stringify(first.review).slice(0, 700) }),
    bad('no body', 400, { body: '' }),
    bad('deep nesting', 400, { body: '['.repeat(100_000) }),
    bad('a review of another version', 400, {
      body: JSON.stringify({ ...first.review, apiVersion: 'admission.k8s.io/v1beta1' }),
    }),
    bad('text', 415, { headers: { 'Content-Type': 'text/plain' } }),
    bad('a body that is too large', 413, { body: ' '.repeat(7 * 1024 * 1024 + 1) }),
    bad('a GET', 405, { method: 'GET', body: '' }),
    bad('another path', 404, { path: '/mutate' }),
  ];
}

function reviewOf(folder: string): JsonObject {
  const workload = parse(readFileSync(path.join(folder, 'workload.yaml'), 'utf8')) as Json;
  const place = manifestObjects(workload)
    .map(podPlace)
    .find((found) => found !== undefined);
  if (place === undefined) throw new Error(`${path.basename(folder)} has no workload`);
  return toReview(place, place.namespace ?? 'default');
}

function withLabels(review: JsonObject, labels: JsonObject): JsonObject {
  const request = objectField(review, 'request');
  const object = objectField(request, 'object');
  const metadata = { ...objectField(object, 'metadata'), labels };
  return { ...review, request: { ...request, object: { ...object, metadata } } };
}

/** Looks whether an answer is the one of this review, and as it shall be. */
function answers(review: JsonObject, isRight: (response: JsonObject) => boolean): Exchange['faultOf'] {
  const { uid } = objectField(review, 'request');
  return (text) => {
    const response = objectField(JSON.parse(text) as Json, 'response');
    if (response['uid'] !== uid) return "the uid is not the request's";
    return isRight(response) ? undefined : 'the response is not what it shall be';
  };
}
