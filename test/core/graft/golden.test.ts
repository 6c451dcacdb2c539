import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { formatProblem } from '../../../src/core/problem.ts';
import { parseTemplate } from '../../../src/core/register/parse-template.ts';
import { app, covered, injectionTemplate, namespace, pod, settings, template } from '../../support/fixtures.ts';
import { at, container, graft, names, others, settle } from '../../support/graft.ts';

/** What registering this document says is wrong, each problem in the API server's form. */
function registrationProblems(document: Json): readonly string[] {
  const result = parseTemplate(document, settings);
  return result.kind === 'invalid' ? result.problems.map(formatProblem) : [];
}

const mount = { name: 'shared-data', mountPath: '/data' };
const sharedData = { name: 'shared-data', emptyDir: { medium: 'Memory' } };
const secondary = {
  name: 'secondary',
  image: 'alpine:3.22',
  command: ['/bin/sh'],
  args: ['-c', 'echo hi sidecar world > /data/message.txt'],
  volumeMounts: [mount],
};
const task = {
  name: 'primary',
  image: 'task:1',
  command: ['pyflyte-execute'],
  args: ['--inputs', 'x'],
  env: [{ name: 'foo', value: 'bar' }],
  resources: { requests: { cpu: '10' }, limits: { cpu: '20' } },
};

