import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath } from '../../src/core/field-path.ts';
import { canonical, field as fieldOf, isArray, isObject } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { ObjectSchema, Schema } from '../../src/core/kubernetes/schema.ts';
import { formatProblem } from '../../src/core/problem.ts';
import { parseTemplate } from '../../src/core/register/parse-template.ts';
import { injectionTemplate as injectionTemplateSchema } from '../../src/core/register/template-schema.ts';
import { defaultSettings } from '../../src/core/settings.ts';
import { settings } from '../support/fixtures.ts';

const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 2000);

const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    'primary',
    'default',
    'noop',
    'default-init',
    'a',
    '__proto__',
    'constructor',
    '~',
    '/',
    'a/b',
    '../x',
    '\u0000',
    '\uD800',
    '%s',
    '64Mi',
    '-1',
    '0',
  ),
  fc.string({ maxLength: 8 }),
);
const hostileKey = fc.oneof(hostileText, fc.constantFrom('spec', 'name', 'hasOwnProperty', 'toString'));
// JSON as a parser makes it, `__proto__` as an own key included.
const anything: fc.Arbitrary<Json> = fc
  .json({ maxDepth: 3, stringUnit: 'binary' })
  .map((text): Json => JSON.parse(text) as Json);

/** Mostly what the schema wants; now and then something else. */
function arbitrary(schema: Schema, depth: number): fc.Arbitrary<Json> {
  const wanted = ((): fc.Arbitrary<Json> => {
    switch (schema.kind) {
      case 'object':
        return objectOf(schema, depth);
      case 'list':
        return depth === 0 ? fc.constant([]) : fc.array(arbitrary(schema.items, depth - 1), { maxLength: 2 });
      case 'map':
        return fc.array(fc.tuple(hostileKey, arbitrary(schema.values, 0)), { maxLength: 2 }).map(fromEntries);
      case 'string':
        return schema.enum === undefined ? hostileText : fc.constantFrom(...schema.enum);
      case 'integer':
        return fc.oneof(fc.integer({ min: -1, max: 100 }), fc.double());
      case 'boolean':
        return fc.boolean();
      case 'quantity':
      case 'intOrString':
        return fc.oneof(hostileText, fc.integer({ min: -1, max: 70_000 }));
      case 'any':
        return anything;
    }
  })();
  return fc.oneof({ weight: 20, arbitrary: wanted }, { weight: 1, arbitrary: anything });
}

function objectOf(schema: ObjectSchema, depth: number): fc.Arbitrary<Json> {
  if (depth === 0) return fc.constant({});
  const names = [...schema.fields.keys()];
  return fc
    .uniqueArray(fc.constantFrom(...names), { maxLength: 5 })
    .chain((picked) => {
      const given = [...new Set([...picked, ...schema.required])];
      return fc.tuple(
        ...given.map((name) => {
          const field = schema.fields.get(name);
          return fc.tuple(fc.constant(name), field === undefined ? anything : arbitrary(field.schema, depth - 1));
        }),
      );
    })
    .map(fromEntries);
}

function fromEntries(entries: readonly (readonly [string, Json])[]): JsonObject {
  const text = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value) ?? 'null'}`);
  return JSON.parse(`{${text.join(',')}}`) as JsonObject;
}

const document: fc.Arbitrary<Json> = fc.oneof(
  { weight: 1, arbitrary: anything },
  {
    weight: 9,
    arbitrary: objectOf(injectionTemplateSchema, 9).map((made) =>
      isObject(made) ? { ...made, apiVersion: 'podgraft.dev/v1alpha1', kind: 'InjectionTemplate' } : made,
    ),
  },
);

describe('any document', () => {
  it('is judged without an exception, twice alike, and without being changed', () => {
    fc.assert(
      fc.property(document, fc.constantFrom(settings, defaultSettings), (given, chosen) => {
        const before = canonical(given);
        const judged = (): object => {
          const result = parseTemplate(given, chosen);
          return result.kind === 'template' ? { ...result, lint: result.lint() } : result;
        };
        const first = parseTemplate(given, chosen);
        expect(judged()).toEqual(judged());
        expect(canonical(given)).toBe(before);
        if (first.kind !== 'invalid') return;
        expect(first.problems).not.toEqual([]);
        const each = first.problems.map(({ code, field, detail }) => JSON.stringify([code, field, detail]));
        expect(new Set(each).size).toBe(each.length);
        for (const problem of first.problems) expect(formatProblem(problem).isWellFormed()).toBe(true);
      }),
      { numRuns },
    );
  });

  it('has its problems where something is, or where something is missing', () => {
    fc.assert(
      fc.property(document, (given) => {
        const result = parseTemplate(given, settings);
        if (result.kind !== 'invalid') return;
        for (const { field } of result.problems) {
          let value: Json = given;
          for (const [depth, segment] of field.entries()) {
            const isHolder = typeof value === 'object' && value !== null;
            expect(isHolder, `${formatPath(field)} at ${depth}`).toBe(true);
            const inner: Json | undefined = isArray(value) ? value[Number(segment)] : fieldOf(value, String(segment));
            value = inner ?? {};
          }
        }
      }),
      { numRuns },
    );
  });
});
