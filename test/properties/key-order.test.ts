import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isArray, isObject } from '../../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/register/parse-template.ts';
import { pod, runs, templateDocument } from '../support/arbitrary.ts';
import { covered, settings } from '../support/fixtures.ts';
import { decide } from '../support/graft.ts';

/** The same value with the keys of every object in another order. */
function reordered(value: Json, seed: number): Json {
  if (isArray(value)) return value.map((element) => reordered(element, seed));
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  const turned = keys.map((_, index) => keys[(index + seed) % keys.length] ?? '');
  const result: MutableJsonObject = {};
  for (const key of seed % 2 === 0 ? turned : turned.toReversed()) result[key] = reordered(value[key] ?? null, seed);
  return result;
}

test('the order of keys in a template changes neither its hash nor any patch', () => {
  fc.assert(
    fc.property(templateDocument, pod, fc.integer({ min: 1, max: 9 }), (document, given, seed) => {
      const one = parseTemplate(document, settings);
      const other = parseTemplate(reordered(document, seed), settings);
      if (one.kind !== 'template' || other.kind !== 'template') {
        expect(other.kind).toBe(one.kind);
        return;
      }
      expect(other.template.hash).toBe(one.template.hash);
      const patch = (of: typeof one.template): string =>
        JSON.stringify(decide(given, [of], { namespace: covered }).patch);
      expect(patch(other.template)).toBe(patch(one.template));
    }),
    { numRuns: runs },
  );
});

test('a description, or the order among matched templates, is no part of what a hash says', () => {
  fc.assert(
    fc.property(templateDocument, (document) => {
      const spec = document['spec'] as JsonObject;
      const described = parseTemplate({ ...document, spec: { ...spec, description: 'new words', order: 7 } }, settings);
      const plain = parseTemplate(document, settings);
      if (plain.kind === 'template' && described.kind === 'template') {
        expect(described.template.hash).toBe(plain.template.hash);
      } else {
        expect(described.kind).toBe(plain.kind);
      }
    }),
    { numRuns: Math.ceil(runs / 10) },
  );
});
