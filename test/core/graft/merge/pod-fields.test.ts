import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../../src/core/json.ts';
import { pod, template } from '../../../support/fixtures.ts';
import { at, graft, others } from '../../../support/graft.ts';

interface Case {
  readonly what: string;
  readonly pod: JsonObject;
  readonly template: JsonObject;
  /** The fields of the result's spec; `null` for one that must be absent. */
  readonly gives: JsonObject;
}

const node = (key: string, ...values: readonly string[]): Json => ({
  matchExpressions: [{ key, operator: 'In', values }],
});
const required = (...nodeSelectorTerms: readonly Json[]): JsonObject => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const away = (app: string): Json => ({
  labelSelector: { matchLabels: { app } },
  topologyKey: 'kubernetes.io/hostname',
});
const spread = (maxSkew: number, whenUnsatisfiable: string): Json => ({
  maxSkew,
  topologyKey: 'zone',
  whenUnsatisfiable,
});
const toleration = (key: string): Json => ({ key, operator: 'Exists', effect: 'NoSchedule' });

const cases: readonly Case[] = [
  // Rule zero
  { what: 'an absent scalar is filled', pod: {}, template: { hostname: 't' }, gives: { hostname: 't' } },
  { what: "the pod's scalar stands", pod: { hostname: 'p' }, template: { hostname: 't' }, gives: { hostname: 'p' } },
  {
    what: "an explicit false in a pointer field is the pod's own",
    pod: { hostUsers: false, automountServiceAccountToken: false },
    template: { hostUsers: true, automountServiceAccountToken: true },
    gives: { hostUsers: false, automountServiceAccountToken: false },
  },
  {
    what: "an explicit 0 in a pointer field is the pod's own",
    pod: { terminationGracePeriodSeconds: 0, securityContext: { runAsUser: 0 } },
    template: { terminationGracePeriodSeconds: 60, securityContext: { runAsUser: 1000 } },
    gives: { terminationGracePeriodSeconds: 0, securityContext: { runAsUser: 0 } },
  },
  {
    what: 'a false, 0 or "" in a field that is no pointer is unset',
    pod: { hostNetwork: false, hostname: '', subdomain: '' },
    template: { hostNetwork: true, hostname: 't', subdomain: 's' },
    gives: { hostNetwork: true, hostname: 't', subdomain: 's' },
  },
  {
    what: 'null and empty lists are unset',
    pod: { securityContext: null, tolerations: [], nodeSelector: {} },
    template: { securityContext: { runAsUser: 1 }, tolerations: [toleration('a')], nodeSelector: { a: '1' } },
    gives: { securityContext: { runAsUser: 1 }, tolerations: [toleration('a')], nodeSelector: { a: '1' } },
  },
  // The schema
  {
    what: 'objects join key by key',
    pod: { securityContext: { runAsUser: 7, fsGroup: 8 } },
    template: { securityContext: { runAsUser: 1, runAsGroup: 2 } },
    gives: { securityContext: { runAsUser: 7, fsGroup: 8, runAsGroup: 2 } },
  },
  {
    what: 'lists with keys join by them',
    pod: { imagePullSecrets: [{ name: 'a' }], schedulingGates: [{ name: 'g' }] },
    template: { imagePullSecrets: [{ name: 'b' }, { name: 'a' }], schedulingGates: [{ name: 'h' }] },
    gives: { imagePullSecrets: [{ name: 'a' }, { name: 'b' }], schedulingGates: [{ name: 'g' }, { name: 'h' }] },
  },
  {
    what: 'atomic lists stand whole',
    pod: { securityContext: { supplementalGroups: [1], sysctls: [{ name: 'a.b', value: '1' }] } },
    template: { securityContext: { supplementalGroups: [1, 2], sysctls: [{ name: 'c.d', value: '1' }] } },
    gives: { securityContext: { supplementalGroups: [1], sysctls: [{ name: 'a.b', value: '1' }] } },
  },
  {
    what: 'a field that nobody here thought of merges by the schema',
    pod: { schedulingGroup: { podGroupName: 'p' } },
    template: { schedulingGroup: { podGroupName: 't' }, hostnameOverride: 'o' },
    gives: { schedulingGroup: { podGroupName: 'p' }, hostnameOverride: 'o' },
  },
  {
    what: "a future field of the pod's passes through",
    pod: { notYetInvented: { deep: [1, { x: null }] } },
    template: { hostname: 't' },
    gives: { notYetInvented: { deep: [1, { x: null }] }, hostname: 't' },
  },
  // The table of exceptions, row by row
  {
    what: 'volumes: missing ones are appended, equal ones left alone',
    pod: { volumes: [{ name: 'a', emptyDir: {} }] },
    template: {
      volumes: [
        { name: 'b', emptyDir: { medium: 'Memory' } },
        { name: 'a', emptyDir: {} },
      ],
    },
    gives: {
      volumes: [
        { name: 'a', emptyDir: {} },
        { name: 'b', emptyDir: { medium: 'Memory' } },
      ],
    },
  },
  {
    what: 'volumes: equal counts defaults on both sides',
    pod: {
      volumes: [
        { name: 'c', configMap: { name: 'x', defaultMode: 420 } },
        { name: 'h', hostPath: { path: '/h', type: '' } },
        { name: 's', secret: { secretName: 's' } },
      ],
    },
    template: {
      volumes: [
        { name: 'c', configMap: { name: 'x' } },
        { name: 'h', hostPath: { path: '/h' } },
        { name: 's', secret: { secretName: 's', defaultMode: 420 } },
      ],
    },
    gives: {
      volumes: [
        { name: 'c', configMap: { name: 'x', defaultMode: 420 } },
        { name: 'h', hostPath: { path: '/h', type: '' } },
        { name: 's', secret: { secretName: 's' } },
      ],
    },
  },
  {
    what: 'resourceClaims: missing ones are appended',
    pod: { resourceClaims: [{ name: 'a', resourceClaimName: 'x' }] },
    template: {
      resourceClaims: [
        { name: 'a', resourceClaimName: 'x' },
        { name: 'b', resourceClaimTemplateName: 'y' },
      ],
    },
    gives: {
      resourceClaims: [
        { name: 'a', resourceClaimName: 'x' },
        { name: 'b', resourceClaimTemplateName: 'y' },
      ],
    },
  },
  {
    what: 'nodeSelector: key by key',
    pod: { nodeSelector: { a: 'p', b: 'p' } },
    template: { nodeSelector: { b: 't', c: 't' } },
    gives: { nodeSelector: { a: 'p', b: 'p', c: 't' } },
  },
  {
    what: 'tolerations: by whole value, missing ones appended',
    pod: { tolerations: [toleration('a'), { key: 'b', operator: 'Equal', value: '1' }] },
    template: { tolerations: [{ key: 'b', operator: 'Equal', value: '2' }, toleration('a')] },
    gives: {
      tolerations: [
        toleration('a'),
        { key: 'b', operator: 'Equal', value: '1' },
        { key: 'b', operator: 'Equal', value: '2' },
      ],
    },
  },
  {
    what: "topologySpreadConstraints: by topologyKey and whenUnsatisfiable, the pod's stands whole",
    pod: { topologySpreadConstraints: [spread(1, 'DoNotSchedule')] },
    template: {
      topologySpreadConstraints: [
        { ...(spread(5, 'DoNotSchedule') as JsonObject), minDomains: 2 },
        spread(5, 'ScheduleAnyway'),
      ],
    },
    gives: { topologySpreadConstraints: [spread(1, 'DoNotSchedule'), spread(5, 'ScheduleAnyway')] },
  },
  {
    what: 'readinessGates: by conditionType',
    pod: { readinessGates: [{ conditionType: 'a' }] },
    template: { readinessGates: [{ conditionType: 'b' }, { conditionType: 'a' }] },
    gives: { readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] },
  },
  {
    what: 'hostAliases: by ip, hostnames united',
    pod: { hostAliases: [{ ip: '10.0.0.1', hostnames: ['a', 'b'] }] },
    template: {
      hostAliases: [
        { ip: '10.0.0.1', hostnames: ['c', 'a'] },
        { ip: '10.0.0.2', hostnames: ['d'] },
      ],
    },
    gives: {
      hostAliases: [
        { ip: '10.0.0.1', hostnames: ['a', 'b', 'c'] },
        { ip: '10.0.0.2', hostnames: ['d'] },
      ],
    },
  },
  {
    what: 'dnsConfig: nameservers and searches united in order, options by name',
    pod: { dnsConfig: { nameservers: ['10.0.0.1'], searches: ['a', 'b'], options: [{ name: 'ndots', value: '1' }] } },
    template: {
      dnsConfig: {
        nameservers: ['10.0.0.2', '10.0.0.1'],
        searches: ['c', 'b'],
        options: [
          { name: 'ndots', value: '5' },
          { name: 'timeout', value: '2' },
        ],
      },
    },
    gives: {
      dnsConfig: {
        nameservers: ['10.0.0.1', '10.0.0.2'],
        searches: ['a', 'b', 'c'],
        options: [
          { name: 'ndots', value: '1' },
          { name: 'timeout', value: '2' },
        ],
      },
    },
  },
  {
    what: 'seccompProfile, seLinuxOptions, appArmorProfile: whole, only if the pod has none',
    pod: { securityContext: { seccompProfile: { type: 'RuntimeDefault' }, seLinuxOptions: { level: 's0' } } },
    template: {
      securityContext: {
        seccompProfile: { type: 'Localhost', localhostProfile: 'x' },
        seLinuxOptions: { role: 'r', level: 's1' },
        appArmorProfile: { type: 'RuntimeDefault' },
      },
    },
    gives: {
      securityContext: {
        seccompProfile: { type: 'RuntimeDefault' },
        seLinuxOptions: { level: 's0' },
        appArmorProfile: { type: 'RuntimeDefault' },
      },
    },
  },
  {
    what: 'os.name: filled in where the pod has none',
    pod: {},
    template: { os: { name: 'linux' } },
    gives: { os: { name: 'linux' } },
  },
  {
    what: 'serviceAccount is read as serviceAccountName',
    pod: {},
    template: { serviceAccount: 'robot' },
    gives: { serviceAccountName: 'robot' },
  },
  {
    what: 'shareProcessNamespace false is a wish like any other',
    pod: {},
    template: { shareProcessNamespace: false },
    gives: { shareProcessNamespace: false },
  },
  {
    what: 'activeDeadlineSeconds, runtimeClassName, hostNetwork and subdomain are set where absent',
    pod: {},
    template: { activeDeadlineSeconds: 60, runtimeClassName: 'gvisor', hostNetwork: true, subdomain: 's' },
    gives: { activeDeadlineSeconds: 60, runtimeClassName: 'gvisor', hostNetwork: true, subdomain: 's' },
  },
  // Affinity
  {
    what: "affinity: the template's node terms, where the pod has none",
    pod: {},
    template: required(node('zone', 'a')),
    gives: required(node('zone', 'a')),
  },
  {
    what: 'affinity: required node terms are ANDed',
    pod: required(node('zone', 'a')),
    template: required(node('disk', 'ssd')),
    gives: required({
      matchExpressions: [
        { key: 'zone', operator: 'In', values: ['a'] },
        { key: 'disk', operator: 'In', values: ['ssd'] },
      ],
    }),
  },
  {
    what: "affinity: a pod term that holds all requirements of a template's term is left alone",
    pod: required({
      matchExpressions: [
        { key: 'zone', operator: 'In', values: ['a'] },
        { key: 'disk', operator: 'In', values: ['ssd'] },
      ],
    }),
    template: required(node('disk', 'ssd'), node('disk', 'nvme')),
    gives: required({
      matchExpressions: [
        { key: 'zone', operator: 'In', values: ['a'] },
        { key: 'disk', operator: 'In', values: ['ssd'] },
      ],
    }),
  },
  {
    what: "affinity: each other one is replaced by its combinations with the template's terms",
    pod: required(node('zone', 'a'), node('zone', 'b')),
    template: required(node('disk', 'ssd'), node('disk', 'nvme')),
    gives: required(
      ...['a', 'b'].flatMap((zone) =>
        ['ssd', 'nvme'].map((disk) => ({
          matchExpressions: [
            { key: 'zone', operator: 'In', values: [zone] },
            { key: 'disk', operator: 'In', values: [disk] },
          ],
        })),
      ),
    ),
  },
  {
    what: 'affinity: a requirement that the term has is not repeated, and matchFields count too',
    pod: required({
      matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }],
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }],
    }),
    template: required({
      matchExpressions: [
        { key: 'zone', operator: 'In', values: ['a'] },
        { key: 'gpu', operator: 'Exists' },
      ],
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }],
    }),
    gives: required({
      matchExpressions: [
        { key: 'zone', operator: 'In', values: ['a'] },
        { key: 'gpu', operator: 'Exists' },
      ],
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }],
    }),
  },
  {
    what: 'affinity: an empty term, which matches no node, stays empty',
    pod: required({}, node('zone', 'a')),
    template: required(node('disk', 'ssd')),
    gives: required(
      {},
      {
        matchExpressions: [
          { key: 'zone', operator: 'In', values: ['a'] },
          { key: 'disk', operator: 'In', values: ['ssd'] },
        ],
      },
    ),
  },
  {
    what: 'affinity: preferred node terms are appended, once',
    pod: {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: node('zone', 'a') }],
        },
      },
    },
    template: {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, preference: node('zone', 'a') },
            { weight: 2, preference: node('zone', 'a') },
          ],
        },
      },
    },
    gives: {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, preference: node('zone', 'a') },
            { weight: 2, preference: node('zone', 'a') },
          ],
        },
      },
    },
  },
  {
    what: 'affinity: pod affinity and anti-affinity terms are appended, once',
    pod: {
      affinity: {
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [away('a')] },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: away('a') }],
        },
      },
    },
    template: {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [away('b'), away('a')],
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 3, podAffinityTerm: away('c') }],
        },
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [away('d')],
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: away('a') }],
        },
      },
    },
    gives: {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [away('a'), away('b')],
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 3, podAffinityTerm: away('c') }],
        },
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [away('d')],
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: away('a') }],
        },
      },
    },
  },
];

