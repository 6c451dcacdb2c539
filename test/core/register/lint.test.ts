import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { findOverlaps } from '../../../src/core/register/overlaps.ts';
import { parseTemplate } from '../../../src/core/register/parse-template.ts';
import type { Template } from '../../../src/core/template.ts';
import { injectionTemplate, parsed, settings, template, yamlObject } from '../../support/fixtures.ts';
import { warningsIn, warningsOf } from '../../support/judge.ts';

const good =
  'image: a:1, resources: {requests: {cpu: 1, memory: 1Gi}}, securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}';
/** A template of one faultless sidecar with these fields besides. */
const sidecar = (fields: string, spec = ''): string => `spec: {containers: [{name: a, ${good}, ${fields}}]${spec}}`;
const at = 'spec.containers[0]';

/** The texts of a template's warnings. */
function texts(podTemplate: string, spec: JsonObject = {}): string {
  const result = parseTemplate(injectionTemplate('t', yamlObject(podTemplate), spec), settings);
  return result.kind === 'template'
    ? result
        .lint()
        .map(({ detail }) => detail)
        .join('\n')
    : '';
}

describe('what an admin is warned of', () => {
  it.each<[string, string, readonly string[]]>([
    ['nothing, of a faultless template', sidecar(''), []],
    [
      'PG101: protected fields',
      'spec: {containers: [{name: primary, image: a:1, command: [a], args: [b], env: [], envFrom: [], resources: {}, workingDir: /a}]}',
      [
        'PG101 spec.containers[0].image',
        'PG101 spec.containers[0].command',
        'PG101 spec.containers[0].args',
        'PG101 spec.containers[0].env',
        'PG101 spec.containers[0].envFrom',
        'PG101 spec.containers[0].resources',
      ],
    ],
    [
      'PG101: in entries for all containers',
      'spec: {containers: [{name: default, image: a:1}], initContainers: [{name: default-init, image: a:1, args: null}]}',
      ['PG101 spec.containers[0].image', 'PG101 spec.initContainers[0].image'],
    ],
    [
      'PG102: neither requests nor limits',
      sidecar('').replace('requests: {cpu: 1, memory: 1Gi}', ''),
      [`PG102 ${at}.resources`],
    ],
    [
      'PG102: neither for memory',
      sidecar('').replace('requests: {cpu: 1, memory: 1Gi}', 'limits: {cpu: 1}'),
      [`PG102 ${at}.resources`],
    ],
    [
      'PG102: requests for one and limits for the other are enough',
      sidecar('').replace('requests: {cpu: 1, memory: 1Gi}', 'limits: {cpu: 1}, requests: {memory: 1Gi}'),
      [],
    ],
    [
      'PG102: not for init containers',
      `spec: {initContainers: [{name: i, ${good.replace('requests: {cpu: 1, memory: 1Gi}', '')}}]}`,
      [],
    ],
    ['PG103: no tag', sidecar('').replace('a:1', 'registry:5000/a'), [`PG103 ${at}.image`]],
    ['PG103: latest', sidecar('').replace('a:1', 'a:latest'), [`PG103 ${at}.image`]],
    ['PG103: a digest is as good as a tag', sidecar('').replace('a:1', `"a:latest@sha256:${'0'.repeat(64)}"`), []],
    ['PG104: more than restricted', 'spec: {hostNetwork: true}', ['PG104 spec.hostNetwork']],
    [
      'PG105: a volume that nobody mounts',
      'spec: {volumes: [{name: v}, {name: w}], containers: [{name: primary, volumeMounts: [{name: w, mountPath: /w}]}]}',
      ['PG105 spec.volumes[0]'],
    ],
    [
      'PG105: a volume that is used otherwise',
      sidecar(
        'volumeDevices: [{name: d, devicePath: /d}], env: [{name: A, valueFrom: {fileKeyRef: {volumeName: e, path: p, key: k}}}]',
        ', volumes: [{name: d, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}, {name: e}]',
      ),
      [],
    ],
    [
      'PG106: a mount of a volume from elsewhere',
      sidecar('volumeMounts: [{name: v, mountPath: /v}]'),
      [`PG106 ${at}.volumeMounts[0].name`],
    ],
    [
      'PG108: objects that must exist, each once',
      sidecar(
        'envFrom: [{configMapRef: {name: c}}, {secretRef: {name: s, optional: true}}], env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}, {name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}], volumeMounts: [{name: v, mountPath: /v}]',
        ', volumes: [{name: v, persistentVolumeClaim: {claimName: p}}], imagePullSecrets: [{name: pull}]',
      ),
      [
        `PG108 ${at}.envFrom[0].configMapRef.name`,
        `PG108 ${at}.env[1].valueFrom.secretKeyRef.name`,
        'PG108 spec.volumes[0].persistentVolumeClaim.claimName',
        'PG108 spec.imagePullSecrets[0].name',
      ],
    ],
    [
      'PG108: objects in a projection',
      sidecar(
        'volumeMounts: [{name: v, mountPath: /v}]',
        ', volumes: [{name: v, projected: {sources: [{configMap: {name: kube-root-ca.crt}}, {secret: {name: s}}]}}]',
      ),
      ['PG108 spec.volumes[0].projected.sources[1].secret.name'],
    ],
    [
      'PG108: not what is protected',
      'spec: {containers: [{name: primary, envFrom: [{secretRef: {name: s}}]}]}',
      ['PG101 spec.containers[0].envFrom'],
    ],
    [
      'PG108, PG109: an account',
      'spec: {serviceAccountName: robot}',
      ['PG108 spec.serviceAccountName', 'PG109 spec.serviceAccountName'],
    ],
    [
      'PG109: not with pull secrets',
      'spec: {serviceAccount: default, imagePullSecrets: [{name: pull}]}',
      ['PG108 spec.imagePullSecrets[0].name'],
    ],
    [
      'PG112: entries without effect',
      'spec: {initContainers: [{name: primary-init}], containers: [{name: noop}]}',
      ['PG112 spec.initContainers[0]', 'PG112 spec.containers[0]'],
    ],
  ])('%s', (_name, podTemplate, warnings) => {
    expect(warningsIn(podTemplate)).toEqual(warnings);
  });

  it.each<[string, JsonObject, readonly string[]]>([
    [
      'PG102: not with presets for both',
      { sidecars: { resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } } },
      [],
    ],
    [
      'PG102: but with presets for one',
      { sidecars: { resources: { requests: { cpu: '1' } } } },
      [`PG102 ${at}.resources`],
    ],
  ])('%s', (_name, spec, warnings) => {
    expect(warningsIn(sidecar('').replace('requests: {cpu: 1, memory: 1Gi}', ''), spec)).toEqual(warnings);
  });

  it('PG102: not with presets of the operator', () => {
    const podTemplate = sidecar('').replace('requests: {cpu: 1, memory: 1Gi}', '');
    const sidecarResources = { limits: { cpu: '1', memory: '1Gi' } };
    expect(warningsIn(podTemplate, {}, { ...settings, sidecarResources })).toEqual([]);
  });

  it.each<[string, JsonObject, readonly string[]]>([
    [
      'PG111: a Required podSelector',
      { match: { podSelector: { matchLabels: { a: 'b' } } }, enforcement: 'Required' },
      ['PG111 spec.match.podSelector'],
    ],
    ['PG111: not an empty one', { match: {}, enforcement: 'Required' }, []],
    ['PG111: not an Optional one', { match: { podSelector: { matchLabels: { a: 'b' } } } }, []],
    ['PG114: an order without match', { order: 1 }, ['PG114 spec.order']],
    ['PG114: not with match', { order: 1, match: {} }, []],
  ])('%s', (_name, spec, warnings) => {
    expect(warningsIn('{}', spec)).toEqual(warnings);
  });

  it('a PodTemplate must have images, and is not warned of them', () => {
    const document = yamlObject(`
      apiVersion: v1
      kind: PodTemplate
      metadata: {name: t, labels: {podgraft.dev/is-template: "true"}, annotations: {podgraft.dev/order: "1"}}
      template: {spec: {containers: [{name: default, image: placeholder, args: [a]}]}}
    `);
    expect(warningsOf(document)).toEqual([
      'PG114 metadata.annotations[podgraft.dev/order]',
      'PG101 template.spec.containers[0].args',
    ]);
  });

  it('PG101: of what need not be protected, says that', () => {
    const advice = (field: string): boolean =>
      texts(`spec: {containers: [{name: primary, ${field}}]}`).includes('take it out, or take');
    const fields = ['env: [{name: A}]', 'envFrom: [{configMapRef: {name: c}}]', 'resources: {limits: {cpu: 1}}'];
    expect(fields.map(advice)).toEqual([true, true, true]);
    expect(['image: a:1', 'command: [a]', 'args: [a]'].map(advice)).toEqual([false, false, false]);
  });

  it('says the level, and why, but not everything', () => {
    expect(texts('spec: {containers: [{name: a, image: a:1, resources: {limits: {cpu: 1, memory: 1Gi}}}]}')).toBe(
      `its pods need the Pod Security level baseline: container "a" doesn't set runAsNonRoot: true; container "a" doesn't set allowPrivilegeEscalation: false; container "a" doesn't drop the capabilities ALL; and 1 more`,
    );
  });

  it('says in which namespace an object must exist', () => {
    const spec = { imagePullSecrets: [{ name: 's' }] };
    const detail = (id: string): unknown => {
      const result = parseTemplate(injectionTemplate(id, { spec }), settings);
      return result.kind === 'template' ? result.lint().map((warning) => warning.detail) : [];
    };
    expect(detail('t')).toEqual(['the Secret "s" must exist in each namespace that uses the template']);
    expect(detail('team/t')).toEqual(['the Secret "s" must exist in namespace team']);
  });
});

