import { expect, test } from 'vitest';
import type { FieldPath } from '../../../src/core/field-path.ts';
import { inDocumentOrder } from '../../../src/core/register/problem-order.ts';

const document = { b: { y: 1, x: 2 }, a: [{ n: 1 }, { m: 2 }], c: 'text' };
const found = (...fields: readonly FieldPath[]): { code: string; field: FieldPath; detail: string }[] =>
  fields.map((field) => ({ code: 'PG034', field, detail: 'wrong' }));

test.each<{ what: string; given: readonly FieldPath[]; ordered: readonly FieldPath[] }>([
  {
    what: 'as the keys stand, not by their names',
    given: [['a'], ['b', 'x'], ['b', 'y']],
    ordered: [['b', 'y'], ['b', 'x'], ['a']],
  },
  {
    what: 'elements by their place',
    given: [
      ['a', 1],
      ['a', 0],
    ],
    ordered: [
      ['a', 0],
      ['a', 1],
    ],
  },
  { what: 'a parent before what is in it', given: [['b', 'y'], ['b'], []], ordered: [[], ['b'], ['b', 'y']] },
  {
    what: 'what is missing behind what its parent has',
    given: [['b', 'gone'], ['b', 'x'], ['a']],
    ordered: [['b', 'x'], ['b', 'gone'], ['a']],
  },
  {
    what: 'what is missing in an element',
    given: [
      ['a', 0, 'm'],
      ['a', 1, 'm'],
      ['a', 0, 'n'],
    ],
    ordered: [
      ['a', 0, 'n'],
      ['a', 0, 'm'],
      ['a', 1, 'm'],
    ],
  },
  {
    what: 'what is below a text with the text',
    given: [['gone'], ['c', 'x'], ['c']],
    ordered: [['c'], ['c', 'x'], ['gone']],
  },
  { what: 'what is missing in the order in which it was found', given: [['q'], ['p']], ordered: [['q'], ['p']] },
  { what: 'the same once', given: [['c'], ['b'], ['c']], ordered: [['b'], ['c']] },
])('$what', ({ given, ordered }) => {
  expect(inDocumentOrder(document, found(...given)).map(({ field }) => field)).toEqual(ordered);
});

test('different problems of one field all stay', () => {
  const problems = [
    { code: 'PG034', field: ['c'], detail: 'one' },
    { code: 'PG034', field: ['c'], detail: 'other' },
    { code: 'PG035', field: ['c'], detail: 'one' },
  ];
  expect(inDocumentOrder(document, problems)).toEqual(problems);
});
