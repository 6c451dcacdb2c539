import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { formatProblem } from '../../../src/core/problem.ts';
import { parseTemplate } from '../../../src/core/register/parse-template.ts';
import { defaultSettings } from '../../../src/core/settings.ts';
import { injectionTemplate, parsed, settings, template, yamlObject } from '../../support/fixtures.ts';
import { problemsIn, problemsOf } from '../../support/judge.ts';

const sidecar: JsonObject = { spec: { containers: [{ name: 'log', image: 'log:1' }] } };

describe('what is a template', () => {
  it.each<[string, string]>([
    ['', 'an empty document'],
    ['[a]', 'a list'],
    ['text', 'a string'],
    ['{a: b}', 'an object without kind'],
    ['{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}', 'v1 ConfigMap'],
    ['{kind: ConfigMap}', 'ConfigMap'],
    [
      '{apiVersion: v1, kind: PodTemplate, metadata: {name: a}}',
      'v1 PodTemplate without the label podgraft.dev/is-template: "true"',
    ],
    [
      '{apiVersion: v1, kind: PodTemplate, metadata: {labels: {podgraft.dev/is-template: "false"}}}',
      'v1 PodTemplate without the label podgraft.dev/is-template: "true"',
    ],
    ['{apiVersion: v2, kind: PodTemplate, metadata: {labels: {podgraft.dev/is-template: "true"}}}', 'v2 PodTemplate'],
    ['{apiVersion: v1, kind: Pod, metadata: {labels: {podgraft.dev/is-template: "true"}}}', 'v1 Pod'],
  ])('%s is none: %s', (text, what) => {
    const document = text === '' ? null : (yamlObject(`{d: ${text}}`)['d'] ?? null);
    expect(parseTemplate(document, settings)).toEqual({ kind: 'other', what });
  });

  it.each<[string, string, readonly string[]]>([
    [
      'another version of ours',
      '{apiVersion: podgraft.dev/v2, kind: InjectionTemplate, metadata: {name: a}, spec: {template: {}}}',
      ['PG032 apiVersion'],
    ],
    [
      'a kind of ours, misspelt',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplat, metadata: {name: a}, spec: {template: {}}}',
      ['PG032 kind'],
    ],
    [
      'a kind that is missing',
      '{apiVersion: podgraft.dev/v1alpha1, metadata: {name: a}, spec: {template: {}}}',
      ['PG032 kind'],
    ],
    [
      'a version that is no string',
      '{apiVersion: 1, kind: InjectionTemplate, metadata: {name: a}, spec: {template: {}}}',
      ['PG031 apiVersion'],
    ],
    [
      'a label without quotes',
      '{apiVersion: v1, kind: PodTemplate, metadata: {name: a, labels: {podgraft.dev/is-template: true}}, template: {}}',
      ['PG031 metadata.labels[podgraft.dev/is-template]'],
    ],
    [
      'no spec and no metadata',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate}',
      ['PG033 metadata', 'PG033 spec'],
    ],
    [
      'a spec that is a list',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {name: a}, spec: []}',
      ['PG031 spec'],
    ],
    [
      'no name',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {}, spec: {template: {}}}',
      ['PG033 metadata.name'],
    ],
    [
      'a name with a dot',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {name: a.b}, spec: {template: {}}}',
      ['PG034 metadata.name'],
    ],
    [
      'a name that is a number',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {name: 1}, spec: {template: {}}}',
      ['PG031 metadata.name'],
    ],
    [
      'a name of 64 characters',
      `{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {name: ${'a'.repeat(64)}}, spec: {template: {}}}`,
      ['PG034 metadata.name'],
    ],
    [
      'a namespace',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {name: a, namespace: A}, spec: {template: {}}}',
      ['PG034 metadata.namespace'],
    ],
    [
      'a field beside spec',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {name: a}, sepc: {}, spec: {template: {}}}',
      ['PG030 sepc'],
    ],
    [
      'a status, which is ours',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {name: a}, spec: {template: {}}, status: {anything: 1}}',
      [],
    ],
    [
      'what a cluster adds to the metadata',
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {name: a, uid: u, resourceVersion: "1", generation: 3, creationTimestamp: "2026-01-31T12:00:00Z", managedFields: [{manager: m, fieldsV1: {f: {}}}]}, spec: {template: {}}}',
      [],
    ],
  ])('%s', (_name, text, problems) => {
    expect(problemsOf(yamlObject(text))).toEqual(problems);
  });

  it.each([
    ['a', 'podgraft-system/a'],
    ['team/a', 'team/a'],
  ])('the id of %s is %s', (id, expected) => {
    expect(template(id, {}).id).toBe(expected);
    expect(parseTemplate(injectionTemplate(id, { spec: 1 }), settings)).toMatchObject({
      kind: 'invalid',
      id: expected,
    });
  });

  it('has an id without control characters even where it has no name', () => {
    const document = yamlObject('{kind: InjectionTemplate, metadata: {name: "a\\u0000\\u2028b"}}');
    expect(parseTemplate(document, settings)).toMatchObject({ kind: 'invalid', id: 'podgraft-system/ab' });
    expect(parseTemplate({ kind: 'InjectionTemplate' }, settings)).toMatchObject({ id: 'podgraft-system/?' });
  });
});