describe('PG107: literal values that look like secrets', () => {
  const env = (name: string, value: string): string =>
    sidecar(`env: [{name: ${name}, value: ${JSON.stringify(value)}}]`);
  const pem = ['-----BEGIN RSA PRIVATE', 'KEY-----'].join(' ');
  it.each([
    ['DB_PASSWORD', 'hunter2'],
    ['apiToken', 'hunter2'],
    ['AWS_SECRET_ACCESS_KEY', 'hunter2'],
    ['client.secret', 'hunter2'],
    ['ANY', pem],
    ['ANY', `AKIA${'A'.repeat(16)}`],
    ['ANY', `ghp_${'a'.repeat(36)}`],
    ['DATABASE_URL', 'postgres://user:hunter2@db/x'],
  ])('%s', (name, value) => {
    expect(warningsIn(env(name, value))).toEqual([`PG107 ${at}.env[0].value`]);
    expect(texts(env(name, value))).not.toContain(value);
  });

  it.each([
    ['DB_PASSWORD', ''],
    ['DB_PASSWORD', '$(FROM_A_SECRET)'],
    ['DB_PASSWORD', '/run/secrets/password'],
    ['DB_PASSWORD_FILE', 'password.txt'],
    ['TOKEN_URL', 'https://example.org/token'],
    ['TOKEN_ENABLED', 'true'],
    ['USE_SECRET', 'true'],
    ['COMPASS', 'north'],
    ['KEYBOARD', 'qwerty'],
    ['DATABASE_URL', 'postgres://user:$(PASSWORD)@db/x'],
  ])('not %s=%s', (name, value) => {
    expect(warningsIn(env(name, value))).toEqual([]);
  });

  it('in arguments and commands', () => {
    const podTemplate = sidecar(
      'command: [sh, "--api-key=hunter2"], args: ["--token=$(TOKEN)", --password, "-c", "curl https://u:hunter2@h/"]',
    );
    expect(warningsIn(podTemplate)).toEqual([`PG107 ${at}.command[1]`, `PG107 ${at}.args[3]`]);
    expect(texts(podTemplate)).not.toContain('hunter2');
  });

  it('in annotations', () => {
    const podTemplate = `metadata: {annotations: {a: "${pem}", b: x}}`;
    expect(warningsIn(podTemplate)).toEqual(['PG107 metadata.annotations.a']);
  });
});

