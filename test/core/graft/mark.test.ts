import { describe, expect, test } from 'vitest';
import { stringField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { asking, covered, pod, template } from '../../support/fixtures.ts';
import { at, decide, graft, mark, settle } from '../../support/graft.ts';

const key = 'podgraft.dev/injected';
const t = template('t', {
  metadata: { labels: { l: 'x' } },
  spec: {
    containers: [
      { name: 'primary', workingDir: '/w' },
      { name: 'log', image: 'log:1' },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
    hostname: 'h',
  },
});
const marked = (text: string, given: JsonObject = pod()): JsonObject => {
  const metadata = given['metadata'] as JsonObject;
  return {
    ...given,
    metadata: { ...metadata, annotations: { ...(at(metadata, 'annotations') as JsonObject | undefined), [key]: text } },
  };
};
const text = (given: JsonObject): string | undefined => stringField(at(given, 'metadata', 'annotations'), key);

describe('its form', () => {
  const result = graft(pod(), [t]);

  test('version, primary container, the workload’s containers, per template its name, hash and what it brings', () => {
    const found = mark(result.pod) as JsonObject;
    expect(found).toMatchObject({
      version: 1,
      primary: 'main',
      containers: ['main'],
      templates: [{ name: 'podgraft-system/t', hash: expect.stringMatching(/^[0-9a-f]{16}$/) as string }],
    });
    const [entry] = found['templates'] as readonly Json[];
    expect(`sha256:${stringField(entry, 'hash')}`).toBe(t.hash.slice(0, 'sha256:'.length + 16));
    const brought = JSON.stringify(entry);
    for (const element of ['log', 'v', 'hostname', 'workingDir']) expect(brought).toContain(element);
  });

  test('it is JSON, printable, and at most 4 KiB', () => {
    expect(text(result.pod)).toMatch(/^[\u0020-\u007E]+$/);
    expect(text(result.pod)?.length).toBeLessThanOrEqual(4096);
  });

  test('the label goes with it', () => {
    expect(at(result.pod, 'metadata', 'labels', 'podgraft.dev/grafted')).toBe('true');
  });

  test('it holds what a template brings, whether added now or there already', () => {
    const own = pod({
      containers: [{ name: 'main', image: 'app:1', workingDir: '/w' }],
      volumes: [{ name: 'v', emptyDir: {} }],
      hostname: 'h',
    });
    const templates = (given: JsonObject): Json | undefined => at(mark(graft(given, [t]).pod), 'templates');
    expect(templates(own)).toEqual(templates(pod()));
  });
});

describe('when it is written', () => {
  test('whenever a template was selected, even if nothing else changes', () => {
    const given = pod({ hostname: 'h' });
    const result = graft(given, [template('t', { spec: { hostname: 'h' } })]);
    expect(result.pod['spec']).toEqual(given['spec']);
    expect(text(result.pod)).toBeTypeOf('string');
  });

  test('not where nothing was selected', () => {
    expect(settle(pod(), [t])).toMatchObject({ kind: 'skip', patch: [] });
  });

  test('not where each was left out', () => {
    const clash = template('c', { spec: { volumes: [{ name: 'v', emptyDir: {} }] } }, { match: {} });
    const given = pod({ volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] });
    expect(settle(given, [clash], { namespace: covered })).toMatchObject({ kind: 'skip', patch: [] });
  });
});

describe('its length', () => {
  const many = (count: number, make: (index: number) => JsonObject): Json =>
    Array.from({ length: count }, (_, index) => make(index));

  test('paths are listed while they fit', () => {
    const labels = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`label-${String(index).padStart(40, '0')}`, 'x']),
    );
    const result = graft(pod(), [template('t', { metadata: { labels } })]);
    expect(result.kind).toBe('graft');
    expect(new TextEncoder().encode(text(result.pod)).length).toBeLessThanOrEqual(4096);
    expect(text(result.pod)).toContain('label-');
  });

  test.each([45, 48, 49, 50, 52, 55])('a later round cuts %d labels at the same place', (count) => {
    const labels = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`label-${String(index).padStart(57, '0')}`, 'x']),
    );
    // Short paths behind them would fit where a long one doesn't.
    const labelled = template('t', { metadata: { labels }, spec: { hostname: 'h', hostIPC: true, subdomain: 's' } });
    expect(graft(pod(), [labelled]).kind).toBe('graft');
    const own = pod({}, { labels: Object.fromEntries(Object.entries(labels).slice(0, 3)) });
    expect(graft(own, [labelled]).kind).toBe('graft');
  });

  test('where the rest does not fit the pod is refused', () => {
    const volumes = (letter: string): Json =>
      many(40, (index) => ({ name: `${letter}-${String(index).padStart(55, '0')}`, emptyDir: {} }));
    const a = template('a', { spec: { volumes: volumes('a') } });
    const b = template('b', { spec: { volumes: volumes('b') } });
    expect(graft(pod(), [a]).kind).toBe('graft');
    expect(graft(pod(), [a, b]).codes).toEqual(['PG023']);
  });
});