describe('fields of the pod', () => {
  test.each(cases)('$what', ({ pod: spec, template: wanted, gives }) => {
    const result = graft(pod(spec), [template('t', { spec: wanted })]);
    expect(result.problems).toEqual([]);
    const fields = Object.keys(gives).map((field) => [field, at(result.pod, 'spec', field)]);
    expect(Object.fromEntries(fields)).toEqual(gives);
  });
});

describe('metadata', () => {
  test("labels and annotations join key by key; the pod's stand", () => {
    const t = template('t', {
      metadata: { labels: { a: 't', b: 't' }, annotations: { c: 't', 'd/e.f': 't' }, creationTimestamp: null },
    });
    const result = graft(pod({}, { labels: { a: 'p' }, annotations: { c: 'p' } }), [t]);
    expect(others(result.pod, 'labels')).toEqual({ a: 'p', b: 't' });
    expect(others(result.pod, 'annotations')).toEqual({ c: 'p', 'd/e.f': 't' });
  });

  test('an explicit empty value of a map is a value', () => {
    const t = template('t', { metadata: { labels: { a: 't' }, annotations: { c: 't' } } });
    const result = graft(pod({}, { labels: { a: '' }, annotations: { c: '' } }), [t]);
    expect(others(result.pod, 'labels')).toEqual({ a: '' });
    expect(others(result.pod, 'annotations')).toEqual({ c: '' });
  });

  test('annotations that are null are made', () => {
    const result = graft(pod({}, { labels: null }), [template('t', { metadata: { labels: { a: 't' } } })]);
    expect(others(result.pod, 'labels')).toEqual({ a: 't' });
  });
});

