import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../../src/core/json.ts';
import type { Template } from '../../../../src/core/template.ts';
import { covered, pod, template } from '../../../support/fixtures.ts';
import { at, graft, names, others, settle } from '../../../support/graft.ts';

const open = { protect: ['image', 'command', 'args'] };
const log = (image: string, more: JsonObject = {}): Json => ({ name: 'log', image, ...more });
const both = (a: JsonObject, b: JsonObject, settings: JsonObject = {}): readonly Template[] => [
  template('a', a, settings),
  template('b', b, settings),
];
const primary = (entry: JsonObject): JsonObject => ({ spec: { containers: [{ name: 'primary', ...entry }] } });

describe('equal remainders count once', () => {
  test.each([
    { what: 'scalars', one: { spec: { hostname: 'h' } }, other: { spec: { hostname: 'h' } }, adds: { hostname: 'h' } },
    {
      what: 'volumes, after defaults',
      one: { spec: { volumes: [{ name: 'c', configMap: { name: 'c' } }] } },
      other: { spec: { volumes: [{ name: 'c', configMap: { name: 'c', defaultMode: 420 } }] } },
      adds: { volumes: [{ name: 'c', configMap: { name: 'c' } }] },
    },
    {
      what: 'sidecars',
      one: { spec: { containers: [log('log:1')] } },
      other: { spec: { containers: [log('log:1', { imagePullPolicy: 'IfNotPresent' })] } },
      adds: {},
    },
    {
      what: 'tolerations',
      one: { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } },
      other: {
        spec: {
          tolerations: [
            { key: 'a', operator: 'Exists' },
            { key: 'b', operator: 'Exists' },
          ],
        },
      },
      adds: {
        tolerations: [
          { key: 'a', operator: 'Exists' },
          { key: 'b', operator: 'Exists' },
        ],
      },
    },
  ])('$what', ({ one, other, adds }) => {
    const result = graft(pod(), both(one, other));
    expect(result.problems).toEqual([]);
    expect(result.pod['spec']).toMatchObject(adds);
    expect(new Set(names(result.pod, 'containers')).size).toBe(names(result.pod, 'containers').length);
  });
});

