import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Edit } from '../../../src/core/graft/graft-pod.ts';
import { replay } from '../../../src/core/graft/replay.ts';
import { isObject } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { attribute, attributions, withoutSuppliers } from '../../../src/core/manifest/attribution.ts';
import type { Attributed } from '../../../src/core/manifest/attribution.ts';
import { formatEditedItems, formatEditedJson, formatEditedYaml } from '../../../src/core/manifest/yaml-write.ts';
import { parseYaml } from '../../../src/core/manifest/yaml.ts';
import type { YamlDocument } from '../../../src/core/manifest/yaml.ts';

const template = 'podgraft-system/t';
const add = (path: Edit['path'], value: Json): Edit => ({ op: 'add', path, value, template });
const append = (path: Edit['path'], value: Json): Edit => ({ op: 'append', path, value, template });
const insert = (path: Edit['path'], value: Json): Edit => ({ op: 'insert', path, value, template });
const replace = (path: Edit['path'], value: Json): Edit => ({ op: 'replace', path, value, template });
const remove = (path: Edit['path']): Edit => ({ op: 'remove', path, template });

/** The document after the edits; what it says is checked against the edits replayed. */
function edited(text: string, edits: readonly Edit[]): string {
  const [document] = parseYaml(text).documents;
  const value = document?.value;
  if (document === undefined || !isObject(value)) throw new Error('the test needs one object');
  const tree = attribute(value, edits);
  expect(withoutSuppliers(tree)).toEqual(replay(value, edits));
  const result = formatEditedYaml(document, tree);
  expect(parseYaml(result).documents.map((again) => again.value)).toEqual([replay(value, edits)]);
  return result;
}

const sidecar = { name: 's', image: 'i', args: ['a\nb\n', '1:30'], env: [{ name: 'X', value: '' }] };