describe('forged ones', () => {
  const forged: readonly string[] = [
    '',
    'x',
    '{',
    'null',
    '[]',
    '"x"',
    '{}',
    '{"version":99}',
    '{"version":1}',
    '{"version":1,"primary":7,"containers":"main","templates":{},"leftOut":5}',
    '{"version":1,"templates":[null,1,"x",[],{}]}',
    '{"version":1,"__proto__":{"polluted":true},"templates":[{"name":"__proto__","elements":["constructor"]}]}',
    `{"version":1,"templates":["${'x'.repeat(5000)}"]}`,
    '['.repeat(3000),
    JSON.stringify({
      version: 1,
      primary: 'nope',
      containers: ['nope'],
      templates: [
        {
          name: 'podgraft-system/t',
          hash: '0'.repeat(16),
          elements: ['containers[log]', 'volumes[v]'],
          fields: ['hostname'],
        },
      ],
    }),
  ];

  test.each(forged.map((forgery, index) => ({ index, forgery })))(
    '$index: are no reason to skip, and are replaced',
    ({ forgery }) => {
      const honest = graft(pod(), [t]);
      const result = graft(marked(forgery), [t]);
      expect(result.kind).toBe('graft');
      expect(result.pod['spec']).toEqual(honest.pod['spec']);
      expect(mark(result.pod)).toEqual(mark(honest.pod));
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );

  test('one on a pod that gets nothing is removed or left without effect', () => {
    const result = decide(marked(String(forged[0])), [t]);
    expect(result.kind).toBe('skip');
    expect(result.pod['spec']).toEqual(pod()['spec']);
  });

  test("one can't take a named template away by listing it as left out", () => {
    const lie = JSON.stringify({ version: 1, containers: ['main'], templates: [], leftOut: ['podgraft-system/t'] });
    expect(graft(marked(lie), [t]).templates).toEqual(['podgraft-system/t']);
  });

  test("one can't take a Required template away by listing it as left out", () => {
    const required = template('t', {}, { match: {}, enforcement: 'Required' });
    const lie = JSON.stringify({ version: 1, containers: ['main'], templates: [], leftOut: ['podgraft-system/t'] });
    expect(settle(marked(lie), [required], { namespace: covered }).templates).toEqual(['podgraft-system/t']);
  });

  test("one that lists an element doesn't bring it back where the pod lacks it", () => {
    const once = graft(pod(), [t]).pod;
    const stripped = { ...once, spec: pod()['spec'] ?? null };
    expect(decide(stripped, [t]).pod['spec']).toEqual(once['spec']);
  });
});

test('names those that were left out, and they stay out', () => {
  const first = template('first', { spec: { hostname: 'a' } }, { match: {} });
  const second = template('second', { spec: { hostname: 'b' } }, { match: {}, order: 1 });
  const result = settle(pod(), [first, second], { namespace: covered });
  expect(mark(result.pod)).toMatchObject({ leftOut: ['podgraft-system/second'] });
});

test('a pod that is refused gets none', () => {
  const given = asking(
    pod({
      containers: [
        { name: 'main', image: 'a:1' },
        { name: 'log', image: 'mine' },
      ],
    }),
    't',
  );
  expect(decide(given, [t])).toMatchObject({ kind: 'refuse', patch: [] });
});