describe('different ones are a conflict that names both', () => {
  test.each([
    { what: 'a scalar', one: { spec: { hostname: 'a' } }, other: { spec: { hostname: 'b' } }, field: 'spec.hostname' },
    {
      what: 'a label',
      one: { metadata: { labels: { x: 'a' } } },
      other: { metadata: { labels: { x: 'b' } } },
      field: 'metadata.labels.x',
    },
    {
      what: 'a volume',
      one: { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
      other: { spec: { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] } },
      field: 'spec.volumes',
    },
    {
      what: 'a sidecar',
      one: { spec: { containers: [log('log:1')] } },
      other: { spec: { containers: [log('log:2')] } },
      field: 'spec.containers',
    },
    {
      what: 'a sidecar here, an init container there',
      one: { spec: { containers: [log('log:1')] } },
      other: { spec: { initContainers: [log('log:1')] } },
      field: 'ontainers',
    },
    {
      what: 'a mount',
      one: {
        spec: {
          containers: [{ name: 'primary', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
          volumes: [{ name: 'v', emptyDir: {} }],
        },
      },
      other: {
        spec: {
          containers: [{ name: 'primary', volumeMounts: [{ name: 'w', mountPath: '/v' }] }],
          volumes: [{ name: 'w', emptyDir: {} }],
        },
      },
      field: 'volumeMounts',
    },
    {
      what: 'an env entry',
      one: primary({ env: [{ name: 'A', value: 'a' }] }),
      other: primary({ env: [{ name: 'A', value: 'b' }] }),
      field: 'env',
      settings: open,
    },
    {
      what: 'a probe',
      one: primary({ livenessProbe: { tcpSocket: { port: 1 } } }),
      other: primary({ livenessProbe: { tcpSocket: { port: 2 } } }),
      field: 'livenessProbe',
    },
  ])('$what', ({ one, other, field, settings }) => {
    const result = graft(pod(), both(one, other, settings));
    expect(result.codes).toEqual(['PG015']);
    expect(result.problems[0]).toContain(field);
    expect(result.problems[0]).toContain('podgraft-system/a');
    expect(result.problems[0]).toContain('podgraft-system/b');
  });
});

describe('where an added container goes is part of it only among init containers', () => {
  const adding = (id: string, list: string, initOrder: string, image = 'log:1'): Template =>
    template(id, { spec: { [list]: [log(image)] } }, { sidecars: { initOrder } });

  test.each<{ list: string; orders: readonly [string, string]; restartPolicy: string; codes: readonly string[] }>([
    { list: 'initContainers', orders: ['First', 'Last'], restartPolicy: 'Always', codes: ['PG015'] },
    { list: 'initContainers', orders: ['First', 'First'], restartPolicy: 'Always', codes: [] },
    { list: 'initContainers', orders: ['Last', 'Last'], restartPolicy: 'Always', codes: [] },
    { list: 'containers', orders: ['First', 'Last'], restartPolicy: 'Always', codes: [] },
    { list: 'containers', orders: ['First', 'Last'], restartPolicy: 'Never', codes: ['PG015'] },
    { list: 'containers', orders: ['First', 'First'], restartPolicy: 'Never', codes: [] },
  ])('$list, $orders, restartPolicy $restartPolicy: $codes', ({ list, orders, restartPolicy, codes }) => {
    const [one, other] = orders;
    const result = graft(pod({ restartPolicy }), [adding('a', list, one), adding('b', list, other)]);
    expect(result.codes).toEqual(codes);
  });

  test('a container that conflicts with the pod is that once for each template, and no more', () => {
    const own = pod({
      containers: [
        { name: 'main', image: 'app:1' },
        { name: 'log', image: 'own:1' },
      ],
    });
    const templates = [adding('a', 'containers', 'Last', 'log:1'), adding('b', 'containers', 'Last', 'log:2')];
    const named = graft(own, [...templates, template('p', primary({ workingDir: '/w' }))]);
    expect(named.codes).toEqual(['PG012', 'PG012']);
  });
});

test.each([
  {
    what: 'a field',
    a: { spec: { hostname: 'a' } },
    b: { spec: { hostname: 'b' } },
    says: 'spec.hostname: Duplicate value: templates podgraft-system/a and podgraft-system/b give different values here; use one of them (podgraft PG015)',
  },
  {
    what: 'an element',
    a: { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
    b: { spec: { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] } },
    says: 'spec.volumes: Duplicate value: "v": templates podgraft-system/a and podgraft-system/b give different values here; use one of them (podgraft PG015)',
  },
  {
    what: 'a container',
    a: { spec: { containers: [log('log:1')] } },
    b: { spec: { containers: [log('log:2')] } },
    says: 'spec.containers: Duplicate value: "log": templates podgraft-system/a and podgraft-system/b add different containers of that name; use one of them (podgraft PG015)',
  },
])('a conflict over $what names it', ({ a, b, says }) => {
  expect(graft(pod(), both(a, b)).problems).toEqual([says]);
});

describe('only remainders must agree', () => {
  test('an element that somebody has changed since to what another template brings is no conflict', () => {
    const volume = (name: string): Json => ({ name: 'v', configMap: { name } });
    const [a, b] = [
      template('a', { spec: { volumes: [volume('a')] } }),
      template('b', { spec: { volumes: [volume('b')] } }),
    ];
    const first = graft(pod(), [a]).pod;
    const changed = { ...first, spec: { ...(first['spec'] as JsonObject), volumes: [volume('b')] } };
    const result = graft(changed, [a, b]);
    expect(result.problems).toEqual([]);
    expect(at(result.pod, 'spec', 'volumes')).toEqual([volume('b')]);
  });

  test('what the pod has itself is no conflict between templates', () => {
    const templates = both({ spec: { hostname: 'a' } }, { spec: { hostname: 'b' } });
    const result = graft(pod({ hostname: 'p' }), templates);
    expect(result.kind).toBe('graft');
    expect(at(result.pod, 'spec', 'hostname')).toBe('p');
  });

  test('protected fields are no conflict between templates', () => {
    const templates = both(
      primary({ image: 'a', env: [{ name: 'A', value: 'a' }] }),
      primary({ image: 'b', env: [{ name: 'A', value: 'b' }] }),
    );
    expect(graft(pod(), templates).kind).toBe('graft');
  });

  test("a template's own default is under its own primary entry", () => {
    const a = template('a', {
      spec: {
        containers: [
          { name: 'default', workingDir: '/default' },
          { name: 'primary', workingDir: '/w' },
        ],
      },
    });
    const b = template('b', primary({ workingDir: '/w' }));
    const result = graft(pod(), [a, b]);
    expect(at(result.pod, 'spec', 'containers', 0, 'workingDir')).toBe('/w');
  });

  test("one's default and another's primary entry that differ are a conflict", () => {
    const a = template('a', { spec: { containers: [{ name: 'default', workingDir: '/default' }] } });
    const b = template('b', primary({ workingDir: '/w' }));
    expect(graft(pod(), [a, b]).codes).toEqual(['PG015']);
  });

  test('different keys of one object join', () => {
    const templates = both(
      { metadata: { labels: { x: 'a' } }, spec: { securityContext: { runAsUser: 1 } } },
      { metadata: { labels: { y: 'b' } }, spec: { securityContext: { fsGroup: 2 } } },
    );
    const result = graft(pod(), templates);
    expect(at(result.pod, 'spec', 'securityContext')).toEqual({ runAsUser: 1, fsGroup: 2 });
    expect(others(result.pod, 'labels')).toEqual({ x: 'a', y: 'b' });
  });

  test('lists that unite are in selection order', () => {
    const alias = (name: string): JsonObject => ({
      spec: { hostAliases: [{ ip: '10.0.0.1', hostnames: [name] }], dnsConfig: { searches: [name] } },
    });
    const result = graft(pod(), both(alias('a'), alias('b')));
    expect(at(result.pod, 'spec', 'hostAliases')).toEqual([{ ip: '10.0.0.1', hostnames: ['a', 'b'] }]);
    expect(at(result.pod, 'spec', 'dnsConfig', 'searches')).toEqual(['a', 'b']);
  });

  test('node affinity of both is ANDed', () => {
    const terms = (key: string): JsonObject => ({
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'Exists' }] }],
            },
          },
        },
      },
    });
    const result = graft(pod(), both(terms('a'), terms('b')));
    expect(
      at(
        result.pod,
        'spec',
        'affinity',
        'nodeAffinity',
        'requiredDuringSchedulingIgnoredDuringExecution',
        'nodeSelectorTerms',
      ),
    ).toEqual([
      {
        matchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: 'b', operator: 'Exists' },
        ],
      },
    ]);
  });
});

describe('matched templates that contradict what stands', () => {
  const matched = (id: string, podTemplate: JsonObject, order: number): Template =>
    template(id, podTemplate, { match: {}, order });

  test('the later one in order is left out, and a third is judged on what stays', () => {
    const templates = [
      matched('first', { spec: { hostname: 'a' } }, 1),
      matched('second', { spec: { hostname: 'b', subdomain: 'b' } }, 2),
      matched('third', { spec: { subdomain: 'c' } }, 3),
    ];
    const result = settle(pod(), templates, { namespace: covered });
    expect(result).toMatchObject({
      templates: ['podgraft-system/first', 'podgraft-system/third'],
      leftOut: ['podgraft-system/second'],
    });
    expect(result.pod['spec']).toMatchObject({ hostname: 'a', subdomain: 'c' });
  });
});
