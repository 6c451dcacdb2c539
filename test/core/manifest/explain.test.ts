import { describe, expect, test } from 'vitest';
import type { NamespaceInfo } from '../../../src/core/graft/graft-pod.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { explainPod } from '../../../src/core/manifest/explain.ts';
import type { Explanation } from '../../../src/core/manifest/explain.ts';
import type { Settings } from '../../../src/core/settings.ts';
import { buildTemplateSet } from '../../../src/core/template-set.ts';
import type { Template } from '../../../src/core/template.ts';
import { app, asking, covered, namespace, pod, settings, template } from '../../support/fixtures.ts';

interface Around {
  readonly namespace?: NamespaceInfo;
  readonly settings?: Settings;
}

function explain(given: JsonObject, templates: readonly Template[], around: Around = {}): Explanation {
  const used = around.settings ?? settings;
  return explainPod(
    { pod: given, namespace: around.namespace ?? app },
    buildTemplateSet(templates, used.rootNamespace),
    used,
  );
}

const labels = { metadata: { labels: { x: 'y' } } };
const byLabel = (requirement: JsonObject): JsonObject => ({
  match: { podSelector: { matchExpressions: [requirement] } },
});

describe('why a template was not taken', () => {
  const cases: readonly (readonly [string, JsonObject, Template, Around, string])[] = [
    ['by name only', pod(), template('t', labels), {}, 'it is used by name only, and the pod does not name it'],
    [
      'not allowed there',
      pod(),
      template('t', labels, { allowedNamespaces: { matchLabels: { team: 'a' } } }),
      {},
      'its allowedNamespaces does not select namespace app',
    ],
    [
      'the namespace is not covered',
      pod(),
      template('t', labels, { match: {} }),
      {},
      'namespace app is not labelled podgraft.dev/injection=enabled, so templates come by name only',
    ],
    [
      'the namespace is switched off',
      pod(),
      template('t', labels, { match: {} }),
      {
        namespace: namespace('app', { 'podgraft.dev/injection': 'disabled' }),
        settings: { ...settings, injection: 'all' },
      },
      'namespace app is labelled podgraft.dev/injection=disabled',
    ],
    [
      'the pod is switched off',
      pod({}, { labels: { 'podgraft.dev/inject': 'false' } }),
      template('t', labels, { match: {} }),
      { namespace: covered },
      'the pod has the label podgraft.dev/inject=false',
    ],
    [
      'one value',
      pod(),
      template('t', labels, { match: { podSelector: { matchLabels: { a: 'b' } } } }),
      { namespace: covered },
      'its podSelector asks for a=b',
    ],
    [
      'one of several',
      pod(),
      template('t', labels, byLabel({ key: 'a', operator: 'In', values: ['b', 'c'] })),
      { namespace: covered },
      'its podSelector asks for a in (b, c)',
    ],
    [
      'a label that is there',
      pod(),
      template('t', labels, byLabel({ key: 'a', operator: 'Exists' })),
      { namespace: covered },
      'its podSelector asks for the label a',
    ],
    [
      'a label that is not',
      pod({}, { labels: { a: 'b' } }),
      template('t', labels, byLabel({ key: 'a', operator: 'DoesNotExist' })),
      { namespace: covered },
      'its podSelector asks for no label a',
    ],
    [
      'another value',
      pod({}, { labels: { a: 'b' } }),
      template('t', labels, byLabel({ key: 'a', operator: 'NotIn', values: ['b'] })),
      { namespace: covered },
      'its podSelector asks for a not in (b)',
    ],
    [
      'the namespace’s labels',
      pod(),
      template('t', labels, { match: { namespaceSelector: { matchLabels: { team: 'a' } } } }),
      { namespace: covered },
      'its namespaceSelector asks for team=a',
    ],
    [
      'a mirror pod',
      pod({}, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      template('t', labels),
      {},
      'mirror pods get no template',
    ],
    [
      'an excluded namespace',
      pod(),
      template('t', labels),
      { namespace: namespace('kube-system') },
      'namespace kube-system is excluded',
    ],
  ];
  test.each(cases)('%s', (_, given, candidate, around, reason) => {
    const { considered, edits } = explain(given, [candidate], around);
    expect(considered).toEqual([{ template: 'podgraft-system/t', verdict: 'not taken', reason }]);
    expect(edits).toEqual([]);
  });

  test('one of the same name is nearer', () => {
    const { considered } = explain(asking(pod(), 't'), [template('t', labels), template('app/t', labels)]);
    expect(considered).toEqual([
      { template: 'app/t', origin: 'named', verdict: 'grafted' },
      {
        template: 'podgraft-system/t',
        verdict: 'not taken',
        reason: 'by that name the pod would get app/t, which is nearer',
      },
    ]);
  });
});

describe('what became of those that came to the pod', () => {
  test('named, and matched, each with how', () => {
    const { considered } = explain(asking(pod(), 'a'), [template('a', labels), template('b', {}, { match: {} })], {
      namespace: covered,
    });
    expect(considered.map(({ template: id, origin, verdict }) => [id, origin, verdict])).toEqual([
      ['podgraft-system/a', 'named', 'grafted'],
      ['podgraft-system/b', 'matched', 'grafted'],
    ]);
  });

  test('left out, with the reason', () => {
    const clashing = template('b', { spec: { containers: [{ name: 'main', image: 'other:1' }] } }, { match: {} });
    const { considered } = explain(pod(), [clashing], { namespace: covered });
    expect(considered).toEqual([
      {
        template: 'podgraft-system/b',
        origin: 'matched',
        verdict: 'left out',
        reason: expect.stringContaining('main'),
      },
    ]);
  });

  test('left out before it was looked at: a reusable pod', () => {
    const { considered } = explain(
      pod({}, { labels: { 'podgraft.dev/reusable': 'true' } }),
      [template('b', labels, { match: {} })],
      { namespace: covered },
    );
    expect(considered).toEqual([
      { template: 'podgraft-system/b', verdict: 'left out', reason: expect.stringContaining('reusable') },
    ]);
  });

  test('refused', () => {
    const clashing = template('b', { spec: { containers: [{ name: 'main', image: 'other:1' }] } });
    const { considered, edits, token } = explain(asking(pod(), 'b'), [clashing]);
    expect(considered).toEqual([{ template: 'podgraft-system/b', origin: 'named', verdict: 'refused' }]);
    expect(edits).toEqual([]);
    expect(token.containers).toEqual([]);
  });
});

describe('who is given the token of the pod’s account (contract S5)', () => {
  const sidecar = template('t', {
    spec: { initContainers: [{ name: 'i', image: 'i:1' }], containers: [{ name: 's', image: 's:1' }] },
  });
  test.each<[string, JsonObject, Explanation['token']]>([
    ['the containers that a template adds', {}, { containers: ['i', 's'], serviceAccountName: 'default' }],
    [
      'of the account that the pod names',
      { serviceAccountName: 'robot' },
      { containers: ['i', 's'], serviceAccountName: 'robot' },
    ],
    [
      'none where the pod mounts no token',
      { automountServiceAccountToken: false },
      { containers: [], serviceAccountName: 'default' },
    ],
  ])('%s', (_, spec, expected) => {
    expect(explain(asking(pod(spec), 't'), [sidecar]).token).toEqual(expected);
  });

  test('none where the pod is no pod', () => {
    expect(explain({ spec: 'x' }, [sidecar]).token).toEqual({ containers: [], serviceAccountName: 'default' });
  });
});
