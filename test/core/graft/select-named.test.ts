import { expect, test } from 'vitest';
import { covered, namespace, pod, template } from '../../support/fixtures.ts';
import { decide, settle } from '../../support/graft.ts';

const asks = (text: string): ReturnType<typeof pod> => pod({}, { annotations: { 'podgraft.dev/templates': text } });

test('a name said a thousand times is warned of once, and counts once', () => {
  const result = settle(asks(Array.from({ length: 1000 }, () => 't').join(',')), [template('t', {})]);
  expect(result.templates).toEqual(['podgraft-system/t']);
  expect(result.warnings).toEqual(['template t is named twice: it counts once']);
});

test('of a thousand names that are empty the pod hears once', () => {
  expect(decide(asks(','.repeat(1000)), []).codes).toEqual(['PG003']);
});

test('names beyond the cap are counted, each once, and none is looked up', () => {
  const names = Array.from({ length: 5000 }, (_, index) => `t${index}`);
  const result = decide(asks([...names, ...names].join(', ')), []);
  expect(result.codes).toEqual(['PG006']);
  expect(result.problems[0]).toContain('5000 templates');
});

test('a default template that matches too is left out of a reusable pod once', () => {
  const around = {
    namespace: namespace('app', covered.labels, { 'podgraft.dev/default-template': 't' }),
  };
  const given = pod({}, { labels: { 'podgraft.dev/reusable': 'true' } });
  expect(settle(given, [template('t', {}, { match: {} })], around).leftOut).toEqual(['podgraft-system/t']);
});
