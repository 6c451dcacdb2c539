import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { matches, toLabelSelector } from '../../../src/core/kubernetes/label-selector.ts';

const ask = (operator: string, ...values: readonly string[]): Json => ({
  matchExpressions: [{ key: 'app', operator, ...(values.length > 0 ? { values } : {}) }],
});
const web: JsonObject = { app: 'web' };

describe('a selector judges labels as Kubernetes does', () => {
  test.each<{ what: string; selector?: Json; labels: JsonObject; fits: boolean }>([
    { what: 'no selector matches everything', labels: {}, fits: true },
    { what: 'an empty selector matches everything', selector: {}, labels: web, fits: true },
    { what: 'matchLabels wants the value', selector: { matchLabels: web }, labels: web, fits: true },
    { what: 'matchLabels refuses another value', selector: { matchLabels: web }, labels: { app: 'db' }, fits: false },
    { what: 'matchLabels refuses an absent key', selector: { matchLabels: web }, labels: {}, fits: false },
    {
      what: 'all of matchLabels must hold',
      selector: { matchLabels: { ...web, tier: 'front' } },
      labels: web,
      fits: false,
    },
    { what: 'In wants one of its values', selector: ask('In', 'db', 'web'), labels: web, fits: true },
    { what: 'In refuses any other value', selector: ask('In', 'db', 'mail'), labels: web, fits: false },
    { what: 'In refuses an absent key', selector: ask('In', 'db'), labels: {}, fits: false },
    { what: 'NotIn refuses each of its values', selector: ask('NotIn', 'db', 'web'), labels: web, fits: false },
    { what: 'NotIn takes any other value', selector: ask('NotIn', 'db'), labels: web, fits: true },
    { what: 'NotIn takes an absent key', selector: ask('NotIn', 'db'), labels: {}, fits: true },
    { what: 'Exists takes any value', selector: ask('Exists'), labels: { app: '' }, fits: true },
    { what: 'Exists refuses an absent key', selector: ask('Exists'), labels: { tier: 'web' }, fits: false },
    { what: 'DoesNotExist takes an absent key', selector: ask('DoesNotExist'), labels: { tier: 'web' }, fits: true },
    { what: 'DoesNotExist refuses any value', selector: ask('DoesNotExist'), labels: { app: '' }, fits: false },
    {
      what: 'what every object inherits is no label',
      selector: { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] },
      labels: {},
      fits: false,
    },
    {
      what: 'labels and expressions must hold together',
      selector: { matchLabels: { tier: 'front' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] },
      labels: { tier: 'front' },
      fits: false,
    },
  ])('$what', ({ selector, labels, fits }) => {
    expect(matches(toLabelSelector(selector), labels)).toBe(fits);
  });

  test.each([
    { what: 'In', fits: false },
    { what: 'NotIn', fits: true },
    { what: 'Exists', fits: false },
    { what: 'DoesNotExist', fits: true },
  ])('to $what, an ignored label is absent', ({ what, fits }) => {
    const values = what.endsWith('In') ? ['web'] : [];
    expect(matches(toLabelSelector(ask(what, ...values)), web, new Set(['app']))).toBe(fits);
    expect(matches(toLabelSelector(ask(what, ...values)), web, new Set(['tier']))).toBe(!fits);
  });
});
