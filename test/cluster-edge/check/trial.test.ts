import { describe, expect, test } from 'vitest';
import type { ApiResult } from '../../../src/cluster/api-client.ts';
import { absentTemplate, templatesToTry, toTrialOutcome, trialPod } from '../../../src/cluster/check/trial.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { labelValue } from '../../../src/core/kubernetes/text-formats.ts';
import { parseTemplate } from '../../../src/core/register/parse-template.ts';
import { injectionTemplate, settings } from '../../support/fixtures.ts';

function refused(
  status: number,
  says: string,
  reason: 'refused' | 'forbidden' | 'broken' | 'absent' = 'refused',
): ApiResult {
  return { kind: 'failed', reason, status, says, message: 'one line' };
}

describe('the answer to a pod that was tried', () => {
  const cases: readonly (readonly [string, ApiResult, unknown])[] = [
    [
      "podgraft's own refusal",
      refused(422, 'admission webhook "named.podgraft.dev" denied the request: a: Not found\nb'),
      { kind: 'refused by podgraft', message: 'a: Not found\nb' },
    ],
    [
      "another webhook's refusal",
      refused(403, 'admission webhook "x.test" denied the request: no', 'forbidden'),
      { kind: 'refused', message: 'admission webhook "x.test" denied the request: no' },
    ],
    [
      'a call that failed',
      refused(
        500,
        'Internal error occurred: failed calling webhook "named.podgraft.dev": failed to call webhook: x509',
        'broken',
      ),
      { kind: 'call failed', message: 'failed to call webhook: x509' },
    ],
    [
      'a caller who may not',
      refused(403, 'pods is forbidden: User "u" cannot create resource "pods"', 'forbidden'),
      { kind: 'unseen', why: 'pods is forbidden: User "u" cannot create resource "pods"' },
    ],
    [
      'a namespace that is not there',
      refused(404, 'namespaces "x" not found', 'absent'),
      { kind: 'unseen', why: 'namespaces "x" not found' },
    ],
    [
      'Pod Security',
      refused(403, 'pods "p" is forbidden: violates PodSecurity', 'forbidden'),
      { kind: 'refused', message: 'pods "p" is forbidden: violates PodSecurity' },
    ],
    ['silence', { kind: 'failed', reason: 'timeout', message: 'one line' }, { kind: 'unseen', why: 'one line' }],
    [
      'a pod with our mark',
      { kind: 'ok', value: { metadata: { annotations: { 'podgraft.dev/injected': '{}' } } } },
      { kind: 'grafted' },
    ],
    ['a pod without it', { kind: 'ok', value: { metadata: {} } }, { kind: 'not asked' }],
  ];
  test.each(cases)('is understood: %s', (_, result, expected) => {
    expect(toTrialOutcome(result)).toEqual(expected);
  });
});

test('the template that is not there can be asked for, and can never be registered', () => {
  expect(labelValue(absentTemplate)).toBeUndefined();
  expect(parseTemplate(injectionTemplate(absentTemplate, {}), settings).kind).toBe('invalid');
  expect(trialPod('shop', absentTemplate)).toMatchObject({
    metadata: { namespace: 'shop', labels: { 'podgraft.dev/template': absentTemplate } },
  });
});

test('of the templates those are tried that a bare pod may use, the most harmless first', () => {
  const template = (
    namespace: string,
    name: string,
    level: string,
    status = 'True',
    spec: JsonObject = {},
  ): JsonObject => ({
    metadata: { namespace, name },
    spec,
    status: { podSecurityLevel: level, conditions: [{ type: 'Accepted', status }] },
  });
  const templates = [
    template('root', 'a', 'privileged'),
    template('root', 'refused', 'restricted', 'False'),
    template('root', 'for-some', 'restricted', 'True', { allowedNamespaces: {} }),
    template('elsewhere', 'b', 'restricted'),
    template('shop', 'c', 'baseline'),
    template('root', 'd', 'restricted'),
    template('root', 'e', 'restricted'),
  ];
  expect(templatesToTry(templates, 'shop', ['root']).map(({ name }) => name)).toEqual(['d', 'e', 'c']);
});
