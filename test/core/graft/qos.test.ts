import { describe, expect, test } from 'vitest';
import { isGuaranteed } from '../../../src/core/graft/qos.ts';
import type { JsonObject } from '../../../src/core/json.ts';

const fixed = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1Gi' } };
const only = (resources: JsonObject): JsonObject => ({ containers: [{ name: 'main', resources }] });

describe('a pod is Guaranteed', () => {
  test.each<[string, JsonObject, boolean]>([
    ['where limits and requests are equal amounts', only(fixed), true],
    ['where a request is absent: it counts as the limit', only({ limits: fixed.limits }), true],
    ['not without limits', only({ requests: fixed.requests }), false],
    ['not with a limit of cpu alone', only({ limits: { cpu: '1' } }), false],
    ['not with a limit of nothing', only({ limits: { cpu: '0', memory: '1Gi' } }), false],
    ['not where a request is lower', only({ ...fixed, requests: { cpu: '500m', memory: '1Gi' } }), false],
    ['not where one container of several has none', { containers: [{ resources: fixed }, { name: 'b' }] }, false],
    ['not where an init container has none', { ...only(fixed), initContainers: [{ name: 'i' }] }, false],
    ['not without containers', { containers: [] }, false],
    ['by its own resources, where it has limits', { ...only({}), resources: fixed }, true],
    [
      'not by its own resources, where they differ',
      { ...only(fixed), resources: { limits: fixed.limits, requests: { cpu: '1m' } } },
      false,
    ],
    [
      'by its containers, where its own resources have no limits',
      { ...only(fixed), resources: { requests: {} } },
      true,
    ],
  ])('%s', (_, spec, expected) => {
    expect(isGuaranteed(spec)).toBe(expected);
  });
});
