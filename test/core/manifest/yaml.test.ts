import { describe, expect, test } from 'vitest';
import type { FieldPath } from '../../../src/core/field-path.ts';
import type { Json } from '../../../src/core/json.ts';
import { parseYaml, positionOf } from '../../../src/core/manifest/yaml.ts';

function values(text: string): readonly Json[] {
  const { documents, problems } = parseYaml(text);
  expect(problems).toEqual([]);
  return documents.map(({ value }) => value);
}

/** `line:column` of each problem. */
function places(text: string): readonly string[] {
  return parseYaml(text).problems.map(({ at }) => `${at?.line}:${at?.column}`);
}

describe('parseYaml reads what kubectl reads', () => {
  const cases: readonly (readonly [string, string, Json])[] = [
    ['yes is a boolean', 'a: yes', { a: true }],
    ['an octal mode is a number', 'a: 0644', { a: 420 }],
    ['a time of day is text', 'a: 1:30', { a: '1:30' }],
    ['a date is text', 'a: 2001-01-01', { a: '2001-01-01' }],
    ['a number is a key like any other', '1: x', { '1': 'x' }],
    ['a merge key joins', 'a: &a {b: 1}\nc: {<<: *a, d: 2}', { a: { b: 1 }, c: { b: 1, d: 2 } }],
    ['JSON with tabs and escapes', '{\n\t"a": "\\/\\ud83d\\ude00"\n}', { a: '/😀' }],
    ['Windows line breaks', 'a: |\r\n  x\r\n  y\r\n', { a: 'x\ny\n' }],
    ['a byte order mark', '\uFEFFa: 1', { a: 1 }],
    [
      'keys that objects have by nature',
      '{"constructor": 1, "toString": 2}',
      JSON.parse('{"constructor": 1, "toString": 2}') as Json,
    ],
  ];
  test.each(cases)('%s', (_, text, value) => {
    expect(values(text)).toEqual([value]);
  });

  test('__proto__ stays a key', () => {
    const [value] = values('{"__proto__": {"polluted": true}}');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('documents, joined, are the stream again', () => {
    const text = '# head\na: 1\n---\n# b\nb: 2\n...\n# between\n---\n---\nc: 3 # tail\n\n';
    const { documents } = parseYaml(text);
    expect(documents.map((document) => document.text).join('')).toBe(text);
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }, null, { c: 3 }]);
  });

  test('a text without documents has none', () => {
    expect(values('')).toEqual([]);
    expect(values('# a comment\n').filter((value) => value !== null)).toEqual([]);
  });
});

describe('parseYaml says everything that is wrong, and where', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['a tab as indentation', 'a:\n\t- b\n', ['2:1']],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', ['3:1']],
    ['an escape that is none, and a key twice', 'a: "\\q"\nb: 1\nb: 2\n', ['1:5', '3:1']],
    ['an alias of nothing', 'a: *b\nc: *d\n', ['1:4', '2:4']],
    ['an alias inside its anchor', 'a: &x [*x]\n', ['1:8']],
    ['a tag without a type in JSON', 'a: !!binary aGk=\nb: !own x\n', ['1:4', '2:4']],
    ['a key that is a list', '? [a]\n: 1\n', ['1:3']],
    ['a merge of what is no map', 'a: {<<: x}\n', ['1:1']],
    ['a number that JSON lacks', 'a: .inf\nb: .nan\n', ['1:4', '2:4']],
    ['two documents that are wrong', 'a: [\n---\nb: 1\n---\nc: {\n', ['2:1', '6:1']],
    ['nested too deeply', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, ['1:1']],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(places(text)).toEqual(expected);
    for (const { code } of parseYaml(text).problems) expect(code).toBe('PG048');
  });

  test('what is well-formed beside it is still read', () => {
    const { documents } = parseYaml('a: [\n---\nb: 1\n');
    expect(documents.map(({ value }) => value)).toEqual([{ b: 1 }]);
  });

  test('aliases of aliases do not multiply without end', () => {
    const levels = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [before, name] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
    ]) {
      levels.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
    }
    expect(parseYaml(levels.join('\n')).problems).toHaveLength(1);
  });

  test('100 aliases are read and 101 are not', () => {
    const list = (count: number): string => `a: &a x\nb: [${Array(count).fill('*a').join(', ')}]`;
    expect(parseYaml(list(100)).problems).toEqual([]);
    expect(parseYaml(list(101)).problems).toHaveLength(1);
  });

  test('a text over the limit is not parsed', () => {
    expect(parseYaml('x'.repeat(8 * 1024 * 1024 + 1)).problems[0]?.detail).toContain('at most 8');
    expect(parseYaml('#'.repeat(8 * 1024 * 1024)).problems).toEqual([]);
  });

  test('no problem quotes the text', () => {
    const texts = [
      'password: "hunter2',
      'password: hunter2: x',
      '? [hunter2]\n: 1',
      'a: !hunter2 x',
      '{hunter2',
      'a: @hunter2',
      'a: %hunter2',
    ];
    for (const text of texts) {
      const { problems } = parseYaml(text);
      expect(problems.length).toBeGreaterThan(0);
      expect(JSON.stringify(problems)).not.toContain('hunter2');
    }
  });
});

describe('positionOf', () => {
  const text = '---\na:\n  b:\n    - c: 1\n      d: &x {e: 1}\n    - *x\n    -\n  g: [1, 2]\n';
  const cases: readonly (readonly [string, FieldPath, 'key' | 'value', string])[] = [
    ['a value', ['a', 'b', 0, 'c'], 'value', '4:10'],
    ['its key', ['a', 'b', 0, 'c'], 'key', '4:7'],
    ['a map by its key', ['a', 'b'], 'value', '3:3'],
    ['what is missing by the nearest that is there', ['a', 'b', 0, 'zz', 'y'], 'value', '4:7'],
    ['what is missing at the root', ['zz'], 'value', '2:1'],
    ['through an alias', ['a', 'b', 1, 'e'], 'value', '5:17'],
    ['an element', ['a', 'g', 1], 'value', '8:10'],
    ['an index that is not there', ['a', 'g', 7], 'value', '8:3'],
    ['the root', [], 'value', '2:1'],
  ];
  test.each(cases)('%s', (_, path, part, expected) => {
    const [document] = parseYaml(text, 'f.yaml').documents;
    const { file, line, column } = positionOf(document!, path, part);
    expect(`${line}:${column}`).toBe(expected);
    expect(file).toBe('f.yaml');
  });

  test('an empty document stands where it starts', () => {
    const [document] = parseYaml('---\n').documents;
    expect(positionOf(document!, ['a'])).toEqual({ line: 1, column: 4 });
  });
});
