import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Template } from '../../../src/core/template.ts';
import { asking, covered, pod, template } from '../../support/fixtures.ts';
import { at, mark, names, settle } from '../../support/graft.ts';

const around = { namespace: covered };
/** Brings a volume that the pods below have already, with other content: a conflict. */
const clash = { name: 'data', emptyDir: { medium: 'Memory' } };
const withData = (spec: JsonObject = {}): JsonObject => pod({ volumes: [{ name: 'data', emptyDir: {} }], ...spec });
const matched = (name: string, spec: JsonObject, settings: JsonObject = {}): Template =>
  template(name, { spec }, { match: {}, ...settings });

describe('what a template that is left out would have brought counts no more', () => {
  const workload = [
    { name: 'main', image: 'app:1' },
    { name: 'log', image: 'log:1' },
  ];

  test("a container of the workload's that it would have found there already is the workload's", () => {
    const gone = matched('a', { containers: [{ name: 'log', image: 'log:1' }], volumes: [clash] });
    const all = matched('b', { containers: [{ name: 'default', tty: true }] });
    const result = settle(withData({ containers: workload }), [gone, all], around);
    expect(result.leftOut).toEqual(['podgraft-system/a']);
    expect(at(result.pod, 'spec', 'containers', 1, 'tty')).toBe(true);
    expect(at(mark(result.pod), 'containers')).toEqual(['main', 'log']);
  });

  test.each(['before', 'after'])('its restartPolicy, for a template that stands %s it', (where) => {
    const gone = matched(where === 'before' ? 'z' : 'a', { restartPolicy: 'Never', volumes: [clash] });
    // As a native sidecar it would be in conflict with the pod's own.
    const stays = matched('m', { containers: [{ name: 'log', image: 'log:1' }], hostname: 'h' });
    const result = settle(withData({ containers: workload }), [gone, stays], around);
    expect(result.leftOut).toEqual([gone.id]);
    expect(at(result.pod, 'spec', 'hostname')).toBe('h');
  });

  test('a restartPolicy that moves the sidecars of a template before it is judged with them', () => {
    const log = matched('a', { containers: [{ name: 'log', image: 'log:1' }] });
    const never = matched('b', { restartPolicy: 'Never' });
    const result = settle(pod(), [log, never], around);
    expect(names(result.pod, 'initContainers')).toEqual(['log']);
    const own = settle(pod({ containers: workload }), [log, never], around);
    expect(own.leftOut).toEqual(['podgraft-system/b']);
  });
});

describe('volumes of a template that is left out', () => {
  const lender = matched('m', { volumes: [clash, { name: 'v1', emptyDir: {} }, { name: 'v2', emptyDir: {} }] });
  const borrowing = {
    containers: [
      {
        name: 'log',
        image: 'log:1',
        volumeMounts: [
          { name: 'v1', mountPath: '/1' },
          { name: 'v2', mountPath: '/2' },
        ],
      },
    ],
  };

  test('a named template that counted on several hears of all', () => {
    const result = settle(asking(withData(), 'n'), [lender, template('n', { spec: borrowing })], around);
    expect(result.codes).toEqual(['PG016', 'PG016']);
  });

  test('a matched template that counted on them and denies refuses the pod', () => {
    const denying = matched('z', borrowing, { conflictPolicy: 'Deny' });
    expect(settle(withData(), [lender, denying], around).codes).toEqual(['PG016', 'PG016']);
  });
});

describe('a matched template that would make the pod too large is left out, a named one refused', () => {
  const long = (index: number): JsonObject => ({ name: `c${String(index).padStart(60, '0')}`, image: 'c:1' });
  const short = (index: number): JsonObject => ({ name: `c${index}`, image: 'c:1' });
  const list = (count: number, make: (index: number) => JsonObject): JsonObject[] =>
    Array.from({ length: count }, (_, index) => make(index));

  test.each([
    {
      what: 'containers',
      given: pod({ containers: list(100, short) }),
      wanted: { spec: { containers: [{ name: 's', image: 's:1' }] } },
      code: 'PG022',
    },
    {
      what: 'annotations',
      given: pod({}, { annotations: { b: 'x'.repeat(254 * 1024) } }),
      wanted: { metadata: { annotations: { a: 'x'.repeat(4096) } } },
      code: 'PG022',
    },
    {
      what: 'the mark in the annotations',
      given: pod({}, { annotations: { b: 'x'.repeat(256 * 1024 - 100) } }),
      wanted: { spec: { hostname: 'h' } },
      code: 'PG022',
    },
    {
      what: 'the mark',
      given: pod({ containers: list(90, long) }),
      wanted: { spec: { hostname: 'h' } },
      code: 'PG023',
    },
  ])('$what', ({ given, wanted, code }) => {
    expect(settle(asking(given, 't'), [template('t', wanted)]).codes).toEqual([code]);
    const result = settle(given, [template('t', wanted, { match: {} })], around);
    expect(result).toMatchObject({ kind: 'skip', patch: [], leftOut: ['podgraft-system/t'] });
    expect(settle(given, [template('t', wanted, { match: {}, conflictPolicy: 'Deny' })], around).codes).toEqual([code]);
  });

  test('one that fits behind one that does not stays', () => {
    const two = matched('a', { containers: [short(100), short(101)] });
    const one = matched('b', { containers: [short(102)] });
    const result = settle(pod({ containers: list(99, short) }), [two, one], around);
    expect(result).toMatchObject({ templates: ['podgraft-system/b'], leftOut: ['podgraft-system/a'] });
  });
});

test('a mount of the default entry that only the primary entry overrides needs its volume all the same', () => {
  const entries = [
    { name: 'default', volumeMounts: [{ name: 'elsewhere', mountPath: '/c' }] },
    { name: 'primary', volumeMounts: [{ name: 'own', mountPath: '/c' }] },
  ];
  const t = template('t', { spec: { containers: entries, volumes: [{ name: 'own', emptyDir: {} }] } });
  const two = [
    { name: 'main', image: 'app:1' },
    { name: 'other', image: 'other:1' },
  ];
  expect(settle(asking(pod(), 't'), [t]).kind).toBe('graft');
  expect(settle(asking(pod({ containers: two }), 't'), [t]).codes).toEqual(['PG016']);
});