describe('edits go where they belong, and all else stays byte for byte', () => {
  const cases: readonly (readonly [string, string, readonly Edit[], string])[] = [
    [
      'lists at their key’s own column',
      'spec:\n  # the only one\n  containers:\n  - name: main   # mine\n    image: "x"\n# end\n',
      [append(['spec', 'containers'], sidecar)],
      'spec:\n  # the only one\n  containers:\n  - name: main   # mine\n    image: "x"\n' +
        "  - name: s\n    image: i\n    args:\n    - |\n      a\n      b\n    - '1:30'\n    env:\n    - name: X\n      value: ''\n# end\n",
    ],
    [
      'four columns a level',
      'spec:\n    containers:\n        -   name: main\n            image: x\n',
      [append(['spec', 'containers'], { name: 's', ports: [{ containerPort: 1 }], securityContext: { runAsUser: 1 } })],
      'spec:\n    containers:\n        -   name: main\n            image: x\n' +
        '        -   name: s\n            ports:\n                -   containerPort: 1\n            securityContext:\n                runAsUser: 1\n',
    ],
    [
      'a text without an end of line',
      'a:\n  b: 1',
      [add(['a', 'c'], true), add(['d'], null)],
      'a:\n  b: 1\n  c: true\nd: null',
    ],
    [
      'a block of text at the end',
      'a:\n  b: |\n    x\n\n    y\nc: 1\n',
      [add(['a', 'd'], 'yes')],
      "a:\n  b: |\n    x\n\n    y\n  d: 'yes'\nc: 1\n",
    ],
    [
      'the empty in brackets, and what is null',
      'a: {} # none\nb: []\nc:\nd: null\ne: ~\n',
      [add(['a', 'x'], 1), append(['b'], 'y'), append(['c'], 'z'), add(['d', 'x'], 1), add(['e', 'x'], {})],
      "a:\n  x: 1 # none\nb:\n  - 'y'\nc:\n  - z\nd:\n  x: 1\ne:\n  x: {}\n",
    ],
    [
      'between brackets',
      'a: {b: "1",   c: [x,  y]}   # kept\n',
      [add(['a', 'd'], 'yes'), append(['a', 'c'], { k: 'v w', l: [1] }), insert(['a', 'c', 0], 'first')],
      'a: {b: "1",   c: [first, x,  y, {k: "v w", l: [1]}], d: \'yes\'}   # kept\n',
    ],
    [
      'in front of all, a comment stays with its element',
      'a: # list\n  # one\n  - 1\n  - 2\n',
      [insert(['a', 0], 0), insert(['a', 2], 1.5)],
      'a: # list\n  - 0\n  # one\n  - 1\n  - 1.5\n  - 2\n',
    ],
    [
      'Windows line breaks',
      'a:\r\n  - b: 1\r\nc: 2\r\n',
      [append(['a'], { d: 1, e: 2 })],
      'a:\r\n  - b: 1\r\n  - d: 1\r\n    e: 2\r\nc: 2\r\n',
    ],
    ['a byte order mark', '\uFEFFa: 1\n', [add(['b'], 2)], '\uFEFFa: 1\nb: 2\n'],
    [
      'what is replaced',
      'a: old # note\nb:\n  - 1\nc: 3\n',
      [replace(['a'], 'new'), replace(['b'], [{ x: 1 }])],
      'a: new # note\nb:\n  - x: 1\nc: 3\n',
    ],
    ['a block of text that is replaced', 'a: |\n  x\nb: 1\n', [replace(['a'], 'new')], 'a: new\nb: 1\n'],
    [
      'what is removed',
      'a: 1\nb:\n  c: 1\nd:\n  - 1\n  # two\n  - 2\n  - 3\n',
      [remove(['b']), remove(['d', 1])],
      'a: 1\nd:\n  - 1\n  # two\n  - 3\n',
    ],
    [
      'lists in lists',
      'a:\n  - - 1\n    - 2\n  - - 3\n',
      [append(['a', 0], 9), append(['a'], [8, 7])],
      'a:\n  - - 1\n    - 2\n    - 9\n  - - 3\n  - - 8\n    - 7\n',
    ],
    [
      'numbers of any length, and fields nobody knows',
      'big: 12345678901234567890\nz: 1.50\n',
      [add(['a'], 1)],
      'big: 12345678901234567890\nz: 1.50\na: 1\n',
    ],
    ['an anchor that nobody refers to', 'a: &x\n  b: 1\n', [add(['a', 'c'], 2)], 'a: &x\n  b: 1\n  c: 2\n'],
    [
      'the head and the end of a document',
      '%YAML 1.1\n---\na: 1\n...\n',
      [add(['b'], 2)],
      '%YAML 1.1\n---\na: 1\nb: 2\n...\n',
    ],
    [
      'JSON on one line',
      '{"a":{"b":12345678901234567890},"c":[]}',
      [add(['a', 'd'], { e: [] }), append(['c'], 'x')],
      '{"a":{"b":12345678901234567890, "d": {"e":[]}},"c":["x"]}',
    ],
    [
      'JSON on many lines',
      '{\n  "a": {\n    "b": 1\n  },\n  "c": {}\n}\n',
      [add(['a', 'd'], { e: [1] }), add(['c', 'f'], 1)],
      '{\n  "a": {\n    "b": 1,\n    "d": {\n      "e": [\n        1\n      ]\n    }\n  },\n  "c": {\n    "f": 1\n  }\n}\n',
    ],
    [
      'a value between brackets that is replaced',
      '{"a": {"b": 1}, "c": 2}',
      [replace(['a'], [1])],
      '{"a": [1], "c": 2}',
    ],
  ];
  test.each(cases)('%s', (_, text, edits, expected) => {
    expect(edited(text, edits)).toBe(expected);
  });
});

describe('where the text leaves no place, the document is laid out anew, with its comments', () => {
  const cases: readonly (readonly [string, string, readonly Edit[], readonly string[]])[] = [
    ['an alias on the way', '# head\na: &a # mine\n  b: 1\nc: *a\n', [add(['c', 'd'], 1)], ['# head', '# mine']],
    ['an anchor that others refer to', 'a: &a {b: 1} # mine\nc: *a\n', [add(['a', 'd'], 1)], ['# mine']],
    [
      'a merge key',
      'base: &b {x: 1, n: 12345678901234567890}\na:\n  # note\n  y: 2\n  <<: *b\n',
      [add(['a', 'd'], 1)],
      ['# note', '12345678901234567890'],
    ],
    ['everything of a map removed', 'a:\n  b: 1\nc: 1 # end\n', [remove(['a', 'b'])], ['# end']],
    ['everything of a list removed', 'a:\n  - 1\nc: 1 # end\n', [remove(['a', 0])], ['# end']],
    ['an element between brackets removed', 'a: [1, 2]\nc: 1 # end\n', [remove(['a', 0])], ['# end']],
    ['an entry between brackets removed', 'a: {b: 1, c: 2}\nd: 1 # end\n', [remove(['a', 'b'])], ['# end']],
    ['a merge key between brackets', 'x: &x {b: 1}\na: {c: 2, <<: *x}\n', [add(['a', 'd'], 1)], ['c: 2']],
    ['a null between brackets', 'a: {b, c}\n', [add(['a', 'b', 'd'], 1)], ['d: 1']],
    ['the first key of a list’s element removed', 'a:\n  - b: 1\n    c: 2 # end\n', [remove(['a', 0, 'b'])], ['# end']],
    ['a new first element on a dash’s line', 'a:\n  - - 1 # end\n', [insert(['a', 0, 0], 0)], ['# end']],
    ['an element replaced', 'a:\n  - 1\n  - 2 # end\n', [replace(['a', 0], 9)], ['# end', '9']],
    ['an alias in a JSON text', '{"a": &a {"b": 1}, "c": *a}', [add(['c', 'd'], 1)], ['"d": 1']],
  ];
  test.each(cases)('%s', (_, text, edits, kept) => {
    const result = edited(text, edits);
    for (const part of kept) expect(result).toContain(part);
  });
});