describe('Flyte: pod templates (F)', () => {
  test('F1: a template and a pod each set another field, and both come out', () => {
    const result = graft(pod({ serviceAccountName: 's' }), [template('t', { spec: { schedulerName: 't' } })]);
    expect(result.pod).toMatchObject({ spec: { schedulerName: 't', serviceAccountName: 's' } });
  });

  test("F2: the pod's own schedulerName stands", () => {
    const result = graft(pod({ schedulerName: 'p' }), [template('t', { spec: { schedulerName: 't' } })]);
    expect(at(result.pod, 'spec', 'schedulerName')).toBe('p');
  });

  test('F4: an empty template leaves its mark and nothing else', () => {
    const given = pod();
    const result = graft(given, [template('t', {})]);
    expect(result.kind).toBe('graft');
    expect(result.pod['spec']).toEqual(given['spec']);
    expect(others(result.pod, 'labels')).toEqual({});
    expect(others(result.pod, 'annotations')).toEqual({});
    expect(at(result.pod, 'metadata', 'labels', 'podgraft.dev/grafted')).toBe('true');
    expect(at(result.pod, 'metadata', 'annotations', 'podgraft.dev/injected')).toBeTypeOf('string');
  });

  test("F5: the primary entry's image has no effect, its terminationMessagePath does", () => {
    const t = template('t', {
      spec: { containers: [{ name: 'primary', image: 't', terminationMessagePath: '/dev/t' }] },
    });
    const result = graft(pod({ containers: [{ name: 'main', image: 'p' }] }), [t]);
    expect(at(result.pod, 'spec', 'containers')).toEqual([
      { name: 'main', image: 'p', terminationMessagePath: '/dev/t' },
    ]);
  });

  test('F6: a container of a name that the pod lacks is added as a sidecar', () => {
    const log = { name: 'log', image: 'log:1' };
    const result = graft(pod(), [template('t', { spec: { containers: [log] } })]);
    expect(at(result.pod, 'spec', 'containers')).toEqual([{ name: 'main', image: 'app:1' }, log]);
  });

  test('F7: default and default-init reach all four containers and are never added', () => {
    const path = { terminationMessagePath: '/dev/t' };
    const t = template('t', {
      spec: {
        containers: [{ name: 'default', image: 'd', ...path }],
        initContainers: [{ name: 'default-init', image: 'd', ...path }],
      },
    });
    const list = (...all: readonly string[]): Json => all.map((name) => ({ name, image: `${name}:1` }));
    const result = graft(pod({ containers: list('a', 'b'), initContainers: list('c', 'd') }), [t]);
    const expected = (...all: readonly string[]): Json => all.map((name) => ({ name, image: `${name}:1`, ...path }));
    expect(at(result.pod, 'spec', 'containers')).toEqual(expected('a', 'b'));
    expect(at(result.pod, 'spec', 'initContainers')).toEqual(expected('c', 'd'));
  });

  test('F8: a primary entry changes the primary container only', () => {
    const t = template('t', { spec: { containers: [{ name: 'primary', workingDir: '/w' }] } });
    const main = { name: 'main', image: 'm' };
    const helper = { name: 'helper', image: 'h' };
    const result = graft(pod({ containers: [helper, main] }), [t]);
    expect(at(result.pod, 'spec', 'containers')).toEqual([helper, { ...main, workingDir: '/w' }]);
  });

  test("F12: labels join, the pod's value stands", () => {
    const t = template('t', { metadata: { labels: { a: '1', b: '2' } } });
    const result = graft(pod({}, { labels: { a: '9' } }), [t]);
    expect(others(result.pod, 'labels')).toEqual({ a: '9', b: '2' });
  });

  test('F13: a template of the root namespace is found by name', () => {
    expect(graft(pod(), [template('t', {})]).templates).toEqual(['podgraft-system/t']);
  });

  test('F14: an absent template is refused, with the nearest name', () => {
    const given = pod({}, { labels: { 'podgraft.dev/template': 'doker' } });
    const result = settle(given, [template('docker', {}), template('log', {})]);
    expect(result.codes).toEqual(['PG001']);
    expect(result.problems[0]).toMatch(/^metadata\.labels\[podgraft\.dev\/template\]: Not found: "doker": /);
    expect(result.problems[0]).toContain('docker');
    expect(result.problems[0]).toContain('log');
  });

  test('F15: the default template of a covered namespace is used', () => {
    const around = { ...covered, annotations: { 'podgraft.dev/default-template': 't' } };
    const result = settle(pod(), [template('t', {})], { namespace: around });
    expect(result.templates).toEqual(['podgraft-system/t']);
  });

  test('F16: an absent default leaves the pod unchanged, with a warning', () => {
    const around = { ...covered, annotations: { 'podgraft.dev/default-template': 'gone' } };
    const result = settle(pod(), [template('t', {})], { namespace: around });
    expect(result).toMatchObject({ kind: 'skip', patch: [] });
    expect(result.warnings.join(' ')).toContain('gone');
  });

  test("F17: the pod's namespace wins over the root namespace", () => {
    const root = template('t', { spec: { schedulerName: 'root' } });
    const own = template('app/t', { spec: { schedulerName: 'own' } });
    const result = settle(pod({}, { labels: { 'podgraft.dev/template': 't' } }), [root, own]);
    expect(result.templates).toEqual(['app/t']);
    expect(at(result.pod, 'spec', 'schedulerName')).toBe('own');
  });

  test('F20: env of the default entry reaches every container once env is not protected', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ];
    const t = template(
      't',
      { spec: { containers: [{ name: 'default', env }] } },
      { protect: ['image', 'command', 'args', 'resources'] },
    );
    const containers = [
      { name: 'main', image: 'm' },
      { name: 'helper', image: 'h' },
    ];
    const result = graft(pod({ containers }), [t]);
    expect(at(result.pod, 'spec', 'containers')).toEqual(containers.map((each) => ({ ...each, env })));
  });

  test('F26: a primary container that an annotation names and the pod lacks is refused, with the containers', () => {
    const given = pod({}, { annotations: { 'podgraft.dev/primary-container': 'nope' } });
    const t = template('t', { spec: { containers: [{ name: 'primary', workingDir: '/w' }] } });
    const result = graft(given, [t]);
    expect(result.codes).toEqual(['PG007']);
    expect(result.problems[0]).toContain('main');
  });
});

