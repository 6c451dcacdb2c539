import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeReview } from '../../src/admission/decode-review.ts';
import { withoutManagedFields } from '../../src/admission/managed-fields.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { podReview, reviewBody } from '../support/review.ts';

const fields = { manager: 'kubelet', fieldsV1: { 'f:spec': { 'k:{"name":"web"}': { '.': {} } } } };
const spec = { containers: [{ name: 'web', args: [',"managedFields":[', '}]},"spec":{'] }] };

function object(metadata: JsonObject): JsonObject {
  return { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web', ...metadata }, spec, status: {} };
}

function objectOf(text: string): JsonObject | undefined {
  const decoded = decodeReview(text);
  return decoded.kind === 'request' ? decoded.request.object : undefined;
}

describe('managedFields', () => {
  test('are cut from a review as an API server writes it, and nothing else is', () => {
    const text = reviewBody(podReview(object({ labels: { a: 'b' }, managedFields: [fields, fields] })));
    expect(JSON.parse(withoutManagedFields(text))).toEqual(
      JSON.parse(reviewBody(podReview(object({ labels: { a: 'b' } })))),
    );
    expect(objectOf(text)).toEqual(object({ labels: { a: 'b' } }));
  });

  test.each<readonly [string, JsonObject]>([
    ['there are none', {}],
    ['they are empty', { managedFields: [] }],
    ['a bracket stands in them', { managedFields: [{ 'f:a[': {} }] }],
    ['a closing bracket stands in them', { managedFields: [{ 'f:a]': {} }] }],
    ['a list stands in them', { managedFields: [{ a: [{}] }] }],
    ['metadata goes on after them', { managedFields: [fields], name: 'later' }],
    ['they are no list', { managedFields: fields }],
    ['the words stand in an annotation', { annotations: { a: ',"managedFields":[{}]},"spec":{' } }],
  ])('stay where %s', (_, metadata) => {
    const inOrder = { kind: 'Pod', metadata: { a: 1, ...metadata }, spec };
    const text = reviewBody(podReview(inOrder));
    expect(withoutManagedFields(text)).toBe(text);
  });

  test('stay in text with spaces', () => {
    const text = JSON.stringify(JSON.parse(reviewBody(podReview(object({ managedFields: [fields] })))), undefined, 1);
    expect(withoutManagedFields(text)).toBe(text);
  });

  test('of who is asking stay, and the object is read whole', () => {
    const extra = { a: ['b'], managedFields: ['}]},"spec":{', '{}'] };
    const text = reviewBody(podReview(object({}), { userInfo: { extra } }));
    expect(withoutManagedFields(text)).toBe(text);
  });

  test('are never anything but whole entries of objects, whatever JSON they stand in', () => {
    const parts = constantFrom(',"managedFields":[', '}]},"spec":{', '[', ']', '{', '}', '"', '\\', 'a');
    const text = array(parts).map((list) => list.join(''));
    const json = array(text, { maxLength: 4 }).chain((texts) =>
      string().map((last): Json => [
        { metadata: { a: texts, managedFields: [{ b: texts }] }, spec: { c: last } },
        { metadata: { a: last, managedFields: [{ b: 1 }] }, spec: { c: texts } },
      ]),
    );
    assert(
      property(json, (value) => {
        const cut = JSON.parse(withoutManagedFields(JSON.stringify(value))) as Json;
        const without = (one: Json): string =>
          JSON.stringify(one, (key, inner: Json) => (key === 'managedFields' ? undefined : inner));
        return without(cut) === without(value);
      }),
    );
  });
});
