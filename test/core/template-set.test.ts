import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { buildTemplateSet } from '../../src/core/template-set.ts';
import type { Template } from '../../src/core/template.ts';
import { namespace, template } from '../support/fixtures.ts';

const matched = (id: string, match: JsonObject, order = 0): Template => template(id, {}, { match, order });
const labels = (app: string): JsonObject => ({ podSelector: { matchLabels: { app } } });
const root = 'podgraft-system';

describe('a set of templates', () => {
  const set = buildTemplateSet(
    [template('b', {}), template('app/c', {}), template('app/a', {}), template('a', {})],
    root,
  );

  test('counts those of all namespaces', () => {
    expect(set.size).toBe(4);
  });

  test('has each under its namespace and name alone', () => {
    expect(set.get('app', 'a')?.id).toBe('app/a');
    expect(set.get(root, 'a')?.id).toBe('podgraft-system/a');
    expect(set.get('app', 'b')).toBeUndefined();
    expect(set.get('other', 'a')).toBeUndefined();
  });

  test("lists a namespace's by name, whatever the order in which they came", () => {
    const names = (given: string): readonly string[] => set.inNamespace(given).map(({ name }) => name);
    expect([names('app'), names(root), names('other')]).toEqual([['a', 'c'], ['a', 'b'], []]);
  });
});

describe('the templates that match a pod', () => {
  const web = { app: 'web' };

  test.each<{ what: string; templates: readonly Template[]; found: readonly string[] }>([
    {
      what: 'those of its namespace and of the root namespace',
      templates: [matched('app/a', {}), matched('b', {})],
      found: ['app/a', 'podgraft-system/b'],
    },
    { what: "not those of another's", templates: [matched('other/a', {})], found: [] },
    { what: 'not those without a selector', templates: [template('a', {})], found: [] },
    {
      what: 'those that its labels point to',
      templates: [matched('a', labels('web')), matched('b', labels('db'))],
      found: ['podgraft-system/a'],
    },
    {
      what: 'by order, then by namespace and name, whichever selector found them',
      templates: [
        matched('d', labels('web'), 1),
        matched('c', {}, 1),
        matched('app/z', { podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }, 1),
        matched('b', { namespaceSelector: { matchLabels: { team: 'red' } } }, 2),
        matched('a', {}, 3),
        matched('e', labels('web'), -1),
      ],
      found: ['e', 'app/z', 'c', 'd', 'b', 'a'].map((id) => (id.includes('/') ? id : `podgraft-system/${id}`)),
    },
    {
      what: 'those of whose values it has one, once',
      templates: [
        matched('a', {
          podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web', 'web'] }] },
        }),
      ],
      found: ['podgraft-system/a'],
    },
    {
      what: 'not those whose other conditions it lacks',
      templates: [
        matched('a', { ...labels('web'), namespaceSelector: { matchLabels: { team: 'blue' } } }),
        matched('b', { podSelector: { matchLabels: { app: 'web', tier: 'front' } } }),
      ],
      found: [],
    },
  ])('$what', ({ templates, found }) => {
    const around = namespace('app', { team: 'red' });
    for (const given of [templates, templates.toReversed()]) {
      expect(
        buildTemplateSet(given, root)
          .matching(web, around)
          .map(({ id }) => id),
      ).toEqual(found);
    }
  });

  test('are found once in the root namespace itself', () => {
    const set = buildTemplateSet([matched('a', {})], root);
    expect(set.matching({}, namespace(root))).toHaveLength(1);
  });

  test('are not found by labels that are ignored', () => {
    const set = buildTemplateSet([matched('a', labels('web'))], root);
    expect(set.matching(web, namespace('app'), new Set(['app']))).toEqual([]);
  });
});