describe('Flyte: sidecar_task and Pod tasks (K)', () => {
  const podTemplate = {
    metadata: { labels: { team: 'data' }, annotations: { note: 'x' } },
    spec: { containers: [{ name: 'primary', volumeMounts: [mount] }, secondary], volumes: [sharedData] },
  };
  const taskPod = pod({ restartPolicy: 'Never', containers: [task] });

  test('K1: the task keeps its args, env and resources, gains the mount, and has the helper beside it', () => {
    const result = graft(taskPod, [template('t', podTemplate, { sidecars: { lifecycle: 'Container' } })]);
    expect(at(result.pod, 'spec', 'containers')).toEqual([{ ...task, volumeMounts: [mount] }, secondary]);
    expect(at(result.pod, 'spec', 'volumes')).toEqual([sharedData]);
  });

  test('K1n: with lifecycle Auto the helper of a pod that completes becomes a native sidecar', () => {
    const result = graft(taskPod, [template('t', podTemplate)]);
    expect(at(result.pod, 'spec', 'containers')).toEqual([{ ...task, volumeMounts: [mount] }]);
    expect(at(result.pod, 'spec', 'initContainers')).toEqual([{ ...secondary, restartPolicy: 'Always' }]);
  });

  test("K4: the template's labels and annotations are on the pod", () => {
    const result = graft(taskPod, [template('t', podTemplate)]);
    expect(others(result.pod, 'labels')).toEqual({ team: 'data' });
    expect(others(result.pod, 'annotations')).toMatchObject({ note: 'x' });
  });

  test('K5: a template without spec.template, or with an empty primaryContainerName, is refused at registration', () => {
    const metadata = { name: 't' };
    const document = { apiVersion: 'podgraft.dev/v1alpha1', kind: 'InjectionTemplate', metadata, spec: {} };
    expect(registrationProblems(document).join('\n')).toMatch(/^spec\.template: Required value/);
    const unnamed = injectionTemplate('t', {}, { primaryContainerName: '' });
    expect(registrationProblems(unnamed).join('\n')).toMatch(/^spec\.primaryContainerName: /);
  });

  test('K8: a second graft is empty', () => {
    const t = template('t', podTemplate);
    const once = graft(taskPod, [t]);
    expect(once.patch).not.toEqual([]);
    expect(graft(once.pod, [t]).patch).toEqual([]);
  });
});

describe('Flyte 2: primary containers and reusable environments (S)', () => {
  const entry = template('t', { spec: { containers: [{ name: 'primary', workingDir: '/w' }] } });
  const containers = (...all: readonly string[]): Json => all.map((name) => ({ name, image: `${name}:1` }));

  test.each([
    { list: ['sidecar', 'primary'], primary: 'primary' },
    { list: ['worker'], primary: 'worker' },
  ])('S5: among $list the primary container is $primary', ({ list, primary }) => {
    const result = graft(pod({ containers: containers(...list) }), [entry]);
    expect(container(result.pod, primary)['workingDir']).toBe('/w');
    expect(result.outcome).toMatchObject({ kind: 'graft', graft: { primary } });
  });

  test('S5: among two containers that nothing tells apart there is none', () => {
    const result = graft(pod({ containers: containers('a', 'b') }), [entry]);
    expect(result.codes).toEqual(['PG008']);
    expect(result.problems[0]).toMatch(
      /^metadata\.annotations\[podgraft\.dev\/primary-container\]: Required value: .*"a".*"b"/,
    );
  });

  test('S5: an annotation that names no container is refused', () => {
    const given = pod({}, { annotations: { primary_container_name: 'nope' } });
    expect(graft(given, [entry]).codes).toEqual(['PG007']);
  });

  test('S6: a reusable pod that names a template is refused', () => {
    const result = graft(pod({}, { labels: { 'podgraft.dev/reusable': 'true' } }), [entry]);
    expect(result.codes).toEqual(['PG005']);
  });

  test('S7: with reusable "off" it is grafted', () => {
    const given = pod({}, { labels: { 'podgraft.dev/reusable': 'off', env: 'shared' } });
    const reusable = { selectors: [[{ key: 'env', operator: 'In' as const, values: ['shared'] }]], ownerKinds: [] };
    const around = { settings: { ...settings, reusable } };
    expect(graft(given, [entry], around).kind).toBe('graft');
    const plain = pod({}, { labels: { env: 'shared' } });
    expect(graft(plain, [entry], around).codes).toEqual(['PG005']);
  });
});

