import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memberKey } from '../../../src/core/graft/asks.ts';
import { isObject } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { sameValue } from '../../../src/core/kubernetes/compare.ts';
import { objectSchema } from '../../../src/core/kubernetes/schema.ts';
import type { Schema } from '../../../src/core/kubernetes/schema.ts';
import { pod, template } from '../../support/fixtures.ts';
import { at, graft } from '../../support/graft.ts';

// Lists that are joined by whole value: a long one is looked up by a text of each element, a short one element by
// element. Both must find the same.

/** Values of a type in all their spellings, wrong ones among them, from so small a choice that many are alike. */
function spelled(schema: Schema, depth: number): Arbitrary<Json> {
  const unset = fc.constantFrom<Json[]>(null, '', 0, false, [], {});
  switch (schema.kind) {
    case 'object': {
      const keys = [...schema.fields.keys()].slice(0, 4);
      if (depth === 0 || keys.length === 0) return fc.constantFrom<Json[]>({}, { unknown: 1 }, { unknown: null });
      const fields = keys.map((key) => {
        const value = spelled(schema.fields.get(key)?.schema ?? schema, depth - 1);
        return fc
          .option(value, { nil: undefined })
          .map((each): JsonObject => (each === undefined ? {} : { [key]: each }));
      });
      const whole: Arbitrary<Json> = fc.tuple(...fields).map((parts) => Object.assign({}, ...parts) as JsonObject);
      return fc.oneof({ weight: 6, arbitrary: whole }, unset);
    }
    case 'map':
      return fc.oneof(
        fc.dictionary(fc.constantFrom('a', '__proto__'), spelled(schema.values, 0), { maxKeys: 2 }),
        unset,
      );
    case 'list':
      return fc.oneof(fc.array(spelled(schema.items, depth - 1), { maxLength: 2 }), unset);
    case 'quantity':
      return fc.constantFrom<Json[]>('1', 1, '1000m', '500m', '0.5');
    case 'integer':
      return fc.oneof(fc.constantFrom<Json[]>(1, 2), unset);
    case 'boolean':
      return fc.oneof(fc.boolean(), unset);
    case 'any':
    case 'intOrString':
    case 'string':
      return fc.oneof(fc.constantFrom('a', 'Exists'), unset);
  }
}

/** The value, and the same once more with a key that says nothing. */
function respelled(value: Json): [Json, Json] {
  return [value, isObject(value) ? { unset: null, ...value } : value];
}

const types = ['Toleration', 'PreferredSchedulingTerm', 'PodAffinityTerm', 'WeightedPodAffinityTerm', 'EnvFromSource'];

test.each(types)('two values of %s have one text where they mean the same, and only there', (name) => {
  const schema = objectSchema(name);
  const values = spelled(schema, 3);
  let alike = 0;
  fc.assert(
    fc.property(fc.oneof(fc.tuple(values, values), values.map(respelled)), ([a, b]) => {
      const isSame = sameValue(schema, a, b);
      if (isSame) alike += 1;
      expect(memberKey(schema, a) === memberKey(schema, b)).toBe(isSame);
      expect(memberKey(schema, a)).toBe(memberKey(schema, structuredClone(a)));
    }),
    { numRuns: 3000 },
  );
  expect(alike).toBeGreaterThan(500);
});

describe.each([0, 14, 15, 40])('in a list with %i others', (count) => {
  const others = Array.from({ length: count }, (_, index) => ({ key: `k${index}`, operator: 'Exists' }));

  test.each([
    { what: 'that it has', own: { key: 'a', operator: 'Exists' }, adds: 0 },
    { what: 'that it has in another spelling', own: { operator: 'Exists', effect: '', key: 'a', value: '' }, adds: 0 },
    { what: 'that it has for another effect', own: { key: 'a', operator: 'Exists', effect: 'NoExecute' }, adds: 1 },
    { what: 'that it has not', own: { key: 'b', operator: 'Exists' }, adds: 1 },
  ])('a toleration $what is added $adds times', ({ own, adds }) => {
    const t = template('t', { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } });
    const result = graft(pod({ tolerations: [...others, own] }), [t]);
    const added = adds === 0 ? [] : [{ key: 'a', operator: 'Exists' }];
    expect(at(result.pod, 'spec', 'tolerations')).toEqual([...others, own, ...added]);
  });

  test('a search path is found as well', () => {
    const searches = [...others.map(({ key }) => key), 'a'].slice(0, 31);
    const t = template('t', { spec: { dnsConfig: { searches: ['k0', 'new'] } } });
    const result = graft(pod({ dnsConfig: { searches } }), [t]);
    const added = count === 0 ? ['k0', 'new'] : ['new'];
    expect(at(result.pod, 'spec', 'dnsConfig', 'searches')).toEqual([...searches, ...added]);
  });
});

test('16 templates that bring the same thousand tolerations bring them once', () => {
  const thousand = Array.from({ length: 1000 }, (_, index) => ({ key: `k${index}`, operator: 'Exists' }));
  const templates = Array.from({ length: 16 }, (_, index) =>
    template(`t${index}`, { spec: { tolerations: thousand } }),
  );
  const own = Array.from({ length: 1000 }, (_, index) => ({ key: `k${index + 500}`, operator: 'Exists' }));
  const tolerations = at(graft(pod({ tolerations: own }), templates).pod, 'spec', 'tolerations');
  expect(tolerations).toEqual([...own, ...thousand.slice(0, 500)]);
});