describe('conflicts between pod and template', () => {
  test.each([
    {
      what: 'a volume of one name and other content',
      pod: { volumes: [{ name: 'v', emptyDir: {} }] },
      template: { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] },
      code: 'PG013',
      field: 'spec.volumes[0]',
    },
    {
      what: 'a volume that is a subset of the other',
      pod: { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] },
      template: { volumes: [{ name: 'v', emptyDir: {} }] },
      code: 'PG013',
      field: 'spec.volumes[0]',
    },
    {
      what: 'a resource claim of one name',
      pod: { resourceClaims: [{ name: 'c', resourceClaimName: 'x' }] },
      template: { resourceClaims: [{ name: 'c', resourceClaimName: 'y' }] },
      code: 'PG013',
      field: 'spec.resourceClaims[0]',
    },
    {
      what: 'os.name',
      pod: { os: { name: 'windows' } },
      template: { os: { name: 'linux' } },
      code: 'PG018',
      field: 'spec.os.name',
    },
    {
      what: 'a Windows pod and a template that adds containers and has no os',
      pod: { os: { name: 'windows' } },
      template: { containers: [{ name: 'log', image: 'log:1' }] },
      code: 'PG018',
      field: 'spec.os.name',
    },
  ])('$what', ({ pod: spec, template: wanted, code, field }) => {
    const result = graft(pod(spec), [template('t', { spec: wanted })]);
    expect(result.codes).toEqual([code]);
    expect(result.problems[0]).toContain(field);
    expect(result.problems[0]).toContain('podgraft-system/t');
  });

  test('more than 64 node affinity terms are refused', () => {
    const terms = (key: string, count: number): JsonObject =>
      required(...Array.from({ length: count }, (_, index) => node(key, String(index))));
    const t = template('t', { spec: terms('disk', 8) });
    expect(graft(pod(terms('zone', 8)), [t]).kind).toBe('graft');
    expect(graft(pod(terms('zone', 9)), [t]).codes).toEqual(['PG019']);
  });

  test('a template without containers and without os is fine for a Windows pod', () => {
    const t = template('t', { spec: { nodeSelector: { a: '1' } } });
    expect(graft(pod({ os: { name: 'windows' } }), [t]).kind).toBe('graft');
  });
});
