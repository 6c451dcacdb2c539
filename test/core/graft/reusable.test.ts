import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { covered, pod, settings, template } from '../../support/fixtures.ts';
import { decide, graft, settle } from '../../support/graft.ts';

const t = template('t', { metadata: { labels: { pool: 'shared' } } });
const owner = (apiVersion: string, kind: string): JsonObject => ({
  ownerReferences: [{ apiVersion, kind, name: 'o', uid: 'u', controller: true }],
});
const reusable = {
  ...settings,
  reusable: {
    selectors: [[{ key: 'pool', operator: 'In' as const, values: ['shared'] }]],
    ownerKinds: ['flyte.org/Environment', 'ReplicationController'],
  },
};

describe('a reusable pod that names a template is refused', () => {
  test.each([
    { what: 'by the label', metadata: { labels: { 'podgraft.dev/reusable': 'true' } } },
    { what: 'by a selector of the settings', metadata: { labels: { pool: 'shared' } } },
    { what: 'by a kind of owner', metadata: owner('flyte.org/v1', 'Environment') },
    { what: 'by a kind of owner of the core group', metadata: owner('v1', 'ReplicationController') },
  ])('$what', ({ metadata }) => {
    const result = graft(pod({}, metadata), [t], { settings: reusable });
    expect(result.codes).toEqual(['PG005']);
    expect(result.problems[0]).toContain(
      `Forbidden: pod templates can't be used in a reusable environment; drop the template, or set podgraft.dev/reusable: "off"`,
    );
  });
});

describe('a pod is not reusable', () => {
  test.each([
    {
      what: 'where it says "off", whatever its owner',
      metadata: { labels: { 'podgraft.dev/reusable': 'off' }, ...owner('flyte.org/v1', 'Environment') },
    },
    {
      what: 'where it says "off", whatever its labels',
      metadata: { labels: { 'podgraft.dev/reusable': 'off', pool: 'shared' } },
    },
    { what: 'with an owner of that kind in another group', metadata: owner('other.org/v1', 'Environment') },
    { what: 'with another owner', metadata: owner('batch/v1', 'Job') },
    { what: 'with another label', metadata: { labels: { pool: 'own' } } },
  ])('$what', ({ metadata }) => {
    expect(graft(pod({}, metadata), [template('plain', {})], { settings: reusable }).kind).toBe('graft');
  });

  test('by a label that a template has put on it', () => {
    const once = graft(pod(), [t], { settings: reusable });
    expect(once.kind).toBe('graft');
    expect(decide(once.pod, [t], { settings: reusable })).toMatchObject({ kind: 'graft', patch: [] });
  });
});

describe('a reusable pod that names none', () => {
  const given = pod({}, { labels: { 'podgraft.dev/reusable': 'true' } });

  test('goes without a matched Optional template, with a warning', () => {
    const result = settle(given, [template('m', {}, { match: {} })], { namespace: covered });
    expect(result).toMatchObject({ kind: 'skip', leftOut: ['podgraft-system/m'] });
    expect(result.warnings.join('\n')).toContain('m');
  });

  test('goes without the default template, with a warning', () => {
    const around = { ...covered, annotations: { 'podgraft.dev/default-template': 't' } };
    const result = settle(given, [t], { namespace: around });
    expect(result).toMatchObject({ kind: 'skip', leftOut: ['podgraft-system/t'] });
    expect(result.warnings).not.toEqual([]);
  });

  test('is refused where a Required template matches', () => {
    const required = template('r', {}, { match: {}, enforcement: 'Required' });
    expect(settle(given, [required], { namespace: covered }).codes).toEqual(['PG005']);
  });
});
