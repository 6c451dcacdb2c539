import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayField, isObject, objectField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { incompatiblePairs } from '../../../src/core/kubernetes/incompatible.ts';
import { incompatibleCases } from './incompatible-cases.ts';

/** The ids of all rows that a pod breaks. */
function broken(pod: JsonObject): readonly string[] {
  const spec = objectField(pod, 'spec');
  const metadata = objectField(pod, 'metadata');
  const initContainers = arrayField(spec, 'initContainers').filter(isObject);
  const containers = [...initContainers, ...arrayField(spec, 'containers').filter(isObject)];
  const subjects = { pod: [undefined], container: containers, initContainer: initContainers };
  return incompatiblePairs
    .filter(({ scope, test }) => subjects[scope].some((container) => test(spec, container, metadata)))
    .map(({ id }) => id);
}

describe('what Kubernetes refuses together', () => {
  it.each(incompatibleCases)('$id: the pair is found, and nothing else', ({ id, refused, refusedToo = [] }) => {
    for (const pod of [refused, ...refusedToo]) expect(broken(pod)).toEqual([id]);
  });

  it.each(incompatibleCases.flatMap(({ id, fine }) => fine.map((pod, index) => ({ id, index, pod }))))(
    '$id: a side alone is fine ($index)',
    ({ pod }) => {
      expect(broken(pod)).toEqual([]);
    },
  );

  it('has a case for each row, and each row once', () => {
    const ids = incompatiblePairs.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(incompatibleCases.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  });

  it('never throws, whatever stands anywhere in a pod', () => {
    const keys = [...keysOf(incompatibleCases.map(({ refused, fine }) => [refused, fine]))];
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom<Json>(null, true, false, 0, -1, 1e300, '', 'windows', 'Always', '1Gi', '1e999', '__proto__'),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom(...keys, '__proto__', 'constructor'), tie('tree'), { maxKeys: 6 }),
      ),
    }));
    const shaped = fc.dictionary(fc.constantFrom(...keys), tree).map((spec): JsonObject => spec);
    fc.assert(
      fc.property(shaped, shaped, shaped, (spec, container, metadata) => {
        for (const { test } of incompatiblePairs) {
          expect(typeof test(spec, container, metadata)).toBe('boolean');
          expect(typeof test(spec, undefined)).toBe('boolean');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves names that every object has out of annotations and resource names', () => {
    const container = { name: 'constructor', securityContext: { seccompProfile: { type: 'RuntimeDefault' } } };
    const pod = { metadata: { annotations: {} }, spec: { containers: [container] } };
    expect(broken(pod)).toEqual([]);
  });
});

function keysOf(value: Json, keys: Set<string> = new Set()): Set<string> {
  if (Array.isArray(value)) for (const element of value as readonly Json[]) keysOf(element, keys);
  if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      keys.add(key);
      keysOf(inner, keys);
    }
  }
  return keys;
}
