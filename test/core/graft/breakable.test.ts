import { describe, expect, test } from 'vitest';
import { compilePodTemplate, specialEntries } from '../../../src/core/graft/compile.ts';
import { arrayField, isObject, objectField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { incompatiblePairs } from '../../../src/core/kubernetes/incompatible.ts';
import { template } from '../../support/fixtures.ts';
import { incompatibleCases } from '../kubernetes/incompatible-cases.ts';

// A pod is held only against the pairs that a template can break. So whatever a pair can't be broken without, a template
// that brings this alone must have the pair among its own: the rest may be the pod's.

const lists = ['containers', 'initContainers'] as const;
const { sidecars } = template('t', {});

/** The fields of an object, those of an inner object one by one; a list is one field. */
function fieldsOf(object: JsonObject, path: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(object).flatMap(([key, value]) =>
    isObject(value) && Object.keys(value).length > 0 ? fieldsOf(value, [...path, key]) : [[...path, key]],
  );
}

function without(object: JsonObject, [first = '', ...rest]: readonly string[]): JsonObject {
  const { [first]: value, ...others } = object;
  return rest.length > 0 && isObject(value) ? { ...others, [first]: without(value, rest) } : others;
}

function only(object: JsonObject, [first = '', ...rest]: readonly string[]): JsonObject {
  const value = object[first] ?? null;
  return { [first]: rest.length > 0 && isObject(value) ? only(value, rest) : value };
}

function isBroken(id: string, pod: JsonObject): boolean {
  const spec = objectField(pod, 'spec');
  const metadata = objectField(pod, 'metadata');
  const initContainers = arrayField(spec, 'initContainers').filter(isObject);
  const containers = [...initContainers, ...arrayField(spec, 'containers').filter(isObject)];
  const subjects = { pod: [undefined], container: containers, initContainer: initContainers };
  return incompatiblePairs.some(
    (pair) => pair.id === id && subjects[pair.scope].some((container) => pair.test(spec, container, metadata)),
  );
}

function compiled(podTemplate: JsonObject): ReturnType<typeof compilePodTemplate> {
  return compilePodTemplate({ podTemplate, primaryContainerName: 'primary', protect: new Set<never>(), sidecars });
}

function pairsOf(podTemplate: JsonObject): readonly string[] {
  return compiled(podTemplate).pairs.map(({ id }) => id);
}

interface Side {
  readonly field: string;
  readonly podTemplate: JsonObject;
}

/** What this pod doesn't break the pair without, and templates that bring nothing else of it. */
function sides(id: string, pod: JsonObject): readonly Side[] {
  const { containers: _containers, initContainers: _initContainers, ...spec } = objectField(pod, 'spec');
  const annotations = only(objectField(pod, 'metadata'), ['annotations']);
  const inPod = fieldsOf({ spec, metadata: annotations })
    .filter((path) => !isBroken(id, without(pod, path)))
    .map((path) => ({ field: path.join('.'), podTemplate: only(pod, path) }));
  return [...inPod, ...lists.flatMap((list) => sidesIn(id, pod, list))];
}

function sidesIn(id: string, pod: JsonObject, list: (typeof lists)[number]): readonly Side[] {
  const spec = objectField(pod, 'spec');
  const containers = arrayField(spec, list).filter(isObject);
  return containers.flatMap((container, index) => {
    const { name: _name, image: _image, ...fields } = container;
    const needed = fieldsOf(fields).filter((path) => {
      const changed: readonly Json[] = containers.with(index, without(container, path));
      return !isBroken(id, { ...pod, spec: { ...spec, [list]: changed } });
    });
    return needed.flatMap((path) => {
      const field = `${list}[${index}].${path.join('.')}`;
      const entry = { ...only(fields, path), name: specialEntries[list].default };
      return [
        { field, podTemplate: { spec: { [list]: [entry] } } },
        { field: `${field}, in a container of its own`, podTemplate: { spec: { [list]: [container] } } },
      ];
    });
  });
}

// They have rules of their own, which look at every graft.
const elsewhere = new Set(['host-port-twice', 'annotations-size']);
const cases = incompatibleCases.filter(({ id }) => !elsewhere.has(id));

describe('a template that brings one side of a pair is held against it', () => {
  test.each(cases.flatMap(({ id, refused }) => sides(id, refused).map((side) => ({ id, ...side }))))(
    '$id: $field',
    ({ id, podTemplate }) => {
      expect(pairsOf(podTemplate)).toContain(id);
    },
  );

  test('each pair has a side that a template can bring', () => {
    expect(cases.filter(({ id, refused }) => sides(id, refused).length === 0)).toEqual([]);
  });

  test('a template that brings neither is not', () => {
    expect(pairsOf({ metadata: { labels: { a: 'b' } }, spec: { schedulerName: 's' } })).toEqual([]);
  });
});

test('a template is not held against the pairs that have rules of their own', () => {
  const spec = { hostNetwork: true, containers: [{ name: 'a', ports: [{ containerPort: 80, hostPort: 80 }] }] };
  expect(pairsOf({ metadata: { annotations: { a: 'b' } }, spec }).filter((id) => elsewhere.has(id))).toEqual([]);
});

test('of a sidecar without resources those that settings may give it are looked at', () => {
  const of = (list: string): JsonObject => ({ spec: { [list]: [{ name: 'a', image: 'a:1' }] } });
  expect(pairsOf(of('containers'))).toContain('pod-limits-below-container');
  expect(pairsOf(of('initContainers'))).not.toContain('pod-limits-below-container');
});

describe('containers may come to listen on one port because of', () => {
  test.each<[what: string, spec: JsonObject, listens: boolean]>([
    ['hostNetwork', { schedulerName: 's', hostNetwork: true }, true],
    [
      'a port of every container',
      { containers: [{ name: 'default', tty: true, ports: [{ containerPort: 80 }] }] },
      true,
    ],
    ['a port of the primary one', { containers: [{ name: 'primary', ports: [{ containerPort: 80 }] }] }, true],
    [
      'a port of a second sidecar',
      { containers: [{ name: 'a' }, { name: 'b', ports: [{ containerPort: 80 }] }] },
      true,
    ],
    ['a port of an init container', { initContainers: [{ name: 'a', ports: [{ containerPort: 80 }] }] }, true],
    ['not an empty list of ports', { containers: [{ name: 'a', ports: [] }] }, false],
    ['not other fields', { schedulerName: 's', containers: [{ name: 'primary', tty: true }, { name: 'a' }] }, false],
  ])('%s', (_what, spec, listens) => {
    expect(compiled({ spec }).listens).toBe(listens);
  });
});

describe('the volumes that a template borrows are', () => {
  const mounts = (...names: readonly string[]): Json => names.map((name) => ({ name, mountPath: `/${name}` }));
  const devices = (...names: readonly string[]): Json => names.map((name) => ({ name, devicePath: `/${name}` }));

  test.each<[what: string, spec: JsonObject, borrowed: readonly string[]]>([
    ['what a sidecar mounts', { containers: [{ name: 'a', volumeMounts: mounts('v', 'w') }] }, ['v', 'w']],
    ['its devices', { containers: [{ name: 'a', volumeDevices: devices('v') }] }, ['v']],
    ['what an init container mounts', { initContainers: [{ name: 'a', volumeMounts: mounts('v') }] }, ['v']],
    ['what the primary entry mounts', { containers: [{ name: 'primary', volumeMounts: mounts('v') }] }, ['v']],
    ['devices of all containers', { containers: [{ name: 'default', volumeDevices: devices('v') }] }, ['v']],
    [
      'what all init containers mount',
      { initContainers: [{ name: 'default-init', volumeMounts: mounts('v') }] },
      ['v'],
    ],
    [
      'not what it brings',
      { containers: [{ name: 'a', volumeMounts: mounts('v', 'w') }], volumes: [{ name: 'v', emptyDir: {} }] },
      ['w'],
    ],
    ['nothing else that has a name', { containers: [{ name: 'default', env: [{ name: 'v' }], tty: true }] }, []],
    ['nothing without a name', { containers: [{ name: 'a', volumeMounts: [{ mountPath: '/x' }, 'x'] }] }, []],
  ])('%s', (_what, spec, borrowed) => {
    expect([...compiled({ spec }).borrowedVolumes]).toEqual(borrowed);
  });
});