describe('the settings of an InjectionTemplate', () => {
  it('are by default those of the specification', () => {
    const { compiled: _compiled, hash: _hash, ...rest } = template('t', {});
    expect(rest).toEqual({
      kind: 'InjectionTemplate',
      namespace: 'podgraft-system',
      name: 't',
      id: 'podgraft-system/t',
      primaryContainerName: 'primary',
      protect: new Set(['image', 'command', 'args', 'resources', 'env']),
      order: 0,
      enforcement: 'Optional',
      conflictPolicy: 'KeepPod',
      sidecars: { lifecycle: 'Auto', lifecycleByName: new Map(), initOrder: 'Last' },
    });
  });

  it('are read', () => {
    const spec = yamlObject(`
      description: Ships logs
      primaryContainerName: main
      protect: [image, command, args]
      match:
        podSelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}
      allowedNamespaces: {matchExpressions: [{key: team, operator: In, values: [a, b]}]}
      order: -3
      enforcement: Required
      conflictPolicy: Deny
      sidecars:
        lifecycle: Native
        lifecycleByName: {log: Container}
        initOrder: First
        resources: {requests: {cpu: 100m}, limits: {cpu: 1}}
    `);
    expect(template('t', sidecar, spec)).toMatchObject({
      description: 'Ships logs',
      primaryContainerName: 'main',
      protect: new Set(['image', 'command', 'args']),
      match: {
        podSelector: [
          { key: 'app', operator: 'In', values: ['web'] },
          { key: 'tier', operator: 'Exists', values: [] },
        ],
        namespaceSelector: [],
      },
      allowedNamespaces: [{ key: 'team', operator: 'In', values: ['a', 'b'] }],
      order: -3,
      enforcement: 'Required',
      conflictPolicy: 'Deny',
      sidecars: {
        lifecycle: 'Native',
        lifecycleByName: new Map([['log', 'Container']]),
        initOrder: 'First',
        resources: { requests: { cpu: '100m' }, limits: { cpu: 1 } },
      },
    });
  });

  it('null and empty ones count as absent', () => {
    const spec = yamlObject(
      '{description: null, primaryContainerName: null, protect: null, match: null, allowedNamespaces: null, order: null, enforcement: null, conflictPolicy: null, sidecars: {lifecycle: null, lifecycleByName: {}, initOrder: null, resources: {requests: {}, limits: null}}}',
    );
    expect(template('t', {}, spec)).toEqual(template('t', {}));
  });

  it('an empty match matches every pod', () => {
    expect(template('t', {}, { match: {} }).match).toEqual({ podSelector: [], namespaceSelector: [] });
  });

  it.each<[string, string, readonly string[]]>([
    ['an unknown one', 'conflictPolice: Deny', ['PG030 spec.conflictPolice']],
    ['K5: an empty primaryContainerName', "primaryContainerName: ''", ['PG034 spec.primaryContainerName']],
    [
      'a primaryContainerName that no container can have',
      'primaryContainerName: A',
      ['PG034 spec.primaryContainerName'],
    ],
    [
      'a primaryContainerName that stands for something else',
      'primaryContainerName: default',
      ['PG034 spec.primaryContainerName'],
    ],
    ['a description of two lines', 'description: "a\\nb"', ['PG034 spec.description']],
    ['protect without args', 'protect: [image, command]', ['PG042 spec.protect']],
    ['protect with nothing', 'protect: []', ['PG042 spec.protect']],
    ['protect with something else', 'protect: [image, command, args, ports]', ['PG032 spec.protect[3]']],
    ['protect with one twice', 'protect: [image, command, args, image]', ['PG035 spec.protect[3]']],
    ['protect that is a string', 'protect: image', ['PG031 spec.protect']],
    ['an order that is a string', "order: '1'", ['PG031 spec.order']],
    ['a policy', 'conflictPolicy: Keep', ['PG032 spec.conflictPolicy']],
    ['Required without match', 'enforcement: Required', ['PG043 spec.enforcement']],
    [
      'a selector’s operator',
      'match: {podSelector: {matchExpressions: [{key: a, operator: Is}]}}',
      ['PG032 spec.match.podSelector.matchExpressions[0].operator'],
    ],
    [
      'a selector’s values',
      'match: {namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}',
      ['PG033 spec.match.namespaceSelector.matchExpressions[0].values'],
    ],
    [
      'a selector’s label',
      'allowedNamespaces: {matchLabels: {"a b": c}}',
      ['PG034 spec.allowedNamespaces.matchLabels[a b]'],
    ],
    ['an unknown selector', 'match: {podselector: {}}', ['PG030 spec.match.podselector']],
    ['a lifecycle', 'sidecars: {lifecycle: native}', ['PG032 spec.sidecars.lifecycle']],
    ['a lifecycle by name', 'sidecars: {lifecycleByName: {log: native}}', ['PG032 spec.sidecars.lifecycleByName.log']],
    [
      'a lifecycle of no sidecar',
      'sidecars: {lifecycleByName: {lgo: Native, primary: Native}}',
      ['PG039 spec.sidecars.lifecycleByName.lgo', 'PG039 spec.sidecars.lifecycleByName.primary'],
    ],
    [
      'presets that are no quantities',
      'sidecars: {resources: {requests: {cpu: many}}}',
      ['PG034 spec.sidecars.resources.requests.cpu'],
    ],
    [
      'presets of something else',
      'sidecars: {resources: {requests: {gpu: 1}}}',
      ['PG034 spec.sidecars.resources.requests.gpu'],
    ],
    [
      'presets with a limit under its request',
      'sidecars: {resources: {requests: {cpu: 2}, limits: {cpu: 1}}}',
      ['PG034 spec.sidecars.resources.requests.cpu'],
    ],
  ])('%s', (_name, spec, problems) => {
    expect(problemsOf(injectionTemplate('t', sidecar, yamlObject(spec)))).toEqual(problems);
  });

  it('K5: a template must be there', () => {
    const document = yamlObject(
      '{apiVersion: podgraft.dev/v1alpha1, kind: InjectionTemplate, metadata: {name: a}, spec: {}}',
    );
    expect(problemsOf(document)).toEqual(['PG033 spec.template']);
  });

  it.each<[string, JsonObject, readonly string[]]>([
    ['a namespaceSelector', { match: { namespaceSelector: {} } }, ['PG038 spec.match.namespaceSelector']],
    ['allowedNamespaces', { allowedNamespaces: {} }, ['PG038 spec.allowedNamespaces']],
    ['a podSelector alone', { match: { podSelector: {} } }, []],
  ])('outside the root namespace: %s', (_name, spec, problems) => {
    expect(problemsOf(injectionTemplate('team/t', {}, spec))).toEqual(problems);
    expect(problemsOf(injectionTemplate('t', {}, spec))).toEqual([]);
  });

  it('Required is refused while it is off', () => {
    const document = injectionTemplate('t', {}, { match: {}, enforcement: 'Required' });
    expect(problemsOf(document)).toEqual([]);
    expect(problemsOf(document, { ...settings, required: { enabled: false } })).toEqual(['PG043 spec.enforcement']);
  });

  it('without match and while it is off, it is told both', () => {
    const document = injectionTemplate('t', {}, { enforcement: 'Required' });
    const result = parseTemplate(document, { ...defaultSettings });
    expect(result.kind === 'invalid' ? result.problems.map(formatProblem) : []).toEqual([
      'spec.enforcement: Forbidden: a Required template must have a match: say which pods need it (podgraft PG043)',
      'spec.enforcement: Forbidden: the operator has not switched Required on (setting required.enabled); use Optional (podgraft PG043)',
    ]);
  });
});

