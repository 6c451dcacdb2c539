import { describe, expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../src/cluster/jitter.ts';
import { holdLease } from '../../src/cluster/lease.ts';
import { startReflector } from '../../src/cluster/reflector.ts';
import { newStatusWriter } from '../../src/cluster/status.ts';
import { newTemplateCache } from '../../src/cluster/template-cache.ts';
import { injectionTemplates, podTemplates } from '../../src/cluster/watched-kind.ts';
import { field, objectField, own, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { defaultSettings } from '../../src/core/settings.ts';
import { clientOf, startFakeApiServer } from '../support/fake-api-server.ts';
import type { FakeApiServer } from '../support/fake-api-server.ts';
import { until } from '../support/until.ts';

const leases = '/apis/coordination.k8s.io/v1/leases';
const templates = injectionTemplates.path;
const root = defaultSettings.rootNamespace;

/** By default a holder may be silent for longer than any test takes: whoever takes over does so because it may. */
async function takePart(
  server: FakeApiServer,
  identity: string,
  { durationMs = 3_600_000, problems = [] }: { durationMs?: number; problems?: (string | undefined)[] } = {},
) {
  const changes: boolean[] = [];
  const lease = holdLease({
    client: await clientOf(server),
    namespace: 'p',
    name: 'status',
    identity,
    onChange: (isHolder) => changes.push(isHolder),
    onProblem: (message) => problems.push(message),
    durationMs,
    renewMs: 50,
  });
  onTestFinished(lease.close);
  return { ...lease, changes };
}

async function serverWithLease(): Promise<FakeApiServer> {
  const server = await startFakeApiServer();
  server.apply(leases, { metadata: { namespace: 'p', name: 'status' } });
  return server;
}

describe('the lease', () => {
  test('has one holder of many that want it at once', async () => {
    const server = await serverWithLease();
    const all = await Promise.all(Array.from({ length: 8 }, async (_, index) => takePart(server, `r${index}`)));
    await until('one holds it', () => all.some(({ isHolder }) => isHolder()));
    const rounds = server.seen.length;
    await until('all have looked again', () => server.seen.length > rounds + 40);
    expect(all.filter(({ isHolder }) => isHolder())).toHaveLength(1);
    expect(all.flatMap(({ changes }) => changes)).toEqual([true]);
    const spec = objectField(server.object(leases, 'p/status'), 'spec');
    expect(spec).toMatchObject({ leaseDurationSeconds: 3600, leaseTransitions: 1 });
    expect(stringField(spec, 'renewTime')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/u);
  });

  test('goes to another one when its holder leaves, at once', async () => {
    const server = await serverWithLease();
    const first = await takePart(server, 'first');
    await until('it is held', first.isHolder);
    await first.close();
    expect(own(objectField(server.object(leases, 'p/status'), 'spec'), 'holderIdentity')).toBe('');
    const second = await takePart(server, 'second');
    await until('the next one has it', second.isHolder);
    const third = await takePart(server, 'third');
    await second.close();
    await until('the one that waited has it', third.isHolder);
  });

  test('goes to another one when its holder falls silent', async () => {
    const server = await serverWithLease();
    server.apply(leases, {
      ...server.object(leases, 'p/status'),
      spec: { holderIdentity: 'dead', renewTime: '2026-01-01T00:00:00.000000Z' },
    });
    const second = await takePart(server, 'second', { durationMs: 400 });
    await until('the other has it', second.isHolder);
    // Its time begins when it has the answer to its first look, and it takes the Lease when that is over.
    const [looked, taken] = (['get', 'put'] as const).map((verb) => server.seen.find((seen) => seen.verb === verb));
    expect((taken?.atMs ?? 0) - (looked?.atMs ?? 0)).toBeGreaterThanOrEqual(400);
  });

  test('is given up by a holder that cannot say that it is one', async () => {
    const server = await serverWithLease();
    const only = await takePart(server, 'only', { durationMs: 400 });
    await until('it is held', only.isHolder);
    await server.goAway();
    await until('it is given up', () => !only.isHolder());
    await server.comeBack();
    await until('it is held again', only.isHolder);
    expect(only.changes).toEqual([true, false, true]);
  });

  test('that is not there is one line, and looked for again', async () => {
    const server = await startFakeApiServer();
    const problems: (string | undefined)[] = [];
    const one = await takePart(server, 'one', { problems });
    await until('it has looked', () => problems.length > 1);
    expect(problems[0]).toMatch(/^read Lease p\/status at https:.*: HTTP 404; see whether it is installed/u);
    server.apply(leases, { metadata: { namespace: 'p', name: 'status' } });
    await until('it is held', one.isHolder);
  });
});

function template(name: string, image: string): JsonObject {
  return {
    apiVersion: 'podgraft.dev/v1alpha1',
    kind: 'InjectionTemplate',
    metadata: { namespace: root, name },
    spec: { template: { spec: { containers: [{ name: 'side', image }] } } },
  };
}

/** A cache over the server, and the writer of one replica. */
async function writerOf(server: FakeApiServer, problems: (string | undefined)[] = []) {
  const client = await clientOf(server);
  const random = seededRandom('r');
  const events = { onListed: noop, onSynced: noop, onRestart: noop, onProblem: noop };
  const times = { startJitterMs: 0, listEveryMs: 0 };
  const cache = newTemplateCache({
    settings: defaultSettings,
    limits: { templates: 50, bytes: 1024 * 1024 },
    stores: () => ({ InjectionTemplate: injections.store(), PodTemplate: pods.store() }),
    files: () => ({ templates: [], ids: new Set() }),
    onVerdict: (key, verdict) => status.note(key, verdict),
    settleMs: 5,
  });
  const onChange = cache.changed;
  const status = newStatusWriter({
    client,
    verdicts: cache.verdicts,
    random,
    onChanged: noop,
    onProblem: (line) => problems.push(line),
  });
  const injections = startReflector({ client, kind: injectionTemplates, random, events, onChange, times });
  const pods = startReflector({ client, kind: podTemplates, random, events, onChange, times });
  onTestFinished(async () => {
    cache.close();
    await Promise.all([status.close(), injections.close(), pods.close()]);
  });
  await until('the cache is ready', cache.isReady);
  return { cache, status };
}

function noop(): void {
  // Nothing of this is asked for here.
}

function statusOf(server: FakeApiServer, name: string): JsonObject {
  return objectField(server.object(templates, `${root}/${name}`), 'status');
}

function accepted(server: FakeApiServer, name: string): Json | undefined {
  return field({ list: own(statusOf(server, name), 'conditions') ?? [] }, 'list');
}

function patches(server: FakeApiServer): number {
  return server.seen.filter(({ verb }) => verb === 'patch').length;
}

describe('the status of templates', () => {
  test('says what became of them, once, and nothing more where nothing changes', async () => {
    const server = await startFakeApiServer();
    server.apply(templates, template('good', 'a:1'));
    server.apply(templates, template('bad', ''));
    const { status, cache } = await writerOf(server);
    expect(patches(server)).toBe(0);
    status.setWriting(true);
    await until('both are written', () => patches(server) === 2);
    expect(statusOf(server, 'good')).toMatchObject({
      observedGeneration: 1,
      hash: cache.set().get(root, 'good')?.hash,
      podSecurityLevel: 'baseline',
    });
    expect(accepted(server, 'good')).toMatchObject([
      {
        type: 'Accepted',
        status: 'True',
        reason: 'Accepted',
        observedGeneration: 1,
        message: 'the template is in use',
      },
    ]);
    expect(accepted(server, 'bad')).toMatchObject([{ type: 'Accepted', status: 'False', reason: 'Invalid' }]);
    expect(statusOf(server, 'bad')).not.toHaveProperty('hash');
    // Its own writing comes back by the watch, and another replica takes over: none of that is news.
    const other = await writerOf(server);
    other.status.setWriting(true);
    server.apply(templates, template('marker', 'a:1'));
    await until('the next one is written', () => Object.keys(statusOf(server, 'marker')).length > 0);
    expect(server.seen.filter(({ verb, path }) => verb === 'patch' && !path.includes('marker'))).toHaveLength(2);
  });

  test('of one that becomes invalid keeps the hash of what is served, the conditions of others, and tells when it changed', async () => {
    const server = await startFakeApiServer();
    const overlaps = { type: 'Overlaps', status: 'False', reason: 'None' };
    server.apply(templates, { ...template('one', 'a:1'), status: { conditions: [overlaps] } });
    const { status, cache } = await writerOf(server);
    status.setWriting(true);
    await until('it is written', () => patches(server) === 1);
    const { hash } = cache.set().get(root, 'one')!;
    const before = server.object(templates, `${root}/one`) ?? {};
    server.apply(templates, { ...before, spec: template('one', '')['spec'] ?? null });
    await until('it is written again', () => patches(server) === 2);
    expect(statusOf(server, 'one')).toMatchObject({
      observedGeneration: 2,
      hash,
      conditions: [{ type: 'Accepted', reason: 'Invalid', observedGeneration: 2 }, overlaps],
    });
  });

  test('is written again after a failure, and a conflict is left to the watch', async () => {
    const server = await startFakeApiServer();
    const problems: (string | undefined)[] = [];
    server.apply(templates, template('one', 'a:1'));
    const undo = server.onRequest(({ verb }) =>
      verb === 'patch' ? { status: 403, message: 'cannot patch' } : undefined,
    );
    const { status } = await writerOf(server, problems);
    status.setWriting(true);
    await until('it has been tried', () => patches(server) > 1);
    expect(problems[0]).toMatch(
      /^write the status of InjectionTemplate podgraft-system\/one at .* HTTP 403, cannot patch; grant it/u,
    );
    undo();
    // The API server has it before its answer is back, and the problem ends with the answer.
    await until('the problem is over', () => problems.at(-1) === undefined);
    expect(Object.keys(statusOf(server, 'one'))).not.toHaveLength(0);
  });
});
