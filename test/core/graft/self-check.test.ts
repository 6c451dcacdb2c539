import { describe, expect, test } from 'vitest';
import type { Edit } from '../../../src/core/graft/graft-pod.ts';
import { toJsonPatch } from '../../../src/core/graft/patch.ts';
import { selfCheck } from '../../../src/core/graft/self-check.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Template } from '../../../src/core/template.ts';
import { pod, template } from '../../support/fixtures.ts';
import { graft } from '../../support/graft.ts';

const closed = template('t', {});
const open = template('t', {}, { protect: ['image', 'command', 'args'] });
const given = pod({
  containers: [
    { name: 'main', image: 'app:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    { name: 'helper', image: 'h:1' },
  ],
  initContainers: [{ name: 'setup', image: 's:1' }],
  volumes: [{ name: 'v', emptyDir: {} }],
});
const edit = (op: Edit['op'], path: Edit['path'], value?: Edit['value'], by = 'podgraft-system/t'): Edit => ({
  op,
  path,
  ...(value === undefined ? {} : { value }),
  template: by,
});
const check = (edits: readonly Edit[], by: Template = closed): ReturnType<typeof selfCheck> =>
  selfCheck(structuredClone<JsonObject>(given), toJsonPatch(given, edits), { edits, templates: [by] });

test('an honest graft passes', () => {
  const t = template('t', {
    spec: {
      containers: [
        { name: 'primary', workingDir: '/w' },
        { name: 'log', image: 'log:1' },
      ],
      volumes: [{ name: 'w', emptyDir: {} }],
    },
  });
  const { outcome } = graft(given, [t]);
  expect(outcome.kind).toBe('graft');
  if (outcome.kind !== 'graft') return;
  const { edits, templates } = outcome.graft;
  expect(
    selfCheck(structuredClone<JsonObject>(given), toJsonPatch(given, edits), { edits, templates }),
  ).toBeUndefined();
});

describe('an edit that leads where none may is found', () => {
  test.each([
    { what: 'an image', one: edit('add', ['spec', 'containers', 0, 'image'], 'x') },
    { what: 'an image, replaced', one: edit('replace', ['spec', 'containers', 0, 'image'], 'x') },
    { what: 'a command', one: edit('add', ['spec', 'containers', 0, 'command'], ['x']) },
    { what: 'args', one: edit('add', ['spec', 'initContainers', 0, 'args'], ['x']) },
    { what: 'a name', one: edit('add', ['spec', 'containers', 0, 'name'], 'x') },
    { what: 'env that is protected', one: edit('append', ['spec', 'containers', 0, 'env'], { name: 'A' }) },
    { what: 'envFrom that is protected', one: edit('insert', ['spec', 'containers', 0, 'envFrom', 0], {}) },
    {
      what: 'resources that are protected',
      one: edit('add', ['spec', 'containers', 0, 'resources', 'limits', 'cpu'], '1'),
    },
    { what: 'a container, removed', one: edit('remove', ['spec', 'containers', 1]) },
    { what: 'a container, replaced', one: edit('replace', ['spec', 'containers', 1], {}) },
    { what: 'a container in front', one: edit('insert', ['spec', 'containers', 0], { name: 'x' }) },
    { what: 'a container that is not there', one: edit('add', ['spec', 'containers', 7, 'tty'], true) },
    { what: 'all containers', one: edit('add', ['spec', 'containers'], []) },
    { what: 'ephemeral containers', one: edit('append', ['spec', 'ephemeralContainers'], { name: 'x' }) },
    { what: "the pod's name", one: edit('add', ['metadata', 'name'], 'x') },
    { what: 'all labels', one: edit('add', ['metadata', 'labels'], {}) },
    { what: 'the status', one: edit('add', ['status', 'phase'], 'x') },
    { what: 'the spec', one: edit('add', ['spec'], {}) },
    {
      what: 'a label of a template that was not grafted',
      one: edit('add', ['metadata', 'labels', 'a'], 'x', 'app/other'),
    },
    { what: 'a label in the name of podgraft', one: edit('add', ['metadata', 'labels', 'a'], 'x', 'podgraft') },
    { what: 'a hostname, removed', one: edit('remove', ['spec', 'hostname']) },
  ])('$what', ({ one }) => {
    expect(check([one])).toBe('path');
  });
});

describe('an edit that may be is let through', () => {
  test.each([
    { what: 'a label', one: edit('add', ['metadata', 'labels', 'a'], 'x'), by: closed },
    {
      what: 'the mark',
      one: edit('add', ['metadata', 'annotations', 'podgraft.dev/injected'], '{}', 'podgraft'),
      by: closed,
    },
    { what: 'a container behind', one: edit('append', ['spec', 'containers'], { name: 'x', image: 'x' }), by: closed },
    {
      what: 'an init container in front',
      one: edit('insert', ['spec', 'initContainers', 0], { name: 'x', image: 'x' }),
      by: closed,
    },
    { what: 'env that is open', one: edit('append', ['spec', 'containers', 0, 'env'], { name: 'A' }), by: open },
    {
      what: 'resources that are open',
      one: edit('add', ['spec', 'containers', 0, 'resources', 'limits', 'cpu'], '1'),
      by: open,
    },
    { what: 'a scalar of a container', one: edit('add', ['spec', 'containers', 1, 'tty'], true), by: closed },
  ])('$what', ({ one, by }) => {
    expect(check([one], by)).toBeUndefined();
  });
});

describe('only what the API server put there, node selector terms and our own mark are replaced or removed', () => {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const filled = (name: string): JsonObject => ({
    name,
    image: 'app:1',
    tty: true,
    imagePullPolicy: 'Always',
    terminationMessagePath: '/a',
    terminationMessagePolicy: 'File',
    ports: [{ containerPort: 80, hostPort: 80 }],
    volumeMounts: [{ name: 'v', mountPath: '/v' }],
  });
  const full = pod(
    {
      containers: [filled('main')],
      initContainers: [filled('setup')],
      ephemeralContainers: [filled('debug')],
      volumes: [{ name: 'v', emptyDir: {} }],
      tolerations: [{ operator: 'Exists' }],
      resources: { requests: { cpu: '1', 'example.org/gpu': 1 }, limits: { cpu: '1' } },
      affinity: { nodeAffinity: { [required]: { nodeSelectorTerms: [{}] } }, podAffinity: {} },
      dnsPolicy: 'ClusterFirst',
      schedulerName: 's',
      terminationGracePeriodSeconds: 30,
      enableServiceLinks: true,
      serviceAccountName: 'default',
      restartPolicy: 'Always',
      priority: 0,
      preemptionPolicy: 'Never',
      hostname: 'h',
    },
    { labels: { a: 'b', 'podgraft.dev/grafted': 'x' }, annotations: { 'podgraft.dev/injected': '{}', c: 'd' } },
  );
  const checked = (op: Edit['op'], path: Edit['path'], by?: string): ReturnType<typeof selfCheck> => {
    const edits = [edit(op, path, op === 'remove' ? undefined : 'x', by)];
    return selfCheck(structuredClone<JsonObject>(full), toJsonPatch(full, edits), { edits, templates: [open] });
  };
  const inContainers = (...keys: Edit['path']): readonly Edit['path'][] =>
    ['containers', 'initContainers'].map((list) => ['spec', list, 0, ...keys]);

  test.each<Edit['path']>([
    ['spec', 'dnsPolicy'],
    ['spec', 'schedulerName'],
    ['spec', 'terminationGracePeriodSeconds'],
    ['spec', 'enableServiceLinks'],
    ['spec', 'serviceAccountName'],
    ['spec', 'restartPolicy'],
    ['spec', 'resources', 'requests', 'cpu'],
    ['spec', 'resources', 'requests', 'example.org/gpu'],
    ['spec', 'affinity', 'nodeAffinity', required, 'nodeSelectorTerms'],
    ...inContainers('terminationMessagePath'),
    ...inContainers('terminationMessagePolicy'),
    ...inContainers('imagePullPolicy'),
    ...inContainers('volumeMounts', 0),
    ...inContainers('ports', 0, 'hostPort'),
  ])('%s %s %s %s may be replaced', (...path) => {
    expect(checked('replace', path)).toBeUndefined();
  });

  test.each<Edit['path']>([
    ['spec', 'hostname'],
    ['spec', 'priority'],
    ['spec', 'resources', 'requests'],
    ['spec', 'resources', 'limits', 'cpu'],
    ['spec', 'affinity'],
    ['spec', 'affinity', 'podAffinity'],
    ['spec', 'affinity', 'nodeAffinity', required],
    ['spec', 'affinity', 'nodeAffinity', required, 'nodeSelectorTerms', 0],
    ['spec', 'volumes', 0],
    ['spec', 'volumes', 0, 'name'],
    ['spec', 'ephemeralContainers', 0, 'imagePullPolicy'],
    ['metadata', 'labels', 'a'],
    ...inContainers('tty'),
    ...inContainers('volumeMounts'),
    ...inContainers('volumeMounts', 0, 'mountPath'),
    ...inContainers('ports', 0),
    ...inContainers('ports', 0, 'containerPort'),
  ])('%s %s %s %s may not be replaced', (...path) => {
    expect(checked('replace', path)).toBe('path');
  });

  test.each<Edit['path']>([
    ['spec', 'priority'],
    ['spec', 'preemptionPolicy'],
    ['spec', 'volumes', 0],
    ['spec', 'tolerations', 0],
    ['spec', 'resources', 'requests', 'example.org/gpu'],
    ...inContainers('volumeMounts', 0),
    ['spec', 'ephemeralContainers', 0, 'volumeMounts', 0],
  ])('%s %s %s %s may be removed', (...path) => {
    expect(checked('remove', path)).toBeUndefined();
  });

  test.each<Edit['path']>([
    ['spec', 'dnsPolicy'],
    ['spec', 'volumes'],
    ['spec', 'volumes', 0, 'name'],
    ['spec', 'tolerations'],
    ['spec', 'tolerations', 0, 'operator'],
    ['spec', 'resources', 'requests'],
    ['spec', 'resources', 'limits', 'cpu'],
    ['metadata', 'labels', 'a'],
    ...inContainers('imagePullPolicy'),
    ...inContainers('volumeMounts'),
    ...inContainers('volumeMounts', 0, 'name'),
    ...inContainers('ports', 0, 'hostPort'),
  ])('%s %s %s %s may not be removed', (...path) => {
    expect(checked('remove', path)).toBe('path');
  });

  test.each<{ path: Edit['path']; may: boolean }>([
    { path: ['metadata', 'labels', 'podgraft.dev/grafted'], may: true },
    { path: ['metadata', 'annotations', 'podgraft.dev/injected'], may: true },
    { path: ['metadata', 'labels', 'podgraft.dev/injected'], may: false },
    { path: ['metadata', 'annotations', 'podgraft.dev/grafted'], may: false },
    { path: ['metadata', 'labels', 'a'], may: false },
    { path: ['metadata', 'annotations', 'c'], may: false },
    { path: ['spec', 'priority'], may: false },
  ])('of itself podgraft removes its mark and label alone: $path', ({ path, may }) => {
    expect(checked('remove', path, 'podgraft')).toBe(may ? undefined : 'path');
  });
});

test.each([
  {
    what: 'a container of a name that is there',
    one: edit('append', ['spec', 'containers'], { name: 'main', image: 'x' }),
  },
  { what: 'a name of the other list', one: edit('append', ['spec', 'initContainers'], { name: 'main', image: 'x' }) },
  { what: 'a volume', one: edit('append', ['spec', 'volumes'], { name: 'v', emptyDir: {} }) },
  {
    what: 'a mount path',
    one: edit('append', ['spec', 'containers', 0, 'volumeMounts'], { name: 'v', mountPath: '/v' }),
  },
])('what is there twice because of an edit is found: $what', ({ one }) => {
  expect(check([one])).toBe('duplicate');
});

test('what was there twice before is left to the API server', () => {
  const twice = pod({
    containers: [
      { name: 'main', image: 'a' },
      { name: 'main', image: 'b' },
    ],
  });
  const edits = [edit('add', ['spec', 'hostname'], 'h')];
  expect(
    selfCheck(structuredClone<JsonObject>(twice), toJsonPatch(twice, edits), { edits, templates: [closed] }),
  ).toBeUndefined();
});

test.each([
  { what: 'operations that do not apply', operations: [{ op: 'remove' as const, path: '/spec/none' }], fault: 'apply' },
  {
    what: 'containers that were put in front',
    operations: [{ op: 'add' as const, path: '/spec/containers/0', value: { name: 'x' } }],
    fault: 'order',
  },
  {
    what: 'containers that are gone',
    operations: [{ op: 'remove' as const, path: '/spec/containers/0' }],
    fault: 'order',
  },
  {
    what: 'an image that is another',
    operations: [{ op: 'replace' as const, path: '/spec/containers/0/image', value: 'x' }],
    fault: 'protected',
  },
  {
    what: 'args that were added',
    operations: [{ op: 'add' as const, path: '/spec/initContainers/0/args', value: ['x'] }],
    fault: 'protected',
  },
])('a patch that does something else than its edits is found: $what', ({ operations, fault }) => {
  expect(selfCheck(structuredClone<JsonObject>(given), operations, { edits: [], templates: [closed] })).toBe(fault);
});
