import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json, JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import { own, setOwn } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/register/parse-template.ts';
import { pod, runs, templateDocument } from '../support/arbitrary.ts';
import { covered, namespace, pod as plainPod, settings, template } from '../support/fixtures.ts';
import { decide, others, settle } from '../support/graft.ts';

const hostileKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '~',
  '/',
  '~1',
  '~0',
  '',
  '-',
  '0',
  'a/b~c',
);
const everything = [
  template(
    't0',
    {
      metadata: { labels: { l: 'x', constructor: 't' }, annotations: { a: 'x', toString: 't' } },
      spec: {
        containers: [
          { name: 'default', terminationMessagePath: '/dev/t', env: [{ name: 'E', value: 'e' }] },
          { name: 'primary', volumeMounts: [{ name: 'v', mountPath: '/v' }], securityContext: { runAsUser: 1 } },
          { name: 'log', image: 'log:1' },
        ],
        initContainers: [{ name: 'prepare', image: 'p:1' }],
        volumes: [{ name: 'v', emptyDir: {} }],
        tolerations: [{ operator: 'Exists' }],
        nodeSelector: { n: 'x' },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'k', operator: 'Exists' }] }],
            },
          },
        },
        hostAliases: [{ ip: '10.0.0.1', hostnames: ['h'] }],
        dnsConfig: { searches: ['s'], options: [{ name: 'o' }] },
        priorityClassName: 'high',
        automountServiceAccountToken: false,
      },
    },
    { protect: ['image', 'command', 'args'], match: {} },
  ),
];

/** JSON with hostile keys everywhere, as `JSON.parse` makes it: `__proto__` is an own key. */
const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json[]>(null, true, 0, -1, 1.5, '', 'x', 'main'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.oneof(hostileKey, fc.constantFrom('name', 'image', 'env', 'metadata', 'spec')), tie('json')), {
        maxLength: 3,
      })
      .map(toObject),
  ),
})).json;

function toObject(entries: readonly (readonly [string, Json])[]): JsonObject {
  const object: MutableJsonObject = {};
  for (const [key, value] of entries) setOwn(object, key, value);
  return object;
}

function isUnpolluted(): boolean {
  const fresh: Record<string, unknown> = {};
  return fresh['polluted'] === undefined && fresh['x'] === undefined && Object.keys(Object.prototype).length === 0;
}

test('T13 hostile keys in labels, annotations and selectors stay data, and pollute nothing', () => {
  const map = fc.array(fc.tuple(hostileKey, fc.constantFrom('x', 'polluted')), { maxLength: 4 }).map(toObject);
  fc.assert(
    fc.property(map, map, map, (labels, annotations, nodeSelector) => {
      const given = plainPod({ nodeSelector }, { labels, annotations });
      const result = settle(given, everything, { namespace: covered });
      expect(result.kind).toBe('graft');
      for (const [before, after] of [
        [labels, others(result.pod, 'labels')],
        [annotations, others(result.pod, 'annotations')],
      ] as const) {
        for (const key of Object.keys(before)) expect(own(after, key)).toBe(own(before, key));
      }
      expect(isUnpolluted()).toBe(true);
    }),
    { numRuns: runs },
  );
});

/** A pod of which some part, anywhere, is replaced by any JSON. */
const broken: fc.Arbitrary<JsonObject> = fc
  .tuple(pod, json, fc.nat(), fc.nat({ max: 6 }))
  .map(([given, junk, place, depth]) => {
    const copy = structuredClone<MutableJsonObject>(given);
    let holder: MutableJsonObject | Json[] = copy;
    for (let level = 0; level < depth; level += 1) {
      const keys = Object.keys(holder);
      const next: Json | undefined = (holder as MutableJsonObject)[keys[place % Math.max(keys.length, 1)] ?? ''];
      if (typeof next !== 'object' || next === null) break;
      holder = next as MutableJsonObject | Json[];
    }
    const keys = Object.keys(holder);
    const key = keys[place % Math.max(keys.length, 1)];
    if (key !== undefined) (holder as MutableJsonObject)[key] = junk;
    return copy;
  });

test('any JSON at all in place of a pod, or within one, gets an answer, and the answer applies', () => {
  const anyPod = fc.oneof(
    json.map((spec) => ({ ...plainPod(), spec })),
    json.map((metadata) => ({ ...plainPod(), metadata })),
    json.map((value) => ({
      spec: { containers: value },
      metadata: { annotations: { 'podgraft.dev/templates': 't0' } },
    })),
    broken,
    fc.array(fc.tuple(fc.oneof(hostileKey, fc.constantFrom('metadata', 'spec')), json), { maxLength: 4 }).map(toObject),
  );
  fc.assert(
    fc.property(anyPod, (given) => {
      const text = JSON.stringify(given);
      const result = decide(given, everything, { namespace: covered });
      expect(['graft', 'skip', 'refuse']).toContain(result.kind);
      expect(JSON.stringify(given)).toBe(text);
      expect(isUnpolluted()).toBe(true);
    }),
    { numRuns: runs },
  );
});

test('any JSON at all in place of a template is judged, not thrown at', () => {
  const document = fc.oneof(
    json,
    fc.tuple(templateDocument, json).map(([valid, junk]) => ({ ...valid, spec: junk })),
    fc.tuple(templateDocument, json).map(([valid, junk]) => ({ ...valid, metadata: junk })),
    fc
      .tuple(templateDocument, json)
      .map(([valid, junk]) => ({ ...valid, spec: { ...(valid['spec'] as JsonObject), template: { spec: junk } } })),
    fc.tuple(templateDocument, json).map(([valid, junk]) => ({
      ...valid,
      spec: {
        ...(valid['spec'] as JsonObject),
        template: { metadata: { labels: junk, annotations: junk }, spec: { containers: [junk] } },
      },
    })),
  );
  fc.assert(
    fc.property(document, (given) => {
      const result = parseTemplate(given, settings);
      expect(['template', 'invalid', 'other']).toContain(result.kind);
      if (result.kind === 'invalid') expect(result.problems).not.toEqual([]);
      expect(isUnpolluted()).toBe(true);
    }),
    { numRuns: runs },
  );
});

test('labels and annotations of a namespace are data too', () => {
  const map = fc
    .array(
      fc.tuple(fc.oneof(hostileKey, fc.constantFrom('podgraft.dev/injection', 'podgraft.dev/default-template')), json),
      { maxLength: 4 },
    )
    .map(toObject);
  fc.assert(
    fc.property(map, map, (labels, annotations) => {
      expect(() => decide(plainPod(), everything, { namespace: namespace('app', labels, annotations) })).not.toThrow();
    }),
    { numRuns: runs },
  );
});