test('what is written is quoted so that no reader takes it for something else', () => {
  const texts = [
    'yes',
    'null',
    '~',
    '',
    ' x',
    'x ',
    '0644',
    '1e3',
    '1:30',
    '2001-01-01',
    '<<',
    '=',
    '*a',
    '&a',
    '!a',
    '# a',
    'a: b',
    '- a',
    '{',
    'a\tb',
    'a\u0085b',
    'a\u2028b',
    '\uFEFFa',
    '\u0007',
    '"',
    "'",
    'a\n b\n',
    '\n',
    ' \na\n',
    'a \nb',
    'a\n\n',
    'é😀',
    '%a',
    '@a',
    '`a',
  ];
  const value = Object.fromEntries(texts.map((text) => [text, text]));
  for (const text of ['a: 1\n', 'a: {b: 1}\n']) {
    const path = text === 'a: 1\n' ? [] : ['a'];
    const edits = [add([...path, 'map'], value), add([...path, 'list'], texts)];
    expect(() => edited(text, edits)).not.toThrow();
  }
});

describe('a value is written as people write it, and all around it stays', () => {
  const around = 'a:   1 # kept\n';

  test.each<[what: string, value: Json, text: string]>([
    ['the merge key', '<<', "'<<'"],
    ['the default value of YAML 1.1', '=', "'='"],
    ['a word', 'x', 'x'],
    ['a word of another script', 'é😀', 'é😀'],
    ['lines', 'x\ny\n', '|\n  x\n  y'],
    ['lines without an end', 'x\ny', '|-\n  x\n  y'],
    ['lines with an empty one', 'x\n\ny\n', '|\n  x\n\n  y'],
    ['lines that are indented', 'x\n y\n', '|\n  x\n   y'],
    ['lines with a tab in one', 'x\ty\nz', '|-\n  x\ty\n  z'],
    ['lines with empty ones at the end', 'x\ny\n\n', '|+\n  x\n  y\n'],
    ['lines of which the first is indented', ' x\ny', '" x\\ny"'],
    ['lines of which the first is empty', '\nx\n', '"\\nx\\n"'],
    ['lines with a space at the end of one', 'x \ny', '"x \\ny"'],
    ['lines with a tab at the end of one', 'x\t\ny', '"x\\t\\ny"'],
    ['lines with a space at the end of all', 'x\ny ', '"x\\ny "'],
    ['lines with a control character', 'x\u0007\ny', '"x\\u0007\\ny"'],
    ['what ends a line for some readers', 'x\u0085y\u2028z', '"x\\u0085y\\u2028z"'],
    ['what Go refuses', '\u007f\u009f\uFEFF', '"\\u007f\\u009f\\ufeff"'],
    ['half of a surrogate pair', '\ud800', '"\\ud800"'],
    [
      "a container's name and image first",
      { args: ['x'], image: 'i', env: [], name: 's' },
      '\n  name: s\n  image: i\n  args:\n    - x\n  env: []',
    ],
  ])('%s', (_what, value, text) => {
    expect(edited(around, [add(['b'], value)])).toBe(`${around}b:${text.startsWith('\n') ? '' : ' '}${text}\n`);
    expect(edited(around, [add(['b'], value), add(['c'], 1)])).toContain(`${text}\nc: 1\n`);
  });

  test('between brackets too', () => {
    const value = { k: 'x\u0085y', l: ['a\nb', 'yes', 'x/y-1.2'] };
    expect(edited('a: {}\nb: {c: 1}   # kept\n', [add(['b', 'd'], value)])).toBe(
      'a: {}\nb: {c: 1, d: {k: "x\\u0085y", l: ["a\\nb", \'yes\', x/y-1.2]}}   # kept\n',
    );
  });
});

