import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { formatProblem } from '../../../src/core/problem.ts';
import { parseTemplate } from '../../../src/core/register/parse-template.ts';
import { capabilitiesToAllow, defaultSettings } from '../../../src/core/settings.ts';
import { injectionTemplate, settings, yamlObject } from '../../support/fixtures.ts';
import { problemsIn, problemsOf } from '../../support/judge.ts';

describe('what no template may set', () => {
  it.each<[string, string, readonly string[]]>([
    ['nodeName', 'spec: {nodeName: n}', ['PG036 spec.nodeName']],
    ['ephemeralContainers', 'spec: {ephemeralContainers: [{name: a, image: a:1}]}', ['PG036 spec.ephemeralContainers']],
    ['priority', 'spec: {priority: 0}', ['PG036 spec.priority']],
    ['preemptionPolicy', 'spec: {preemptionPolicy: Never}', ['PG036 spec.preemptionPolicy']],
    ['overhead', 'spec: {overhead: {cpu: 1}}', ['PG036 spec.overhead']],
    ['what counts as unset', "spec: {nodeName: '', ephemeralContainers: [], overhead: {}, priority: null}", []],
    ['a name', 'metadata: {name: n}', ['PG036 metadata.name']],
    ['owners', 'metadata: {ownerReferences: []}', ['PG036 metadata.ownerReferences']],
    ['a null creationTimestamp', 'metadata: {creationTimestamp: null, labels: {a: b}}', []],
    [
      'a label of ours',
      'metadata: {labels: {podgraft.dev/template: t}}',
      ['PG037 metadata.labels[podgraft.dev/template]'],
    ],
    [
      'an annotation of ours',
      'metadata: {annotations: {podgraft.dev/injected: "{}"}}',
      ['PG037 metadata.annotations[podgraft.dev/injected]'],
    ],
    [
      'the mirror annotation',
      'metadata: {annotations: {kubernetes.io/config.mirror: x}}',
      ['PG037 metadata.annotations[kubernetes.io/config.mirror]'],
    ],
    [
      'Flyte’s annotation',
      'metadata: {annotations: {primary_container_name: x}}',
      ['PG037 metadata.annotations.primary_container_name'],
    ],
    ['metadata that is no object', 'metadata: x', ['PG031 metadata']],
    ['labels that are no object', 'metadata: {labels: x}', ['PG031 metadata.labels']],
  ])('%s', (_name, podTemplate, problems) => {
    expect(problemsIn(podTemplate)).toEqual(problems);
  });

  it('the key __proto__, wherever it stands, once', () => {
    const document = JSON.parse(`{
      "apiVersion": "podgraft.dev/v1alpha1", "kind": "InjectionTemplate",
      "metadata": {"name": "t", "__proto__": 1},
      "spec": {"__proto__": {}, "sidecars": {"lifecycleByName": {"__proto__": "Native"}}, "template": {
        "metadata": {"__proto__": {}, "labels": {"__proto__": "x"}},
        "spec": {"__proto__": {}, "volumes": [{"name": "v", "__proto__": {}}]}
      }}
    }`) as JsonObject;
    expect(problemsOf(document)).toEqual([
      'PG037 metadata.__proto__',
      'PG037 spec.__proto__',
      'PG037 spec.sidecars.lifecycleByName.__proto__',
      'PG037 spec.template.metadata.__proto__',
      'PG037 spec.template.metadata.labels.__proto__',
      'PG037 spec.template.spec.__proto__',
      'PG037 spec.template.spec.volumes[0].__proto__',
    ]);
  });

  it('other keys that objects have by nature are data', () => {
    const podTemplate = 'metadata: {labels: {constructor: a, toString: b, hasOwnProperty: c}}';
    expect(problemsIn(podTemplate)).toEqual([]);
    expect(problemsIn('spec: {constructor: {}}')).toEqual(['PG030 spec.constructor']);
  });
});

