import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { Template } from '../../../../src/core/template.ts';
import { throughServer } from '../../../support/api-server.ts';
import { pod, template } from '../../../support/fixtures.ts';
import { at, decide, graft } from '../../../support/graft.ts';

const deny = { conflictPolicy: 'Deny' };
const open = { protect: ['image', 'command', 'args'] };
const asked = (conflictPolicy: string, podTemplate: JsonObject, settings: JsonObject = {}): Template =>
  template('t', podTemplate, { conflictPolicy, ...settings });
const primary = (entry: JsonObject): JsonObject => ({ spec: { containers: [{ name: 'primary', ...entry }] } });
const main = (container: JsonObject): JsonObject =>
  pod({ containers: [{ name: 'main', image: 'app:1', ...container }] });

interface Case {
  readonly what: string;
  readonly pod: JsonObject;
  readonly template: JsonObject;
  readonly settings?: JsonObject;
  /** Where the two differ, as the API server prints it. */
  readonly field: string;
}

const cases: readonly Case[] = [
  { what: 'a scalar', pod: pod({ hostname: 'p' }), template: { spec: { hostname: 't' } }, field: 'spec.hostname' },
  {
    what: 'a label',
    pod: pod({}, { labels: { 'a/b': 'p' } }),
    template: { metadata: { labels: { 'a/b': 't' } } },
    field: 'metadata.labels[a/b]',
  },
  {
    what: 'an annotation',
    pod: pod({}, { annotations: { a: 'p' } }),
    template: { metadata: { annotations: { a: 't' } } },
    field: 'metadata.annotations.a',
  },
  {
    what: 'a key of nodeSelector',
    pod: pod({ nodeSelector: { disk: 'p' } }),
    template: { spec: { nodeSelector: { disk: 't' } } },
    field: 'spec.nodeSelector.disk',
  },
  {
    what: 'an atomic list',
    pod: pod({ securityContext: { supplementalGroups: [1] } }),
    template: { spec: { securityContext: { supplementalGroups: [2] } } },
    field: 'spec.securityContext.supplementalGroups',
  },
  {
    what: 'a probe',
    pod: main({ livenessProbe: { tcpSocket: { port: 1 } } }),
    template: primary({ livenessProbe: { tcpSocket: { port: 2 } } }),
    field: 'spec.containers[0].livenessProbe',
  },
  {
    what: 'capabilities',
    pod: main({ securityContext: { capabilities: { add: ['A'] } } }),
    template: primary({ securityContext: { capabilities: { add: ['B'] } } }),
    field: 'spec.containers[0].securityContext.capabilities',
  },
  {
    what: 'an env entry',
    pod: main({ env: [{ name: 'A', value: 'p' }] }),
    template: primary({ env: [{ name: 'A', value: 't' }] }),
    settings: open,
    field: 'spec.containers[0].env[0]',
  },
  {
    what: 'a resource',
    pod: main({ resources: { limits: { cpu: '1' } } }),
    template: primary({ resources: { limits: { cpu: '2' } } }),
    settings: open,
    field: 'spec.containers[0].resources.limits.cpu',
  },
  {
    what: 'a topology spread constraint',
    pod: pod({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }] }),
    template: {
      spec: { topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }] },
    },
    field: 'spec.topologySpreadConstraints[0]',
  },
  {
    what: 'a DNS option',
    pod: pod({ dnsConfig: { options: [{ name: 'ndots', value: '1' }] } }),
    template: { spec: { dnsConfig: { options: [{ name: 'ndots', value: '2' }] } } },
    field: 'spec.dnsConfig.options[0]',
  },
];