test('hostile keys stay data', () => {
  const hostile = JSON.parse('{"__proto__": 1, "constructor": 2, "a/b": 3, "c~d": 4, "": 5}') as JsonObject;
  const result = edited('{"x": {"__proto__": 1, "": 2}}\n', [add(['x', 'y'], hostile), add(['x', 'constructor'], 1)]);
  expect(result).toBe(
    '{"x": {"__proto__": 1, "": 2, "y": {"__proto__":1,"constructor":2,"a/b":3,"c~d":4,"":5}, "constructor": 1}}\n',
  );
});

describe('as JSON', () => {
  const at = (text: string): [YamlDocument, Attributed] => {
    const [document] = parseYaml(text).documents;
    return [document!, attribute(document!.value as JsonObject, [add(['new'], 'x')])];
  };

  test('numbers keep their digits, whoever reads them', () => {
    const text = 'a: 12345678901234567890\nb: 1.50\nc: 0644\nd: [1, null, "x", true]\ne: {}\nf: []\n';
    expect(formatEditedJson(...at(text))).toBe(
      '{\n  "a": 12345678901234567890,\n  "b": 1.50,\n  "c": 420,\n  "d": [\n    1,\n    null,\n    "x",\n    true\n  ],\n  "e": {},\n  "f": [],\n  "new": "x"\n}',
    );
  });

  test('a List’s items come one by one, any other document as itself', () => {
    expect(formatEditedItems(...at('kind: List\nitems: [{a: 1}, 2]\n'))).toEqual(['{\n  "a": 1\n}', '2']);
    expect(formatEditedItems(...at('kind: List\n'))).toHaveLength(1);
    expect(formatEditedItems(...at('kind: A\n'), '  ')).toEqual(['{\n    "kind": "A",\n    "new": "x"\n  }']);
  });
});

test('the supplier of every field is known', () => {
  const edits = [add(['a', 'x'], { y: [1, {}] }), replace(['c'], 'z'), insert(['b', 0], 0)];
  const tree = attribute({ a: { own: 1 }, b: [1, []], c: 'old', d: {} }, edits);
  expect(attributions(tree).map(({ field, from }) => `${field.join('.')} ${from}`)).toEqual([
    'a.own pod',
    `a.x.y.0 ${template}`,
    `a.x.y.1 ${template}`,
    `b.0 ${template}`,
    'b.1 pod',
    'b.2 pod',
    `c ${template}`,
    'd pod',
  ]);
});

const scalars = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('yes', '0644', 'a: b', 'x\ny\n'),
);
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('name', 'image', 'a', 'b', 'c/d', 'yes', '1'), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const style = fc.record({
  indent: fc.constantFrom(2, 4),
  indentSeq: fc.boolean(),
  collectionStyle: fc.constantFrom('any' as const, 'any' as const, 'flow' as const),
});

test('any edit of any document, in any layout, says in the end what the edits say', () => {
  const kinds = fc.constantFrom(
    'add' as const,
    'append' as const,
    'insert' as const,
    'replace' as const,
    'remove' as const,
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('a', 'b', 'spec'), json, { minKeys: 1 }),
      style,
      fc.array(fc.record({ kind: kinds, at: fc.nat(), value: json }), { minLength: 1, maxLength: 4 }),
      (object, options, wishes) => {
        const text = stringify(object, { ...options, version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 });
        const [document] = parseYaml(text).documents;
        let now = document?.value as JsonObject;
        const edits: Edit[] = [];
        for (const { kind, at, value } of wishes) {
          const edit = possibleEdit(now, kind, at, value);
          if (edit === undefined) continue;
          edits.push(edit);
          now = replay(now, [edit]);
        }
        expect(() => edited(text, edits)).not.toThrow();
      },
    ),
    { numRuns: Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 2000) / 4) },
  );
});

/** An edit of that kind at one of the places where one can be. */
function possibleEdit(object: JsonObject, op: Edit['op'], at: number, value: Json): Edit | undefined {
  const places: Edit['path'][] = [];
  const walk = (found: Json, path: Edit['path']): void => {
    if (Array.isArray(found)) {
      if (op === 'append') places.push(path);
      if (op === 'insert') for (let index = 0; index <= found.length; index += 1) places.push([...path, index]);
      found.forEach((element: Json, index) => walk(element, [...path, index]));
    } else if (isObject(found)) {
      if (op === 'add') places.push([...path, `new${at % 7}`]);
      for (const [key, inner] of Object.entries(found)) {
        if (op === 'remove' || op === 'replace') places.push([...path, key]);
        walk(inner, [...path, key]);
      }
    }
  };
  walk(object, []);
  const path = places[at % Math.max(places.length, 1)];
  if (path === undefined) return undefined;
  return op === 'remove' ? { op, path, template } : { op, path, value, template };
}