describe('a lifecycle of no sidecar', () => {
  const detail = (sidecars: number): string => {
    const containers = Array.from({ length: sidecars }, (_, index) => ({ name: `helper-${index}`, image: 'a:1' }));
    const spec = { sidecars: { lifecycleByName: { log: 'Native' } } };
    const result = parseTemplate(injectionTemplate('t', { spec: { containers } }, spec), settings);
    return result.kind === 'invalid' ? (result.problems[0]?.detail ?? '') : '';
  };

  it.each([
    [0, 'the template has no sidecar'],
    [2, 'its sidecars are helper-0, helper-1'],
    [
      11,
      'its sidecars are helper-0, helper-1, helper-2, helper-3, helper-4, helper-5, helper-6, helper-7, helper-8, helper-9, …',
    ],
  ])('of %d sidecars', (number, text) => {
    expect(detail(number)).toBe(text);
  });
});

describe('the settings of a PodTemplate', () => {
  const document = (annotations: string, labels = ''): JsonObject =>
    yamlObject(`
      apiVersion: v1
      kind: PodTemplate
      metadata:
        name: t.v1
        labels: {podgraft.dev/is-template: "true", app: x, ${labels}}
        annotations: {note: free, ${annotations}}
      template: {spec: {containers: [{name: default, image: x:1}]}}
    `);

  it('stand in its annotations', () => {
    const annotations =
      'podgraft.dev/primary-container-name: main, podgraft.dev/protect: "image, command,args", podgraft.dev/order: "-5", podgraft.dev/match-labels: "app=web, tier=", ';
    expect(parsed(document(annotations))).toMatchObject({
      kind: 'PodTemplate',
      id: 'podgraft-system/t.v1',
      primaryContainerName: 'main',
      protect: new Set(['image', 'command', 'args']),
      order: -5,
      match: {
        podSelector: [
          { key: 'app', operator: 'In', values: ['web'] },
          { key: 'tier', operator: 'In', values: [''] },
        ],
        namespaceSelector: [],
      },
      enforcement: 'Optional',
      conflictPolicy: 'KeepPod',
    });
  });

  it('are by default those of an InjectionTemplate, and no template need be there', () => {
    const bare = yamlObject(
      '{apiVersion: v1, kind: PodTemplate, metadata: {name: t, labels: {podgraft.dev/is-template: "true"}}}',
    );
    expect({ ...parsed(bare), kind: 'InjectionTemplate' }).toEqual(template('t', {}));
  });

  const at = (name: string): string => `metadata.annotations[podgraft.dev/${name}]`;
  it.each<[string, string, readonly string[]]>([
    ['an unknown one', 'podgraft.dev/protects: image', [`PG030 ${at('protects')}`]],
    ['an empty name', 'podgraft.dev/primary-container-name: ""', [`PG034 ${at('primary-container-name')}`]],
    ['a name', 'podgraft.dev/primary-container-name: noop', [`PG034 ${at('primary-container-name')}`]],
    ['protect without args', 'podgraft.dev/protect: "image,command"', [`PG042 ${at('protect')}`]],
    ['protect with something else', 'podgraft.dev/protect: "image,command,args,ports"', [`PG032 ${at('protect')}`]],
    ['protect with one twice', 'podgraft.dev/protect: "image,command,args,image"', [`PG035 ${at('protect')}`]],
    ['an order', 'podgraft.dev/order: first', [`PG034 ${at('order')}`]],
    ['an order beyond int32', 'podgraft.dev/order: "2147483648"', [`PG034 ${at('order')}`]],
    ['an order without quotes', 'podgraft.dev/order: 5', [`PG031 ${at('order')}`]],
    [
      'no labels to match, which would be every pod',
      'podgraft.dev/match-labels: " , "',
      [`PG034 ${at('match-labels')}`],
    ],
    ['a label without a value', 'podgraft.dev/match-labels: app', [`PG034 ${at('match-labels')}`]],
    ['a label’s key', 'podgraft.dev/match-labels: "a b=c"', [`PG034 ${at('match-labels')}`]],
    ['a label’s value', 'podgraft.dev/match-labels: "a=b=c"', [`PG034 ${at('match-labels')}`]],
    ['a label twice', 'podgraft.dev/match-labels: "a=b,a=c"', [`PG035 ${at('match-labels')}`]],
  ])('%s', (_name, annotations, problems) => {
    expect(problemsOf(document(annotations))).toEqual(problems);
  });

  it.each<[string, number]>([
    ['0', 0],
    ['12', 12],
    ['+12', 12],
    ['2147483647', 2147483647],
    ['-2147483648', -2147483648],
  ])('the order %s', (text, order) => {
    expect(parsed(document(`podgraft.dev/order: "${text}"`))).toMatchObject({ order });
  });

  it.each(['-2147483649', '1.5', '1e1', '0x1', ' 1', '1 ', '00000000001', '-', ''])('the order %j is none', (text) => {
    expect(problemsOf(document(`podgraft.dev/order: "${text}"`))).toEqual([`PG034 ${at('order')}`]);
  });

  it('labels to match may have spaces around them, and a comma too many', () => {
    const { match } = parsed(document('podgraft.dev/match-labels: " app = web ,tier=x, "'));
    expect(match?.podSelector).toEqual([
      { key: 'app', operator: 'In', values: ['web'] },
      { key: 'tier', operator: 'In', values: ['x'] },
    ]);
  });

  it('a label of ours that means nothing is refused too', () => {
    expect(problemsOf(document('', 'podgraft.dev/order: "1"'))).toEqual(['PG030 metadata.labels[podgraft.dev/order]']);
  });

  it('its paths begin at the document', () => {
    const bad = yamlObject(
      '{apiVersion: v1, kind: PodTemplate, metadata: {name: t, labels: {podgraft.dev/is-template: "true"}}, template: {spec: {nodeName: n, containers: [{name: a}]}}}',
    );
    expect(problemsOf(bad)).toEqual(['PG036 template.spec.nodeName', 'PG041 template.spec.containers[0].image']);
  });
});

