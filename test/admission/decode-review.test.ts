import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeReview } from '../../src/admission/decode-review.ts';
import { isDeeperThan, isTextDeeperThan } from '../../src/admission/json-depth.ts';
import type { Json } from '../../src/core/json.ts';
import { podReview, reviewBody } from '../support/review.ts';

const canary = 'CANARY-5cr3t';

function decoded(text: string) {
  const result = decodeReview(text);
  return result.kind === 'request' ? result.request : result.message;
}

describe('what is no review is an HTTP 400 with one line that echoes nothing', () => {
  test.each([
    ['T3 an empty body', '', 'the body is empty'],
    ['T3 half an object', `{"${canary}`, 'not a JSON object'],
    ['T3 a list', `["${canary}"]`, 'not a JSON object'],
    ['T3 text', `"${canary}"`, 'not a JSON object'],
    ['T3 null', 'null', 'not a JSON object'],
    ['T3 a number', '1', 'not a JSON object'],
    ['T3 NUL bytes', '\u0000\u0000{}', 'not a JSON object'],
    ['T3 a byte order mark', `\uFEFF${reviewBody(podReview({}))}`, 'not a JSON object'],
    ['T3 two objects', '{}{}', 'not a JSON object'],
    ['T5 300,000 levels', '['.repeat(300_000) + ']'.repeat(300_000), 'nests deeper than 64'],
    ['T5 65 levels', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 'nests deeper than 64'],
    ['T6 no request', reviewBody({}, { request: null }), 'request is missing'],
    ['T6 a request that is a list', reviewBody({}, { request: [] }), 'request is missing'],
    ['T6 no uid', reviewBody(podReview({}, { uid: null })), 'request.uid must be a string'],
    ['T6 an empty uid', reviewBody(podReview({}, { uid: '' })), 'request.uid must be a string'],
    ['T6 a uid that is a number', reviewBody(podReview({}, { uid: 7 })), 'request.uid must be a string'],
    ['T6 a uid of 10 KB', reviewBody(podReview({}, { uid: canary.repeat(900) })), 'at most 128 characters'],
    [
      'T7 v1beta1',
      reviewBody(podReview({}), { apiVersion: 'admission.k8s.io/v1beta1' }),
      'apiVersion must be admission.k8s.io/v1',
    ],
    ['T7 another kind', reviewBody(podReview({}), { kind: canary }), 'kind must be AdmissionReview'],
    ['no kind', '{"apiVersion": "admission.k8s.io/v1"}', 'kind must be AdmissionReview'],
    ['no operation', reviewBody(podReview({}, { operation: null })), 'request.operation'],
    ['no kind of object', reviewBody(podReview({}, { kind: 'Pod' })), 'request.kind.kind'],
    ['a pod without a namespace', reviewBody(podReview({}, { namespace: null })), 'request.namespace'],
  ])('%s', (_, text, message) => {
    const line = decoded(text);
    expect(line).toContain(message);
    expect(line).not.toContain(canary);
    expect(line).not.toContain('\n');
  });
});

describe('what a review says', () => {
  test('is read as far as podgraft uses it', () => {
    const pod = { metadata: { name: 'web' } };
    const text = reviewBody(podReview(pod, { dryRun: true, subResource: 'status' }));
    expect(decoded(text)).toEqual({
      uid: '6b62c74e-b739-43e0-8e06-f33100362624',
      group: '',
      kind: 'Pod',
      subResource: 'status',
      operation: 'CREATE',
      namespace: 'app',
      name: 'web',
      dryRun: true,
      username: 'system:serviceaccount:kube-system:replicaset-controller',
      object: pod,
      reviewLength: text.length,
      unreadLength: 0,
    });
  });

  test('what it leaves out is empty, and an object that is none is absent', () => {
    const kind = { kind: 'Node' };
    const request = { uid: 'a', kind, operation: 'CREATE', object: [1], name: 3, dryRun: 'true' };
    expect(decoded(reviewBody(request))).toMatchObject({
      group: '',
      subResource: '',
      namespace: '',
      name: '',
      username: '',
      dryRun: false,
      object: undefined,
    });
  });

  test('T13 __proto__ and constructor are data and reach nothing', () => {
    const body =
      '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","__proto__":{"polluted":1},' +
      '"request":{"uid":"a","operation":"CREATE","namespace":"app","kind":{"kind":"Pod"},' +
      '"object":{"metadata":{"labels":{"__proto__":{"polluted":1},"constructor":"x"}}}}}';
    expect(decoded(body)).toMatchObject({ uid: 'a' });
    expect({}).not.toHaveProperty('polluted');
  });

  test('a uid that only a prototype has counts as missing', () => {
    const body =
      '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",' +
      '"request":{"__proto__":{"uid":"a"},"operation":"CREATE","kind":{"kind":"Pod"}}}';
    expect(decoded(body)).toContain('request.uid');
  });
});

describe('depth', () => {
  test.each([
    ['{"a":{"b":[]}}', 3, false],
    ['{"a":{"b":[]}}', 2, true],
    ['[[],[],[]]', 2, false],
    [`["${'['.repeat(99)}"]`, 1, false],
    ['["\\"[[[[", "\\\\", [1]]', 2, false],
    ['["\\\\\\"[[[["]', 1, false],
    ['["\\\\", [[]]]', 2, true],
    ['["no end [[[[', 1, false],
    ['', 0, false],
  ])('%s is deeper than %i: %s', (text, limit, expected) => {
    expect(isTextDeeperThan(text, limit)).toBe(expected);
  });

  test('a value and its text are judged alike', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(7), (value, limit) => {
        const json = value as Json;
        expect(isDeeperThan(json, limit)).toBe(isTextDeeperThan(JSON.stringify(json), limit));
      }),
    );
  });
});