describe('PG110: templates that may not go together', () => {
  const matched = (labels?: JsonObject): JsonObject => ({
    match: labels === undefined ? {} : { podSelector: { matchLabels: labels } },
  });
  const log = (image: string): JsonObject => ({ spec: { containers: [{ name: 'log', image }] } });
  const overlaps = (...templates: readonly Template[]): Record<string, readonly string[]> =>
    Object.fromEntries(
      [...findOverlaps(templates, 'podgraft-system')].map(([id, warnings]) => [
        id,
        warnings.map(({ detail }) => detail),
      ]),
    );

  it('names the other template and what differs, on both sides', () => {
    expect(overlaps(template('a', log('log:1'), matched()), template('b', log('log:2'), matched()))).toEqual({
      'podgraft-system/a': [
        'it and template podgraft-system/b bring different containers log: a pod with both is refused, or goes without one',
      ],
      'podgraft-system/b': [
        'it and template podgraft-system/a bring different containers log: a pod with both is refused, or goes without one',
      ],
    });
  });

  it.each<[string, JsonObject, JsonObject, string]>([
    [
      'volumes',
      { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
      { spec: { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] } },
      'volumes[v]',
    ],
    ['labels', { metadata: { labels: { a: 'b' } } }, { metadata: { labels: { a: 'c' } } }, 'metadata.labels[a]'],
    [
      'ports',
      { spec: { containers: [{ name: 'a', image: 'a:1', ports: [{ containerPort: 80 }] }] } },
      { spec: { containers: [{ name: 'b', image: 'a:1', ports: [{ containerPort: 80, protocol: 'TCP' }] }] } },
      'containers on port 80/TCP',
    ],
    [
      'ports of the node',
      { spec: { containers: [{ name: 'a', image: 'a:1', ports: [{ containerPort: 80, hostPort: 90 }] }] } },
      { spec: { initContainers: [{ name: 'b', image: 'a:1', ports: [{ containerPort: 81, hostPort: 90 }] }] } },
      'containers on hostPort 90/TCP',
    ],
    [
      'mounts',
      { spec: { containers: [{ name: 'primary', volumeMounts: [{ name: 'v', mountPath: '/d' }] }] } },
      { spec: { containers: [{ name: 'primary', volumeMounts: [{ name: 'w', mountPath: '/d' }] }] } },
      'volumeMounts[/d] of container primary',
    ],
    [
      'fields of every container',
      { spec: { containers: [{ name: 'default', tty: true }] } },
      {
        spec: {
          containers: [
            { name: 'primary', workingDir: '/b' },
            { name: 'default', workingDir: '/a' },
          ],
        },
      },
      '',
    ],
    [
      'fields of init containers',
      { spec: { initContainers: [{ name: 'default-init', workingDir: '/a' }] } },
      { spec: { initContainers: [{ name: 'default-init', workingDir: '/b' }] } },
      'workingDir of init containers',
    ],
  ])('%s', (_name, a, b, what) => {
    const found = overlaps(template('a', a, matched()), template('b', b));
    if (what === '') expect(found).toEqual({});
    else expect(found['podgraft-system/b']?.[0]).toContain(`bring different ${what}:`);
  });

  it('names at most three things', () => {
    const labels = (value: string): JsonObject => ({
      metadata: { labels: { a: value, b: value, c: value, d: value } },
    });
    const found = overlaps(template('a', labels('1'), matched()), template('b', labels('2'), matched()));
    expect(found['podgraft-system/a']?.[0]).toContain(
      'metadata.labels[a], metadata.labels[b], metadata.labels[c] and 1 more:',
    );
  });

  it.each<[string, Template, Template]>([
    ['what they bring is equal', template('a', log('log:1'), matched()), template('b', log('log:1'), matched())],
    ['both come by name only', template('a', log('log:1')), template('b', log('log:2'))],
    [
      'they stand in different namespaces',
      template('x/a', log('log:1'), matched()),
      template('y/b', log('log:2'), matched()),
    ],
    [
      'their selectors exclude each other',
      template('a', log('log:1'), matched({ app: 'x' })),
      template('b', log('log:2'), matched({ app: 'y' })),
    ],
    [
      'one wants a label that the other forbids',
      template('a', log('log:1'), matched({ app: 'x' })),
      template(
        'b',
        log('log:2'),
        yamlObject('match: {podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}'),
      ),
    ],
  ])('not where %s', (_name, a, b) => {
    expect(overlaps(a, b)).toEqual({});
  });

  const expression = (key: string, operator: string, ...values: readonly string[]): JsonObject => ({
    match: { podSelector: { matchExpressions: [{ key, operator, ...(values.length > 0 ? { values } : {}) }] } },
  });
  it.each<[string, JsonObject, JsonObject, boolean]>([
    ['one value is in both', expression('app', 'In', 'x', 'y'), expression('app', 'In', 'y', 'z'), true],
    ['no value is in both', expression('app', 'In', 'x', 'y'), expression('app', 'In', 'z'), false],
    ['the values are of different labels', expression('app', 'In', 'x'), expression('tier', 'In', 'y'), true],
    ['one forbids what the other wants', expression('app', 'Exists'), expression('app', 'DoesNotExist'), false],
    ['one forbids another label', expression('app', 'Exists'), expression('tier', 'DoesNotExist'), true],
    ['both forbid it', expression('app', 'DoesNotExist'), expression('app', 'DoesNotExist'), true],
    [
      'one forbids it, the other a value of it',
      expression('app', 'DoesNotExist'),
      expression('app', 'NotIn', 'x'),
      true,
    ],
    ['one wants a value, the other any', expression('app', 'In', 'x'), expression('app', 'Exists'), true],
    [
      'one wants another value than the other forbids',
      expression('app', 'In', 'x'),
      expression('app', 'NotIn', 'y'),
      true,
    ],
    [
      'one of two labels excludes',
      { match: { podSelector: { matchLabels: { app: 'x', tier: 'a' } } } },
      { match: { podSelector: { matchLabels: { app: 'x', tier: 'b' } } } },
      false,
    ],
  ])('where selectors are such that %s', (_name, a, b, meet) => {
    const found = overlaps(template('a', log('log:1'), a), template('b', log('log:2'), b));
    expect(Object.keys(found)).toHaveLength(meet ? 2 : 0);
    const turned = overlaps(template('b', log('log:2'), b), template('a', log('log:1'), a));
    expect(Object.keys(turned)).toHaveLength(meet ? 2 : 0);
  });

  it('where one is the root namespace’s and selectors may both hold', () => {
    const found = overlaps(
      template('x/a', log('log:1'), matched({ app: 'x' })),
      template('b', log('log:2'), matched({ tier: 'x' })),
    );
    expect(Object.keys(found)).toEqual(['x/a', 'podgraft-system/b']);
  });

  it('the warning of a PodTemplate stands at its template', () => {
    const podTemplate = parsed(
      yamlObject(
        '{apiVersion: v1, kind: PodTemplate, metadata: {name: p, labels: {podgraft.dev/is-template: "true"}}, template: {spec: {containers: [{name: log, image: log:2}]}}}',
      ),
    );
    const found = findOverlaps([template('a', log('log:1'), matched()), podTemplate], 'podgraft-system');
    expect(found.get('podgraft-system/p')).toMatchObject([{ code: 'PG110', field: ['template'] }]);
    expect(found.get('podgraft-system/a')).toMatchObject([{ code: 'PG110', field: ['spec', 'template'] }]);
  });
});