describe('what the operator must have allowed', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    [
      'privileged',
      'spec: {containers: [{name: a, image: a:1, securityContext: {privileged: true}}]}',
      'spec.containers[0].securityContext.privileged',
    ],
    [
      'privileged',
      'spec: {containers: [{name: default, securityContext: {privileged: true}}]}',
      'spec.containers[0].securityContext.privileged',
    ],
    [
      'capabilities',
      'spec: {containers: [{name: primary, securityContext: {capabilities: {add: [NET_ADMIN]}}}]}',
      'spec.containers[0].securityContext.capabilities.add',
    ],
    ['hostNamespaces', 'spec: {hostNetwork: true}', 'spec.hostNetwork'],
    ['hostNamespaces', 'spec: {hostPID: true}', 'spec.hostPID'],
    ['hostNamespaces', 'spec: {hostIPC: true}', 'spec.hostIPC'],
    ['hostPath', 'spec: {volumes: [{name: v, hostPath: {path: /a}}]}', 'spec.volumes[0].hostPath'],
    [
      'hostPorts',
      'spec: {containers: [{name: a, image: a:1, ports: [{containerPort: 1}, {containerPort: 2, hostPort: 2}]}]}',
      'spec.containers[0].ports[1].hostPort',
    ],
    ['serviceAccountName', 'spec: {serviceAccountName: a}', 'spec.serviceAccountName'],
    ['serviceAccountName', 'spec: {serviceAccount: a}', 'spec.serviceAccount'],
    ['shareProcessNamespace', 'spec: {shareProcessNamespace: true}', 'spec.shareProcessNamespace'],
  ];

  it.each(rows)('%s: %s', (allowance, podTemplate, path) => {
    const others = capabilitiesToAllow.filter((name) => name !== allowance);
    expect(problemsIn(podTemplate, {}, { ...settings, allow: others })).toEqual([`PG044 ${path}`]);
    expect(problemsIn(podTemplate, {}, { ...settings, allow: [...others, ...capabilitiesToAllow] })).toEqual([]);
  });

  it.each([
    [
      'a hostProcess container',
      'spec: {os: {name: windows}, hostNetwork: true, containers: [{name: a, image: a:1, securityContext: {windowsOptions: {hostProcess: true}}}]}',
      'spec.containers[0].securityContext.windowsOptions.hostProcess',
    ],
    [
      'a hostProcess pod',
      'spec: {os: {name: windows}, hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}}',
      'spec.securityContext.windowsOptions.hostProcess',
    ],
  ])('%s is as privileged as one can be', (_name, podTemplate, path) => {
    const allow = capabilitiesToAllow.filter((name) => name !== 'privileged');
    expect(problemsIn(podTemplate, {}, { ...settings, allow })).toEqual([`PG044 ${path}`]);
  });

  it.each([
    'spec: {hostNetwork: false, shareProcessNamespace: false, serviceAccountName: ""}',
    'spec: {containers: [{name: a, image: a:1, securityContext: {privileged: false, capabilities: {drop: [ALL]}}, ports: [{containerPort: 1, hostPort: 0}]}]}',
    'spec: {containers: [{name: noop, securityContext: {privileged: true}}]}',
  ])('nothing must be allowed for %s', (podTemplate) => {
    expect(problemsIn(podTemplate, {}, defaultSettings)).toEqual([]);
  });

  it('says what to allow, and for whom', () => {
    const document = (id: string): readonly string[] => {
      const result = parseTemplate(injectionTemplate(id, { spec: { hostPID: true } }), defaultSettings);
      return result.kind === 'invalid' ? result.problems.map(formatProblem) : [];
    };
    expect(document('t')).toEqual([
      'spec.template.spec.hostPID: Forbidden: the operator has not allowed it to templates of the root namespace; leave it out, or have hostNamespaces put into the setting allow (podgraft PG044)',
    ]);
    expect(document('team/t')).toEqual([
      'spec.template.spec.hostPID: Forbidden: the operator has not allowed it to templates outside the root namespace; leave it out, or have hostNamespaces put into the setting allowNamespaced (podgraft PG044)',
    ]);
  });

  it('what is allowed in the root namespace isn’t allowed elsewhere', () => {
    const given = { ...defaultSettings, allow: ['hostNamespaces' as const] };
    expect(problemsOf(injectionTemplate('t', { spec: { hostPID: true } }), given)).toEqual([]);
    expect(problemsOf(injectionTemplate('team/t', { spec: { hostPID: true } }), given)).toEqual([
      'PG044 spec.template.spec.hostPID',
    ]);
  });
});