describe('special entries', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'where they belong',
      'spec: {containers: [{name: primary}, {name: default}, {name: noop}], initContainers: [{name: default-init}, {name: primary-init}]}',
      [],
    ],
    [
      'in the other list',
      'spec: {containers: [{name: default-init, image: a:1}, {name: primary-init, image: a:1}], initContainers: [{name: default, image: a:1}, {name: noop, image: a:1}, {name: primary, image: a:1}]}',
      [
        'PG040 spec.containers[0].name',
        'PG040 spec.containers[1].name',
        'PG040 spec.initContainers[0].name',
        'PG040 spec.initContainers[1].name',
        'PG040 spec.initContainers[2].name',
      ],
    ],
    ['a sidecar without an image', 'spec: {containers: [{name: log}]}', ['PG041 spec.containers[0].image']],
    [
      'a sidecar with an empty image',
      "spec: {containers: [{name: log, image: ''}]}",
      ['PG041 spec.containers[0].image'],
    ],
    [
      'an init container without an image',
      'spec: {initContainers: [{name: prepare, image: null}]}',
      ['PG041 spec.initContainers[0].image'],
    ],
    [
      'a container without name and image',
      'spec: {containers: [{}]}',
      ['PG033 spec.containers[0].name', 'PG041 spec.containers[0].image'],
    ],
    [
      'one name in both lists',
      'spec: {initContainers: [{name: a, image: a:1}], containers: [{name: a, image: a:1}]}',
      ['PG035 spec.initContainers[0].name'],
    ],
    [
      'a primary entry twice',
      'spec: {containers: [{name: primary}, {name: primary}]}',
      ['PG035 spec.containers[1].name'],
    ],
  ])('%s', (_name, podTemplate, problems) => {
    expect(problemsIn(podTemplate)).toEqual(problems);
  });

  it('says where an entry may stand, and which list has the other of a name', () => {
    const podTemplate =
      'spec: {containers: [{name: default-init}, {name: a, image: a:1}], initContainers: [{name: noop}, {name: a, image: a:1}]}';
    const result = parseTemplate(injectionTemplate('t', yamlObject(podTemplate)), settings);
    expect(result.kind === 'invalid' ? result.problems.map(formatProblem) : []).toEqual([
      expect.stringMatching(/containers\[0\].name: Forbidden: "default-init": it may stand in initContainers only/),
      expect.stringMatching(/initContainers\[0\].name: Forbidden: "noop": it may stand in containers only/),
      expect.stringMatching(/initContainers\[1\].name: Duplicate value: "a": containers has a container of that name/),
    ]);
  });

  it('the primary entry has the name that primaryContainerName says', () => {
    const podTemplate = 'spec: {containers: [{name: main}, {name: primary}]}';
    expect(problemsIn(podTemplate, { primaryContainerName: 'main' })).toEqual(['PG041 spec.containers[1].image']);
  });
});