describe('HKube: sideCars (H)', () => {
  const s = (name: string): Record<string, Json> => ({
    name,
    image: `${name}:1`,
    env: [{ name: 'FOR', value: name }],
    volumeMounts: [{ name: `${name}-data`, mountPath: '/var/data' }],
  });
  const podTemplate = {
    spec: {
      containers: [s('s1'), s('s2')],
      volumes: [
        { name: 's1-data', emptyDir: {} },
        { name: 's2-data', emptyDir: {} },
      ],
    },
  };
  const worker = { name: 'worker', image: 'worker:1' };
  const algorunner = { name: 'algorunner', image: 'algorithm:1' };
  const job = pod({ restartPolicy: 'Never', containers: [worker, algorunner] });

  test('H3: worker, algorunner, then the sidecars in order, each with its own mounts and env', () => {
    const result = graft(job, [template('t', podTemplate, { sidecars: { lifecycle: 'Container' } })]);
    expect(at(result.pod, 'spec', 'containers')).toEqual([worker, algorunner, s('s1'), s('s2')]);
  });

  test('H3n: with lifecycle Auto the containers are unchanged and the sidecars native', () => {
    const result = graft(job, [template('t', podTemplate)]);
    expect(at(result.pod, 'spec', 'containers')).toEqual([worker, algorunner]);
    expect(names(result.pod, 'initContainers')).toEqual(['s1', 's2']);
    expect(at(result.pod, 'spec', 'initContainers', 0, 'restartPolicy')).toBe('Always');
  });

  test('H6, H7: two sidecars of one name, and a limit below its request, are refused in one answer', () => {
    const resources = { requests: { cpu: '2' }, limits: { cpu: '1' } };
    const containers = [
      { name: 's1', image: 'a:1', resources },
      { name: 's1', image: 'b:1' },
    ];
    const problems = registrationProblems(injectionTemplate('t', { spec: { containers } }));
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).toMatch(/spec\.template\.spec\.containers\[1\]\.name: Duplicate value: "s1"/);
    expect(problems.join('\n')).toMatch(/spec\.template\.spec\.containers\[0\]\.resources\.requests/);
  });
});

describe('Prefect: KubernetesRun (P)', () => {
  const dind = {
    name: 'dind-daemon',
    image: 'docker:stable-dind',
    env: [{ name: 'DOCKER_TLS_CERTDIR', value: '' }],
    resources: { requests: { cpu: '20m', memory: '512Mi' } },
    securityContext: { privileged: true },
    volumeMounts: [{ name: 'docker-graph-store', mountPath: '/var/lib/docker' }],
  };
  const dockerHost = { name: 'DOCKER_HOST', value: 'tcp://localhost:2375' };

  test("P5: DOCKER_HOST is added, the agent's env stays, the daemon comes out verbatim as a native sidecar", () => {
    const env = [{ name: 'PREFECT__LOGGING__LEVEL', value: 'INFO' }];
    const flow = { name: 'flow', image: 'flow:1', args: ['prefect execute flow-run'], env };
    const t = template(
      't',
      {
        spec: {
          containers: [{ name: 'primary', env: [dockerHost] }, dind],
          volumes: [{ name: 'docker-graph-store', emptyDir: {} }],
        },
      },
      { protect: ['image', 'command', 'args', 'resources'] },
    );
    const result = graft(pod({ restartPolicy: 'Never', containers: [flow] }), [t]);
    expect(at(result.pod, 'spec', 'containers')).toEqual([{ ...flow, env: [...env, dockerHost] }]);
    expect(at(result.pod, 'spec', 'initContainers')).toEqual([{ ...dind, restartPolicy: 'Always' }]);
  });

  test('P7: a template with four mistakes gets one answer that lists all four', () => {
    const problems = registrationProblems(
      injectionTemplate('t', {
        spec: {
          nodeName: 'n1',
          containers: [
            { name: 'a', image: 'a:1', imagePulPolicy: 'Always' },
            { name: 'b' },
            { name: 'c', image: 'c:1', ports: [{ containerPort: 'http' }] },
          ],
        },
      }),
    );
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toMatch(/spec\.template\.spec\.nodeName: Forbidden/);
    expect(problems.join('\n')).toMatch(/containers\[0\]\.imagePulPolicy: /);
    expect(problems.join('\n')).toMatch(/containers\[1\]\.image: Required value/);
    expect(problems.join('\n')).toMatch(/containers\[2\]\.ports\[0\]\.containerPort: Invalid value/);
  });
});

test('a namespace that is not the one of the pod has its templates to itself', () => {
  const given = pod({}, { labels: { 'podgraft.dev/template': 't' } });
  const result = settle(given, [template('other/t', {})], { namespace: app });
  expect(result.codes).toEqual(['PG001']);
  expect(settle(given, [template('other/t', {})], { namespace: namespace('other') }).kind).toBe('graft');
});
