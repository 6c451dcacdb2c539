import { describe, expect, onTestFinished, test } from 'vitest';
import { findNamespace } from '../../src/cluster/namespace-cache.ts';
import { newTemplateCache } from '../../src/cluster/template-cache.ts';
import type { FileTemplates, TemplateCache } from '../../src/cluster/template-cache.ts';
import { deepFreeze } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/register/parse-template.ts';
import { defaultSettings } from '../../src/core/settings.ts';
import type { Template } from '../../src/core/template.ts';
import { until } from '../support/until.ts';

const root = defaultSettings.rootNamespace;
const noFiles: FileTemplates = { templates: [], ids: new Set() };

interface Options {
  readonly namespace?: string;
  readonly image?: string;
  readonly spec?: JsonObject;
  readonly created?: number;
  readonly uid?: string;
}

/** An InjectionTemplate as the API server hands it over; `image: ''` makes it invalid. */
function injection(
  name: string,
  { namespace = root, image = 'a:1', spec = {}, created = 0, uid = name }: Options = {},
) {
  return deepFreeze({
    apiVersion: 'podgraft.dev/v1alpha1',
    kind: 'InjectionTemplate',
    metadata: {
      namespace,
      name,
      uid,
      generation: 1,
      resourceVersion: '1',
      creationTimestamp: `2026-01-01T00:00:${String(created).padStart(2, '0')}Z`,
    },
    spec: { template: { spec: { containers: [{ name: 'side', image }] } }, ...spec },
  });
}

function podTemplate(name: string) {
  return deepFreeze({
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: {
      namespace: root,
      name,
      uid: `pt-${name}`,
      labels: { 'podgraft.dev/is-template': 'true' },
      creationTimestamp: '2025-01-01T00:00:00Z',
    },
    template: { spec: { containers: [{ name: 'from-pod-template', image: 'a:1' }] } },
  });
}

interface Stores {
  injections: Map<string, JsonObject> | undefined;
  pods: Map<string, JsonObject> | undefined;
  files: FileTemplates;
  readonly verdicts: Map<string, string | undefined>;
  calls: number;
}

function newStores(): Stores {
  return { injections: new Map(), pods: new Map(), files: noFiles, verdicts: new Map(), calls: 0 };
}

function put(map: Map<string, JsonObject> | undefined, ...objects: readonly JsonObject[]): void {
  for (const object of objects) {
    const { namespace, name } = object['metadata'] as { readonly namespace: string; readonly name: string };
    map?.set(`${namespace}/${name}`, object);
  }
}

function newCache(stores: Stores, limits = { templates: 50, bytes: 1024 * 1024 }): TemplateCache {
  const cache = newTemplateCache({
    settings: defaultSettings,
    limits,
    stores: () => ({ InjectionTemplate: stores.injections, PodTemplate: stores.pods }),
    files: () => stores.files,
    onVerdict: (key, verdict) => {
      stores.calls += 1;
      stores.verdicts.set(key, verdict?.reason);
    },
    settleMs: 5,
  });
  onTestFinished(cache.close);
  return cache;
}

async function settled(cache: TemplateCache, stores: Stores, key: string, reason: string | undefined): Promise<void> {
  cache.changed();
  await until(`${key} is ${reason ?? 'gone'}`, () => stores.verdicts.get(key) === reason);
}

function sidecarOf(cache: TemplateCache, name: string, namespace = root): Json | undefined {
  return cache.set().get(namespace, name)?.compiled.sidecars[0]?.value['image'];
}