describe('all at once', () => {
  it('H6, H7: two sidecars of one name, and a limit under its request', () => {
    const podTemplate = `
      spec:
        containers:
          - {name: s, image: s:1}
          - {name: s, image: s:2, resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}`;
    expect(problemsIn(podTemplate)).toEqual([
      'PG035 spec.containers[1].name',
      'PG034 spec.containers[1].resources.requests.memory',
    ]);
  });

  it('P7: four different mistakes, in the order of the document, each once', () => {
    const document = yamlObject(`
      apiVersion: podgraft.dev/v1alpha1
      kind: InjectionTemplate
      metadata: {name: t}
      spec:
        template:
          spec:
            volumes:
              - {name: v, emptyDir: {}}
              - {name: v, emptyDir: {}}
            containers:
              - {name: log, image: log:1, ports: [{containerPort: http}]}
              - {name: ship}
            nodeName: n
        order: 1.5
    `);
    expect(problemsOf(document)).toEqual([
      'PG035 spec.template.spec.volumes[1].name',
      'PG031 spec.template.spec.containers[0].ports[0].containerPort',
      'PG041 spec.template.spec.containers[1].image',
      'PG036 spec.template.spec.nodeName',
      'PG031 spec.order',
    ]);
  });

  it('each problem names the template', () => {
    const result = parseTemplate(injectionTemplate('team/t', { spec: 1 }), settings);
    expect(result.kind === 'invalid' && result.problems.every((problem) => problem.template === 'team/t')).toBe(true);
  });
});
