import { describe, expect, test } from 'vitest';
import { field } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { manifestObjects, misplacedKeys, podPlace } from '../../../src/core/manifest/workload.ts';
import type { PodPlace } from '../../../src/core/manifest/workload.ts';

const podTemplate = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'main' }] } };

function placeOf(object: JsonObject): PodPlace | undefined {
  return podPlace({ value: object, path: [] });
}

describe('podPlace', () => {
  const spec = { template: podTemplate };
  const cases: readonly (readonly [string, JsonObject, readonly string[], string])[] = [
    ['Deployment', { apiVersion: 'apps/v1', spec }, ['spec', 'template'], 'apps/v1 ReplicaSet'],
    ['ReplicaSet', { apiVersion: 'apps/v1', spec }, ['spec', 'template'], 'apps/v1 ReplicaSet'],
    ['StatefulSet', { apiVersion: 'apps/v1', spec }, ['spec', 'template'], 'apps/v1 StatefulSet'],
    ['DaemonSet', { apiVersion: 'apps/v1', spec }, ['spec', 'template'], 'apps/v1 DaemonSet'],
    ['Job', { apiVersion: 'batch/v1', spec }, ['spec', 'template'], 'batch/v1 Job'],
    [
      'CronJob',
      { apiVersion: 'batch/v1', spec: { jobTemplate: { spec } } },
      ['spec', 'jobTemplate', 'spec', 'template'],
      'batch/v1 Job',
    ],
    ['ReplicationController', { apiVersion: 'v1', spec }, ['spec', 'template'], 'v1 ReplicationController'],
    ['PodTemplate', { apiVersion: 'v1', template: podTemplate }, ['template'], 'v1 PodTemplate'],
  ];
  test.each(cases)('%s: its template, and the controller of its pods', (kind, object, path, controller) => {
    const place = placeOf({ ...object, kind, metadata: { name: 'x', namespace: 'n' } });
    expect(place).toMatchObject({ kind, name: 'x', namespace: 'n', path });
    const [owner] = (field(place!.pod['metadata'], 'ownerReferences') as readonly JsonObject[] | undefined) ?? [];
    const [apiVersion, ownerKind] = controller.split(' ');
    expect(owner).toMatchObject({ apiVersion, kind: ownerKind, controller: true });
    expect(place!.pod['spec']).toBe(podTemplate.spec);
    expect(field(place!.pod['metadata'], 'labels')).toEqual({ a: 'b' });
  });

  test('a pod is itself', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'x-' } };
    expect(placeOf(pod)).toEqual({ kind: 'Pod', name: 'x-', object: [], path: [], pod });
  });

  test.each<[string, JsonObject]>([
    ['another kind', { apiVersion: 'v1', kind: 'ConfigMap' }],
    ['the kind of another group', { apiVersion: 'example.com/v1', kind: 'Deployment', spec }],
    ['a Pod of another group', { apiVersion: 'example.com/v1', kind: 'Pod', spec }],
    [
      'a template of ours',
      {
        apiVersion: 'v1',
        kind: 'PodTemplate',
        metadata: { labels: { 'podgraft.dev/is-template': 'true' } },
        template: podTemplate,
      },
    ],
    ['nothing', {}],
  ])('%s has no pod', (_, object) => {
    expect(placeOf(object)).toBeUndefined();
  });

  test.each<[string, Json]>([
    ['no template', {}],
    ['a template that is text', { template: 'x' }],
    ['null', null],
  ])('a workload with %s has a pod without a spec', (_, broken) => {
    expect(Object.hasOwn(placeOf({ apiVersion: 'apps/v1', kind: 'Deployment', spec: broken })!.pod, 'spec')).toBe(
      false,
    );
  });

  test('metadata of a wrong type stays, so that the pod is judged malformed', () => {
    const place = placeOf({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { template: { metadata: 'x', spec: {} } },
    });
    expect(place?.pod['metadata']).toBe('x');
  });
});

describe('manifestObjects', () => {
  test('the items of lists within lists count each, with their paths', () => {
    const inner = { apiVersion: 'v1', kind: 'List', items: [{ kind: 'A' }] };
    const outer = { apiVersion: 'v1', kind: 'List', items: [{ kind: 'B' }, inner, 'no object'] };
    expect(manifestObjects(outer).map(({ value, path }) => [value['kind'], path])).toEqual([
      ['B', ['items', 0]],
      ['A', ['items', 1, 'items', 0]],
    ]);
  });

  test('the items of a PodList are pods', () => {
    const [only] = manifestObjects({ apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'x' } }] });
    expect(podPlace(only!)).toMatchObject({ kind: 'Pod', name: 'x', path: ['items', 0] });
  });

  test.each<[string, Json, number]>([
    ['an object', { kind: 'A' }, 1],
    ['a List without items', { kind: 'List' }, 1],
    ['text', 'x', 0],
    ['a list', [], 0],
  ])('%s', (_, document, count) => {
    expect(manifestObjects(document)).toHaveLength(count);
  });
});

describe('misplacedKeys', () => {
  const metadata = {
    labels: { 'podgraft.dev/template': 'x', other: 'y' },
    annotations: { 'podgraft.dev/templates': 'x' },
  };

  test('a key on a workload itself, and on a CronJob’s jobs', () => {
    const value = { apiVersion: 'batch/v1', kind: 'CronJob', metadata, spec: { jobTemplate: { metadata, spec: {} } } };
    const object = { value, path: ['items', 0] };
    expect(misplacedKeys(object, podPlace(object)!).map(({ field: path }) => path.join(' '))).toEqual([
      'items 0 metadata labels podgraft.dev/template',
      'items 0 metadata annotations podgraft.dev/templates',
      'items 0 spec jobTemplate metadata labels podgraft.dev/template',
      'items 0 spec jobTemplate metadata annotations podgraft.dev/templates',
    ]);
  });

  test('none on a pod, where they belong', () => {
    const object = { value: { apiVersion: 'v1', kind: 'Pod', metadata }, path: [] };
    expect(misplacedKeys(object, podPlace(object)!)).toEqual([]);
  });
});