describe('where pod and template differ on what stands or falls whole', () => {
  test.each(cases)(
    "KeepPod keeps the pod's, with a warning: $what",
    ({ pod: given, template: wanted, settings, field }) => {
      const result = graft(given, [asked('KeepPod', wanted, settings)]);
      expect(result.kind).toBe('graft');
      expect(result.pod['spec']).toEqual(given['spec']);
      expect(result.warnings).toHaveLength(1);
      expect(result.warnings[0]).toContain(field);
      expect(result.outcome).toMatchObject({ graft: { kept: [{ template: 'podgraft-system/t' }] } });
    },
  );

  test.each(cases)('Deny makes it a conflict: $what', ({ pod: given, template: wanted, settings, field }) => {
    const result = graft(given, [asked('Deny', wanted, settings)]);
    expect(result.codes).toEqual(['PG011']);
    expect(result.problems[0]).toContain(field);
    expect(result.problems[0]).toContain('podgraft-system/t');
  });

  test.each(cases)('the contents of neither are told: $what', ({ pod: given, template: wanted, settings }) => {
    const secret = (value: JsonObject): JsonObject =>
      JSON.parse(JSON.stringify(value).replaceAll(/"value":"[pt]"/g, '"value":"hunter2"')) as JsonObject;
    const hidden = secret(given);
    const result = graft(hidden, [asked('Deny', wanted, settings)]);
    expect([...result.problems, ...result.warnings].join('\n')).not.toContain('hunter2');
  });
});

describe('where they agree', () => {
  test.each([
    { what: 'equal', pod: main({ workingDir: '/w' }), template: primary({ workingDir: '/w' }) },
    {
      what: 'equal quantities written otherwise',
      pod: main({ resources: { limits: { cpu: '500m', memory: '1Gi' } } }),
      template: primary({ resources: { limits: { cpu: '0.5', memory: '1024Mi' } } }),
      settings: open,
    },
    {
      what: 'equal after defaults',
      pod: main({ livenessProbe: { tcpSocket: { port: 1 }, periodSeconds: 10, timeoutSeconds: 1 } }),
      template: primary({ livenessProbe: { tcpSocket: { port: 1 } } }),
    },
    {
      what: "the pod's value is the server's default",
      pod: throughServer(pod()),
      template: { spec: { schedulerName: 'x', terminationGracePeriodSeconds: 1 } },
    },
  ])('nothing is denied: $what', ({ pod: given, template: wanted, settings }) => {
    const result = graft(given, [asked('Deny', wanted, settings)]);
    expect(result).toMatchObject({ kind: 'graft', warnings: [] });
  });
});

describe('what Deny does not cover', () => {
  test("restartPolicy of a controller's pod stands with a warning", () => {
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }];
    const given = pod({ restartPolicy: 'OnFailure' }, { ownerReferences });
    const result = graft(given, [template('t', { spec: { restartPolicy: 'Never' } }, deny)]);
    expect(result).toMatchObject({ kind: 'graft' });
    expect(result.warnings.join('\n')).toContain('restartPolicy');
  });

  test('a field that the mark lists under that template, and that a webhook has changed since, stands', () => {
    const t = template('t', { spec: { hostname: 't' } }, deny);
    const once = graft(pod(), [t]).pod;
    const changed = { ...once, spec: { ...(once['spec'] as JsonObject), hostname: 'changed' } };
    const result = decide(changed, [t]);
    expect(result).toMatchObject({ kind: 'graft', patch: [] });
    expect(at(result.pod, 'spec', 'hostname')).toBe('changed');
  });

  test('tolerations, affinity terms and other lists that unite can not differ', () => {
    const t = template('t', { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } }, deny);
    const given = pod({ tolerations: [{ key: 'a', operator: 'Equal', value: 'b' }] });
    expect(graft(given, [t]).kind).toBe('graft');
  });
});

describe('a default or Optional matched template that denies a difference', () => {
  const around = { namespace: { name: 'app', labels: { 'podgraft.dev/injection': 'enabled' }, annotations: {} } };

  test('refuses the pod', () => {
    const t = template('t', { spec: { hostname: 't' } }, { ...deny, match: {} });
    expect(decide(pod({ hostname: 'p' }), [t], around).codes).toEqual(['PG011']);
  });
});
