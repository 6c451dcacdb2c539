import { describe, expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../src/cluster/jitter.ts';
import { startReflector } from '../../src/cluster/reflector.ts';
import type { Reflector, ReflectorTimes } from '../../src/cluster/reflector.ts';
import { injectionTemplates, namespaces, podTemplates } from '../../src/cluster/watched-kind.ts';
import type { WatchedKind } from '../../src/cluster/watched-kind.ts';
import { stringField, objectField } from '../../src/core/json.ts';
import { clientOf, startFakeApiServer } from '../support/fake-api-server.ts';
import type { FakeApiServer, Fault } from '../support/fake-api-server.ts';
import { until } from '../support/until.ts';

const templates = injectionTemplates.path;
const quick: Partial<ReflectorTimes> = {
  backOff: { baseMs: 5, maxMs: 40 },
  listEveryMs: 0,
  startJitterMs: 0,
  relistJitterMs: 5,
};

function template(name: string, extra: object = {}) {
  return {
    apiVersion: 'podgraft.dev/v1alpha1',
    kind: 'InjectionTemplate',
    metadata: { namespace: 'a', name },
    ...extra,
  };
}

interface Told {
  readonly lists: string[];
  readonly restarts: string[];
  readonly problems: (string | undefined)[];
}

async function reflect(
  server: FakeApiServer,
  times: Partial<ReflectorTimes> = quick,
  kind: WatchedKind = injectionTemplates,
) {
  const told: Told = { lists: [], restarts: [], problems: [] };
  /** When it asked, by its own clock: what is on its way for a while comes closer to what follows. */
  const askedMs: number[] = [];
  let changes = 0;
  const client = await clientOf(server);
  const reflector = startReflector({
    client: {
      ...client,
      get: async (request) => {
        askedMs.push(performance.now());
        return client.get(request);
      },
    },
    kind,
    random: seededRandom('replica'),
    times,
    onChange: () => (changes += 1),
    events: {
      onListed: (_, result) => told.lists.push(result),
      onRestart: (_, reason) => told.restarts.push(reason),
      onProblem: (_, message) => told.problems.push(message),
      onSynced: () => undefined,
    },
  });
  onTestFinished(reflector.close);
  return { reflector, told, askedMs, changes: () => changes };
}

function names(reflector: Reflector): readonly string[] {
  return [...(reflector.store()?.keys() ?? [])].toSorted();
}

async function reflected(server: FakeApiServer, times?: Partial<ReflectorTimes>) {
  const made = await reflect(server, times);
  await until('it watches', () => server.watchers(templates) === 1);
  return made;
}

function count(server: FakeApiServer, verb: 'list' | 'watch'): number {
  return server.seen.filter((seen) => seen.verb === verb).length;
}

describe('a reflector', () => {
  test('lists 500 at a time, then watches from there, with bookmarks and an end between 240 and 480 s', async () => {
    const server = await startFakeApiServer();
    for (let index = 0; index < 1201; index += 1) server.apply(templates, template(`t${index}`));
    const { reflector } = await reflected(server);
    expect(names(reflector)).toHaveLength(1201);
    const lists = server.seen.filter(({ verb }) => verb === 'list');
    expect(lists.map(({ query }) => query.get('limit'))).toEqual(['500', '500', '500']);
    const watch = server.seen.find(({ verb }) => verb === 'watch');
    expect(watch?.query.get('allowWatchBookmarks')).toBe('true');
    expect(watch?.query.get('resourceVersion')).toBe('1301');
    expect(Number(watch?.query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(240);
    expect(Number(watch?.query.get('timeoutSeconds'))).toBeLessThanOrEqual(480);
  });

  test('follows what is added, changed and deleted, and freezes it', async () => {
    const server = await startFakeApiServer();
    server.apply(templates, template('one'));
    const { reflector } = await reflected(server);
    server.apply(templates, template('two'));
    server.apply(templates, template('one', { spec: { order: 3 } }));
    await until('both are there', () => names(reflector).length === 2);
    await until('the change is there', () => 'spec' in (reflector.store()?.get('a/one') ?? {}));
    const object = reflector.store()?.get('a/one');
    expect(Object.isFrozen(object) && Object.isFrozen(object?.['spec'])).toBe(true);
    server.remove(templates, 'a/two');
    await until('one is gone', () => names(reflector).join() === 'a/one');
    expect(count(server, 'list')).toBe(1);
  });

  test('keeps what a list brings again as it is in memory', async () => {
    const server = await startFakeApiServer();
    server.apply(templates, template('one'));
    server.apply(templates, template('two'));
    const { reflector } = await reflected(server);
    const one = reflector.store()?.get('a/one');
    server.endWatches('end');
    server.compact();
    server.apply(templates, template('two', { spec: {} }));
    await until('it has listed again', () => count(server, 'list') === 2 && server.watchers(templates) === 1);
    expect(reflector.store()?.get('a/one')).toBe(one);
    expect('spec' in (reflector.store()?.get('a/two') ?? {})).toBe(true);
  });

  test('T46 what was deleted while it could not see goes with the list after a 410, and nothing is empty in between', async () => {
    const server = await startFakeApiServer();
    server.apply(templates, template('stays'));
    server.apply(templates, template('goes'));
    const { reflector, told } = await reflected(server);
    await server.goAway();
    server.remove(templates, 'a/goes');
    server.apply(templates, template('comes'));
    server.compact();
    await until('it has noticed', () => told.restarts.length > 2);
    expect(names(reflector)).toEqual(['a/goes', 'a/stays']);
    let smallest = 2;
    const looking = setInterval(() => (smallest = Math.min(smallest, names(reflector).length)), 1);
    await server.comeBack();
    await until('it has caught up', () => names(reflector).join() === 'a/comes,a/stays');
    clearInterval(looking);
    expect(smallest).toBe(2);
    expect(told.lists).toEqual(['ok', 'ok']);
    expect(told.restarts).toContain('gone');
    await until('it says so', () => told.problems.at(-1) === undefined && reflector.problem() === undefined);
  });

  test('T48 history that goes while it pages makes it ask for all at once, and nothing of the pages is kept', async () => {
    const server = await startFakeApiServer();
    for (let index = 0; index < 600; index += 1) server.apply(templates, template(`t${index}`));
    let isFirst = true;
    server.onRequest(({ query }) => {
      if (!query.has('continue') || !isFirst) return undefined;
      isFirst = false;
      server.compact();
      server.remove(templates, 'a/t0');
      return undefined;
    });
    const { reflector, told } = await reflected(server);
    expect(names(reflector)).toHaveLength(599);
    expect(names(reflector)).not.toContain('a/t0');
    expect(told.lists).toEqual(['ok']);
    const lists = server.seen.filter(({ verb }) => verb === 'list');
    expect(lists.map(({ query }) => query.get('limit'))).toEqual(['500', '500', null]);
  });

  test('a bookmark moves it on, so that compaction of what came before costs no list', async () => {
    const server = await startFakeApiServer();
    const { reflector } = await reflected(server);
    server.apply('/api/v1/others', template('elsewhere'));
    server.compact();
    server.bookmark(templates);
    server.apply(templates, template('one'));
    await until('it is there', () => names(reflector).length === 1);
    server.endWatches('end');
    await until('it watches again', () => count(server, 'watch') === 2 && server.watchers(templates) === 1);
    expect(count(server, 'list')).toBe(1);
  });

  test.each(['end', 'reset'] as const)('T47 goes on from where it was after a watch that had an %s', async (how) => {
    const server = await startFakeApiServer();
    const { reflector } = await reflected(server);
    server.endWatches(how);
    server.apply(templates, template('meanwhile'));
    await until('it has caught up', () => names(reflector).length === 1);
    expect(count(server, 'list')).toBe(1);
  });

  test('T47 a connection that is half open is given up after the end of the watch and some slack', async () => {
    const server = await startFakeApiServer();
    const { reflector, told } = await reflected(server, { ...quick, watchSeconds: [1, 1], idleSlackMs: 100 });
    server.endWatches('silence');
    server.apply(templates, template('unheard'));
    await until('it has caught up', () => names(reflector).length === 1);
    expect(told.restarts[0]).toBe('timeout');
    expect(count(server, 'list')).toBe(1);
  });

  const lines: readonly (readonly [string, string])[] = [
    ['no JSON', '{"type": "ADDED", "obj'],
    ['a scalar', '7'],
    ['an event without object', '{"type":"ADDED"}'],
    ['an event without metadata', '{"type":"ADDED","object":{"kind":"InjectionTemplate"}}'],
    ['an event without name', '{"type":"ADDED","object":{"metadata":{"resourceVersion":"9"}}}'],
    ['an event of no known type', '{"type":"MOVED","object":{"metadata":{"name":"x","resourceVersion":"9"}}}'],
  ];
  test.each(lines)('T47 %s in a watch is counted, and what comes after it isn’t lost', async (_, line) => {
    const server = await startFakeApiServer();
    const { reflector, told } = await reflected(server);
    server.say(templates, line);
    server.apply(templates, template('after'));
    await until('it is there', () => names(reflector).join() === 'a/after');
    expect(told.restarts).toContain('garbage');
    expect(told.problems[0]).toMatch(/^watch InjectionTemplates at https:.*: a line is no event; /u);
  });

  test('T47 nothing but garbage ends in a list', async () => {
    const server = await startFakeApiServer();
    server.onRequest(({ verb }) => (verb === 'watch' ? 'garbage' : undefined));
    const { told } = await reflect(server);
    await until('it has listed again', () => count(server, 'list') > 1);
    expect(told.restarts.slice(0, 3)).toEqual(['garbage', 'garbage', 'garbage']);
  });

  const errors: readonly (readonly [string, string, string])[] = [
    ['410', '{"kind":"Status","code":410,"reason":"Expired"}', 'gone'],
    ['500', '{"kind":"Status","code":500}', 'broken'],
    ['429', '{"kind":"Status","code":429,"details":{"retryAfterSeconds":0.01}}', 'busy'],
  ];
  test.each(errors)(
    'T47 an ERROR event %s is the end of the watch, not of the reflector',
    async (code, status, reason) => {
      const server = await startFakeApiServer();
      const { reflector, told } = await reflected(server);
      server.say(templates, `{"type":"ERROR","object":${status}}`);
      server.apply(templates, template('after'));
      await until('it is there', () => names(reflector).length === 1 && server.watchers(templates) === 1);
      expect(told.restarts[0]).toBe(reason);
      expect(count(server, 'list')).toBe(code === '410' ? 2 : 1);
    },
  );

  const faults: readonly (readonly [string, Fault, string, RegExp])[] = [
    ['401', { status: 401 }, 'unauthorized', /HTTP 401; the token or client certificate has expired/u],
    ['403', { status: 403, message: 'cannot list' }, 'forbidden', /HTTP 403, cannot list; grant it/u],
    ['404', { status: 404 }, 'absent', /install the CustomResourceDefinition injectiontemplates\.podgraft\.dev/u],
    ['429', { status: 429, headers: { 'Retry-After': '0' } }, 'busy', /overloaded/u],
    ['500', { status: 500 }, 'broken', /HTTP 500/u],
    ['a reset', 'reset', 'disconnected', /ECONNRESET/u],
  ];
  describe.each(faults)('T47 %s', (_, fault, reason, message) => {
    test('of the first list is tried again and again, and said once', async () => {
      const server = await startFakeApiServer();
      server.apply(templates, template('one'));
      const undo = server.onRequest(() => fault);
      const { reflector, told } = await reflect(server);
      await until('it has been tried', () => count(server, 'list') >= 4);
      expect(reflector.store()).toBeUndefined();
      expect(reflector.problem()).toMatch(message);
      expect(told.problems).toHaveLength(1);
      undo();
      await until('it is there', () => names(reflector).length === 1);
      expect(told.problems.at(-1)).toBeUndefined();
    });

    test('of a watch is tried again and again, while what is known stays', async () => {
      const server = await startFakeApiServer();
      server.apply(templates, template('one'));
      const { reflector, told } = await reflected(server);
      const undo = server.onRequest(({ verb }) => (verb === 'watch' ? fault : undefined));
      server.endWatches('end');
      await until('it has been tried', () => count(server, 'watch') >= 5);
      expect(names(reflector)).toEqual(['a/one']);
      expect(told.restarts).toContain(reason);
      undo();
      server.apply(templates, template('two'));
      await until('it has caught up', () => names(reflector).length === 2);
      expect(count(server, 'list')).toBe(1);
    });
  });

  test('R13 comes back when a full API server says, not before', async () => {
    const server = await startFakeApiServer();
    const undo = server.onRequest(() => ({ status: 429, headers: { 'Retry-After': '1' } }));
    const { reflector } = await reflect(server);
    await until('it has asked', () => count(server, 'list') === 1);
    undo();
    await until('it has synced', () => reflector.store() !== undefined);
    const [first, second] = server.seen.filter(({ verb }) => verb === 'list');
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(990);
  });

  test('R15 lists at most once in its time, however often it is told that history is gone', async () => {
    const server = await startFakeApiServer();
    const startMs = performance.now();
    const { told, askedMs } = await reflected(server, { ...quick, listEveryMs: 400 });
    server.onRequest(({ verb }) => (verb === 'watch' ? { status: 410 } : undefined));
    server.endWatches('end');
    await until('it has listed some times', () => told.lists.length === 4);
    // From before the first began: each may be noted late on a busy machine, and the next one not. A timer may be 1 ms early.
    expect(askedMs.length).toBeGreaterThanOrEqual(4);
    for (const [index, atMs] of askedMs.entries()) expect(atMs - startMs).toBeGreaterThan(index * 395);
  });

  test('R12 watches that end at once are no storm', async () => {
    const server = await startFakeApiServer();
    await reflected(server, { ...quick, backOff: { baseMs: 100, maxMs: 10_000 } });
    server.onRequest(({ verb }) => (verb === 'watch' ? 'garbage' : undefined));
    const before = count(server, 'watch');
    server.endWatches('end');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(count(server, 'watch') - before).toBeLessThan(15);
  });

  test('stops where it stands', async () => {
    const server = await startFakeApiServer();
    const { reflector } = await reflected(server);
    await reflector.close();
    await until('the watch is closed', () => server.watchers(templates) === 0);
    const requests = server.seen.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.seen).toHaveLength(requests);
  });
});

describe('what is kept', () => {
  test('of namespaces: names, labels and our annotations, and only these are asked for', async () => {
    const server = await startFakeApiServer();
    const annotations = { 'podgraft.dev/default-template': 't', 'other.example/large': 'x' };
    server.apply(namespaces.path, {
      metadata: { name: 'a', labels: { team: 'x' }, annotations },
      spec: { finalizers: ['f'] },
    });
    const { reflector } = await reflect(server, quick, namespaces);
    await until('it has synced', () => reflector.store() !== undefined);
    expect(reflector.store()?.get('/a')).toEqual({
      metadata: {
        name: 'a',
        resourceVersion: '101',
        labels: { team: 'x' },
        annotations: { 'podgraft.dev/default-template': 't' },
        deletionTimestamp: null,
      },
    });
    await until('it watches', () => server.watchers(namespaces.path) === 1);
    expect(server.seen.map(({ accept }) => accept)).toEqual([
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    ]);
  });

  test('of PodTemplates: those with our label, as what they are, without managedFields', async () => {
    const server = await startFakeApiServer();
    const labels = { 'podgraft.dev/is-template': 'true' };
    server.apply(podTemplates.path, {
      metadata: { namespace: 'a', name: 'ours', labels, managedFields: [{}] },
      template: {},
    });
    server.apply(podTemplates.path, { metadata: { namespace: 'a', name: 'not' }, template: {} });
    const { reflector } = await reflect(server, quick, podTemplates);
    await until('it has synced', () => reflector.store() !== undefined);
    expect(names(reflector)).toEqual(['a/ours']);
    const object = reflector.store()?.get('a/ours') ?? {};
    expect(stringField(object, 'kind')).toBe('PodTemplate');
    expect(objectField(object, 'metadata')).not.toHaveProperty('managedFields');
  });
});

test('R15 replicas have rows of random numbers of their own, each the same again', () => {
  const row = (seed: string) => {
    const random = seededRandom(seed);
    return Array.from({ length: 100 }, random);
  };
  expect(row('podgraft-0')).toEqual(row('podgraft-0'));
  expect(row('podgraft-0')).not.toEqual(row('podgraft-1'));
  const sum = row('podgraft-0').reduce((a, b) => a + b, 0);
  expect(sum).toBeGreaterThan(30);
  expect(sum).toBeLessThan(70);
});