describe('templates of the cluster', () => {
  test('are served when both kinds have been listed, not before', async () => {
    const stores = newStores();
    stores.pods = undefined;
    put(stores.injections, injection('one'));
    const cache = newCache(stores);
    await settled(cache, stores, `InjectionTemplate ${root}/one`, 'Accepted');
    expect(cache.isReady()).toBe(false);
    stores.pods = new Map();
    cache.changed();
    await until('it is ready', cache.isReady);
    expect(cache.set().size).toBe(1);
  });

  test('R19 that become invalid are served as they were last, and say so; another one is not served at all', async () => {
    const stores = newStores();
    put(stores.injections, injection('good', { image: 'a:1' }), injection('bad', { image: '' }), injection('other'));
    const cache = newCache(stores);
    await settled(cache, stores, `InjectionTemplate ${root}/bad`, 'Invalid');
    const { hash } = cache.set().get(root, 'good')!;
    put(stores.injections, injection('good', { image: '' }));
    await settled(cache, stores, `InjectionTemplate ${root}/good`, 'Invalid');
    expect(sidecarOf(cache, 'good')).toBe('a:1');
    expect(cache.set().get(root, 'bad')).toBeUndefined();
    expect(cache.counts()).toEqual({ active: 2, invalid: 2 });
    const verdict = cache.verdicts().get(`InjectionTemplate ${root}/good`);
    expect(verdict?.served?.hash).toBe(hash);
    expect(verdict?.message).toMatch(
      /^the last valid version stays in use; this one: spec\.template\.spec\.containers\[0\]\.image: Required value/u,
    );
    put(stores.injections, injection('good', { image: 'a:3' }));
    await settled(cache, stores, `InjectionTemplate ${root}/good`, 'Accepted');
    expect(sidecarOf(cache, 'good')).toBe('a:3');
  });

  test('that are deleted, or deleted and made anew invalid, are gone', async () => {
    const stores = newStores();
    put(stores.injections, injection('one'), injection('two'));
    const cache = newCache(stores);
    await settled(cache, stores, `InjectionTemplate ${root}/two`, 'Accepted');
    stores.injections?.delete(`${root}/one`);
    put(stores.injections, injection('two', { image: '', uid: 'another' }));
    await settled(cache, stores, `InjectionTemplate ${root}/two`, 'Invalid');
    expect(cache.set().size).toBe(0);
    expect(stores.verdicts.get(`InjectionTemplate ${root}/one`)).toBeUndefined();
  });

  test('a message is at most 1 KiB and names no contents', async () => {
    const stores = newStores();
    const containers = Array.from({ length: 60 }, (_, index) => ({
      name: `c${index}`,
      imagee: 'hush',
      env: [{ name: 'A', value: 'hush', valueFrom: {} }],
    }));
    put(stores.injections, injection('long', { spec: { template: { spec: { containers } } } }));
    const cache = newCache(stores);
    await settled(cache, stores, `InjectionTemplate ${root}/long`, 'Invalid');
    const message = cache.verdicts().get(`InjectionTemplate ${root}/long`)?.message ?? '';
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
    expect(message).toMatch(/; and \d+ more$/u);
    expect(message).not.toContain('hush');
  });

  test('exist once: files come first, then InjectionTemplates, valid or not', async () => {
    const stores = newStores();
    const parsed = parseTemplate(injection('filed', { image: 'file:1' }), defaultSettings);
    const file = (parsed as { readonly template: Template }).template;
    stores.files = { templates: [file], ids: new Set([file.id, `${root}/broken-file`]) };
    put(stores.injections, injection('filed'), injection('broken-file'), injection('both', { image: '' }));
    put(stores.pods, podTemplate('both'), podTemplate('alone'));
    const cache = newCache(stores);
    await settled(cache, stores, `PodTemplate ${root}/alone`, 'Accepted');
    expect(Object.fromEntries(stores.verdicts)).toEqual({
      [`InjectionTemplate ${root}/filed`]: 'Shadowed',
      [`InjectionTemplate ${root}/broken-file`]: 'Shadowed',
      [`InjectionTemplate ${root}/both`]: 'Invalid',
      [`PodTemplate ${root}/both`]: 'Shadowed',
      [`PodTemplate ${root}/alone`]: 'Accepted',
    });
    expect(sidecarOf(cache, 'filed')).toBe('file:1');
    expect(cache.set().size).toBe(2);
    stores.injections?.delete(`${root}/both`);
    await settled(cache, stores, `PodTemplate ${root}/both`, 'Accepted');
  });

  test('of a namespace are limited in number and bytes, the oldest first; those of the root namespace are not', async () => {
    const stores = newStores();
    const names = ['c', 'b', 'a'];
    put(stores.injections, ...names.map((name, created) => injection(name, { namespace: 'team', created })));
    put(stores.injections, ...names.map((name) => injection(name)));
    const cache = newCache(stores, { templates: 2, bytes: 1024 * 1024 });
    await settled(cache, stores, 'InjectionTemplate team/a', 'TooMany');
    expect(
      cache
        .set()
        .inNamespace('team')
        .map(({ name }) => name),
    ).toEqual(['b', 'c']);
    expect(cache.set().inNamespace(root)).toHaveLength(3);
    stores.injections?.delete('team/c');
    await settled(cache, stores, 'InjectionTemplate team/a', 'Accepted');

    const small = newStores();
    put(small.injections, injection('first', { namespace: 'team', created: 1 }));
    put(
      small.injections,
      injection('large', { namespace: 'team', created: 2, spec: { description: 'x'.repeat(500) } }),
    );
    put(small.injections, injection('third', { namespace: 'team', created: 3 }));
    const byBytes = newCache(small, { templates: 50, bytes: 400 });
    await settled(byBytes, small, 'InjectionTemplate team/large', 'TooMany');
    expect(
      byBytes
        .set()
        .inNamespace('team')
        .map(({ name }) => name),
    ).toEqual(['first', 'third']);
    expect(byBytes.verdicts().get('InjectionTemplate team/large')?.message).toMatch(
      /^namespace team may have 50 templates and 400 bytes/u,
    );
  });

  test('are not compiled again where only their status or managers changed', async () => {
    const stores = newStores();
    put(stores.injections, injection('one'));
    const cache = newCache(stores);
    await settled(cache, stores, `InjectionTemplate ${root}/one`, 'Accepted');
    const before = cache.set().get(root, 'one');
    const again = injection('one');
    put(stores.injections, { ...again, metadata: { ...again.metadata, resourceVersion: '2' }, status: { hash: 'x' } });
    const calls = stores.calls;
    cache.changed();
    await until('it has been looked at', () => stores.calls > calls);
    expect(cache.set().get(root, 'one')).toBe(before);
  });

  test('R17 ten thousand of them are read in between requests, and a change is one more template to read', async () => {
    const stores = newStores();
    for (let index = 0; index < 10_000; index += 1) {
      put(stores.injections, injection(`t${index}`, { namespace: `n${index % 500}` }));
    }
    const cache = newCache(stores);
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    onTestFinished(() => clearInterval(turning));
    cache.changed();
    await until('all are served', () => cache.set().size === 10_000, 60_000);
    expect(turns).toBeGreaterThan(20);
    const other = cache.set().get('n2', 't2');
    put(stores.injections, injection('t1', { namespace: 'n1', image: 'a:2' }));
    cache.changed();
    await until('the change is served', () => sidecarOf(cache, 't1', 'n1') === 'a:2');
    expect(cache.set().get('n2', 't2')).toBe(other);
  });
});

describe('a namespace', () => {
  const store = new Map<string, JsonObject>([
    [
      '/a',
      {
        metadata: {
          name: 'a',
          labels: { team: 'x' },
          annotations: { 'podgraft.dev/default-template': 't' },
          deletionTimestamp: null,
        },
      },
    ],
    ['/b', { metadata: { name: 'b', labels: {}, annotations: {}, deletionTimestamp: '2026-01-01T00:00:00Z' } }],
  ]);
  test('is known by its labels and annotations', () => {
    expect(findNamespace(store, 'a')).toEqual({
      name: 'a',
      labels: { team: 'x' },
      annotations: { 'podgraft.dev/default-template': 't' },
    });
  });
  test.each([
    ['before namespaces have been listed', undefined, 'a'],
    ['that nobody has heard of', store, 'c'],
    ['called __proto__', store, '__proto__'],
    ['that is on its way out', store, 'b'],
  ])('T53 %s is unknown, not without labels', (_, from, name) => {
    expect(findNamespace(from, name)).toBeUndefined();
  });
});
