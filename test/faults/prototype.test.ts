import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { field, objectField, own } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { asking, injectionTemplate, pod } from '../support/fixtures.ts';
import { podReview } from '../support/review.ts';
import { startServe } from './support/serve-process.ts';
import type { ServeProcess } from './support/serve-process.ts';
import { logShipper, templateFiles } from './support/templates.ts';

const hostileText =
  '{"constructor":"x","toString":"y","hasOwnProperty":"z","valueOf":"v","constructor.prototype":"w","__proto__":"u","prototype":"t"}';
const hostile = JSON.parse(hostileText) as JsonObject;
const files = templateFiles(
  logShipper,
  injectionTemplate(
    'bringing',
    {
      metadata: { labels: { constructor: 'mine', toString: 'mine', from: 'template' } },
      spec: {
        nodeSelector: { valueOf: 'mine' },
        containers: [{ name: 'primary', env: [{ name: 'constructor', value: 'mine' }] }],
      },
    },
    { protect: ['image', 'command', 'args'] },
  ),
);

describe('T13, S11 with --disable-proto=throw and nothing to be written onto Object.prototype', () => {
  let server: ServeProcess;
  beforeAll(async () => {
    server = await startServe({ files, nodeFlags: ['--disable-proto=throw'], withInside: true });
    await server.tell('freeze');
  });
  afterAll(async () => server.end());

  test('hostile keys in labels, annotations and selectors are data, and stay', async () => {
    const given = pod({ nodeSelector: hostile }, { labels: hostile, annotations: hostile });
    for (const names of [['log-shipper'], ['bringing'], ['log-shipper', 'bringing']]) {
      const { allowed, object } = await server.client.review('/mutate/pods', podReview(asking(given, ...names)));
      expect(allowed).toBe(true);
      for (const map of ['labels', 'annotations']) {
        const after = objectField(objectField(object, 'metadata'), map);
        for (const key of Object.keys(hostile)) expect(own(after, key)).toBe(own(hostile, key));
      }
    }
  });

  test('S12 hostile keys where a template has some too: the patch applies, each at its own path', async () => {
    const { object } = await server.client.review('/mutate/pods', podReview(asking(pod(), 'bringing')));
    expect(field(objectField(objectField(object, 'metadata'), 'labels'), 'from')).toBe('template');
    expect(own(objectField(objectField(object, 'metadata'), 'labels'), 'constructor')).toBe('mine');
    expect(own(objectField(objectField(object, 'spec'), 'nodeSelector'), 'valueOf')).toBe('mine');
  });

  test.each([
    ['metadata', { ...pod(), metadata: hostile }],
    ['spec', { ...pod(), spec: hostile }],
    ['the pod', hostile],
    ['a container', pod({ containers: [hostile] })],
    [
      '__proto__ as an object with fields',
      JSON.parse('{"__proto__": {"x": 1}, "spec": {"__proto__": {"containers": []}}}') as JsonObject,
    ],
    ['names', asking(pod({}, { name: '__proto__', namespace: 'constructor' }), '__proto__', 'constructor', 'toString')],
  ])('hostile keys as %s get an answer', async (_, object) => {
    for (const namespace of ['app', '__proto__', 'constructor', 'toString']) {
      await server.client.review('/mutate/pods', podReview(object, { namespace }));
    }
    expect((await server.client.review('/mutate/pods', podReview(asking(pod(), 'log-shipper')))).patch).not.toEqual([]);
  });

  test('hostile keys around the request get an answer', async () => {
    const text = `{"__proto__":{"kind":"x"},"constructor":1,"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"__proto__":{"uid":"forged"}}}`;
    const { status, body } = await server.client.send('/mutate/pods', text);
    expect({ status, body }).toEqual({ status: 400, body: 'request.uid must be a string that is not empty\n' });
  });

  test('none of it was an error of ours', async () => {
    expect(await server.metric('podgraft_admission_requests_total{webhook="named",outcome="error",code="500"}')).toBe(
      0,
    );
    expect(await server.metric('podgraft_unhandled_errors_total{kind="exception"}')).toBe(0);
    expect(await server.metric('podgraft_unhandled_errors_total{kind="rejection"}')).toBe(0);
    expect(await server.metric('podgraft_self_check_failures_total')).toBe(0);
  });
});