describe('the size of a template', () => {
  const annotated = (bytes: number): JsonObject =>
    injectionTemplate('t', { spec: { containers: [{ name: 'primary', args: ['x'.repeat(bytes)] }] } });

  it('256 KiB of canonical JSON is the most', () => {
    const empty = JSON.stringify(annotated(0)).length;
    const limit = 256 * 1024;
    expect(problemsOf(annotated(limit - empty))).toEqual([]);
    expect(problemsOf(annotated(limit - empty + 1))).toEqual(['PG045 ']);
  });

  it('one that makes a patch larger than any that is sent can’t be grafted onto any pod', () => {
    const added = (bytes: number): JsonObject =>
      injectionTemplate('t', { spec: { containers: [{ name: 'a', image: 'a', args: ['x'.repeat(bytes)] }] } });
    const bytes = 256 * 1024 - JSON.stringify(added(0)).length;
    expect(problemsOf(added(bytes))).toEqual(['PG046 spec.template']);
  });

  it('what a cluster adds doesn’t count', () => {
    const small = annotated(0);
    const filled = {
      ...small,
      status: { x: 'x'.repeat(300_000) },
      metadata: { name: 't', managedFields: [{ manager: 'm'.repeat(300_000) }] },
    };
    expect(problemsOf(filled)).toEqual([]);
  });

  it('nor may it be nested deeper than anything in Kubernetes is', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`) as JsonObject;
    expect(problemsOf({ ...injectionTemplate('t', {}), status: deep })).toEqual(['PG045 ']);
  });
});

describe('the trial', () => {
  it.each<[string, string]>([
    ['lends volumes', 'spec: {containers: [{name: a, image: a:1, volumeMounts: [{name: v, mountPath: /a}]}]}'],
    ['lends volumes for devices', 'spec: {containers: [{name: primary, volumeDevices: [{name: v, devicePath: /a}]}]}'],
    [
      'lends volumes for files of variables',
      'spec: {containers: [{name: a, image: a:1, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: p, key: k}}}]}]}',
    ],
    ['lends claims', 'spec: {containers: [{name: a, image: a:1, resources: {claims: [{name: c}]}}]}'],
  ])('%s', (_name, podTemplate) => {
    expect(problemsIn(podTemplate)).toEqual([]);
  });

  it('refuses what no pod could be made of', () => {
    const terms = Array.from({ length: 65 }, (_, index) => ({
      matchExpressions: [{ key: 'a', operator: 'In', values: [`v${index}`] }],
    }));
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } };
    const result = parseTemplate(injectionTemplate('t', { spec: { affinity } }), settings);
    const problems = result.kind === 'invalid' ? result.problems.map(formatProblem) : [];
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^spec\.template: Invalid value: a pod with nothing but one container would be refused: spec.*PG019/,
    );
  });

  it.each(['kube-system/t', 'team/t', 't'])('takes place whatever namespace %s stands in', (id) => {
    const stricter = {
      ...settings,
      excludedNamespaces: ['team', 'podgraft-system-trial'],
      reusable: { selectors: [[]], ownerKinds: [] },
    };
    const bad = {
      spec: {
        containers: [
          { name: 'primary', volumeMounts: [{ name: 'v', mountPath: '/a', mountPropagation: 'Bidirectional' }] },
        ],
      },
    };
    expect(problemsOf(injectionTemplate(id, bad), stricter)).toEqual(['PG046 spec.template']);
    expect(problemsOf(injectionTemplate(id, {}), stricter)).toEqual([]);
  });

  it('a template that only some namespaces may use is tried like any other', () => {
    const spec = yamlObject(
      '{allowedNamespaces: {matchLabels: {team: a}}, match: {podSelector: {matchLabels: {a: b}}}}',
    );
    expect(problemsOf(injectionTemplate('t', { metadata: { labels: { x: 'y' } } }, spec))).toEqual([]);
  });
});
