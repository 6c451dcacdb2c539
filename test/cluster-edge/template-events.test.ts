import { describe, expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../src/cluster/jitter.ts';
import { startReflector } from '../../src/cluster/reflector.ts';
import { newStatusWriter } from '../../src/cluster/status.ts';
import { isSameVerdict, newTemplateCache } from '../../src/cluster/template-cache.ts';
import { newTemplateEvents, podTemplateOccasion, reportingController } from '../../src/cluster/template-events.ts';
import type { EventResult } from '../../src/cluster/template-events.ts';
import { injectionTemplates, podTemplates } from '../../src/cluster/watched-kind.ts';
import { objectField, stringField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { defaultSettings } from '../../src/core/settings.ts';
import { clientOf, startFakeApiServer } from '../support/fake-api-server.ts';
import type { FakeApiServer } from '../support/fake-api-server.ts';
import { until } from '../support/until.ts';

const events = '/apis/events.k8s.io/v1/events';
const root = defaultSettings.rootNamespace;

const podTemplate = (image: string): JsonObject => ({ spec: { containers: [{ name: 'side', image }] } });

function injection(name: string, image: string): JsonObject {
  return {
    apiVersion: 'podgraft.dev/v1alpha1',
    kind: 'InjectionTemplate',
    metadata: { namespace: root, name },
    spec: { template: podTemplate(image) },
  };
}

function labelled(name: string, image: string): JsonObject {
  const labels = { 'podgraft.dev/is-template': 'true' };
  return { metadata: { namespace: root, name, labels }, template: podTemplate(image) };
}

interface Replica {
  readonly setWriting: (isWriting: boolean) => void;
  readonly results: readonly EventResult[];
  readonly problems: readonly (string | undefined)[];
}

let serial = 0;

/** One replica as `serve` wires it: cache, status and Events over the server. */
async function replicaOf(server: FakeApiServer, { maxWaiting = 100 } = {}): Promise<Replica> {
  const client = await clientOf(server);
  const random = seededRandom('r');
  const quiet = { onListed: noop, onSynced: noop, onRestart: noop, onProblem: noop };
  const times = { startJitterMs: 0, listEveryMs: 0 };
  const results: EventResult[] = [];
  const problems: (string | undefined)[] = [];
  const cache = newTemplateCache({
    settings: defaultSettings,
    limits: { templates: 50, bytes: 1024 * 1024 },
    stores: () => ({ InjectionTemplate: injections.store(), PodTemplate: pods.store() }),
    files: () => ({ templates: [], ids: new Set() }),
    onVerdict: (key, verdict, before) => {
      status.note(key, verdict);
      if (verdict === undefined || isSameVerdict(before, verdict)) return;
      const occasion = podTemplateOccasion(verdict, before, cache.isReady());
      if (occasion !== undefined) told.tell(verdict, occasion);
    },
    settleMs: 5,
  });
  serial += 1;
  const told = newTemplateEvents({
    client,
    verdicts: cache.verdicts,
    replica: `replica-${serial}`,
    onResult: (result) => results.push(result),
    onProblem: (problem) => problems.push(problem),
    maxWaiting,
  });
  const status = newStatusWriter({
    client,
    verdicts: cache.verdicts,
    random,
    onChanged: (verdict) => told.tell(verdict, 'changed'),
    onProblem: noop,
  });
  const onChange = cache.changed;
  const injections = startReflector({ client, kind: injectionTemplates, random, events: quiet, onChange, times });
  const pods = startReflector({ client, kind: podTemplates, random, events: quiet, onChange, times });
  onTestFinished(async () => {
    cache.close();
    await Promise.all([status.close(), told.close(), injections.close(), pods.close()]);
  });
  await until('the cache is ready', cache.isReady);
  const setWriting = (isWriting: boolean): void => {
    told.setWriting(isWriting);
    status.setWriting(isWriting);
  };
  return { setWriting, results, problems };
}

function noop(): void {
  // Nothing of this is asked for here.
}

/** `InjectionTemplate one: Accepted`, in the order of their creation. */
function eventsOf(server: FakeApiServer): readonly string[] {
  return server.created.map((event) => {
    const regarding = objectField(event, 'regarding');
    const about = ['kind', 'name'].map((key) => stringField(regarding, key)).join(' ');
    return `${about}: ${stringField(event, 'reason') ?? ''}`;
  });
}

describe('Events about templates', () => {
  test('are as the API wants them, and say what the status says', async () => {
    const server = await startFakeApiServer();
    server.apply(injectionTemplates.path, injection('good', 'a:1'));
    server.apply(injectionTemplates.path, injection('bad', ''));
    const replica = await replicaOf(server);
    replica.setWriting(true);
    await until('both are told', () => replica.results.length === 2);
    const [good, bad] = server.created;
    const object = server.object(injectionTemplates.path, `${root}/good`);
    const { uid } = objectField(object, 'metadata');
    expect(good).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: root, name: expect.stringMatching(/^good\.[0-9a-f]{16}$/u) as string },
      type: 'Normal',
      reason: 'Accepted',
      action: 'Accept',
      note: 'the template is in use',
      reportingController,
      reportingInstance: expect.stringMatching(/^replica-\d+$/u) as string,
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/u) as string,
      regarding: { apiVersion: 'podgraft.dev/v1alpha1', kind: 'InjectionTemplate', namespace: root, name: 'good', uid },
    });
    expect(bad).toMatchObject({ type: 'Warning', reason: 'Invalid', action: 'Reject' });
    const status = objectField(server.object(injectionTemplates.path, `${root}/bad`), 'status');
    expect(JSON.stringify(status)).toContain(JSON.stringify(stringField(bad, 'note')));
    expect(replica.results).toEqual(['created', 'created']);
  });

  test('come when a verdict changes, and neither for another generation of which the same is true, nor from who takes over', async () => {
    const server = await startFakeApiServer();
    server.apply(injectionTemplates.path, injection('one', 'a:1'));
    const first = await replicaOf(server);
    first.setWriting(true);
    await until('it is told', () => first.results.length === 1);
    const change = (image: string): void => {
      const before = server.object(injectionTemplates.path, `${root}/one`) ?? {};
      server.apply(injectionTemplates.path, { ...before, spec: { template: podTemplate(image) } });
    };
    const observed = (): unknown =>
      objectField(server.object(injectionTemplates.path, `${root}/one`), 'status')['observedGeneration'];
    change('a:2');
    await until('the new generation is judged', () => observed() === 2);
    const second = await replicaOf(server);
    first.setWriting(false);
    second.setWriting(true);
    change('');
    await until('the change is told', () => second.results.length === 1);
    change('a:3');
    await until('that it is mended is told', () => second.results.length === 2);
    expect(eventsOf(server)).toEqual([
      'InjectionTemplate one: Accepted',
      'InjectionTemplate one: Invalid',
      'InjectionTemplate one: Accepted',
    ]);
  });

  test('of PodTemplates, which have no status: what is new, and what was rejected before, once however many find it', async () => {
    const server = await startFakeApiServer();
    server.apply(podTemplates.path, labelled('old', 'a:1'));
    server.apply(podTemplates.path, labelled('broken', ''));
    const first = await replicaOf(server);
    first.setWriting(true);
    await until('the broken one is told', () => first.results.length === 1);
    const second = await replicaOf(server);
    first.setWriting(false);
    second.setWriting(true);
    await until('the second finds it too', () => second.results.length === 1);
    expect(second.results).toEqual(['there']);
    expect(second.problems).toEqual([undefined]);
    server.apply(podTemplates.path, labelled('new', 'a:1'));
    await until('the new one is told', () => second.results.length === 2);
    server.apply(podTemplates.path, labelled('broken', 'a:1'));
    await until('the mended one is told', () => second.results.length === 3);
    expect(eventsOf(server)).toEqual([
      'PodTemplate broken: Invalid',
      'PodTemplate new: Accepted',
      'PodTemplate broken: Accepted',
    ]);
    expect(server.created.map((event) => objectField(event, 'regarding')['apiVersion'])).toEqual(['v1', 'v1', 'v1']);
  });

  test('come from the holder of the Lease only', async () => {
    const server = await startFakeApiServer();
    const idle = await replicaOf(server);
    const writing = await replicaOf(server);
    writing.setWriting(true);
    server.apply(podTemplates.path, labelled('new', 'a:1'));
    server.apply(injectionTemplates.path, injection('one', 'a:1'));
    await until('both are told', () => writing.results.length === 2);
    expect(idle.results).toEqual([]);
    expect(server.created).toHaveLength(2);
  });

  test('are dropped where too many wait', async () => {
    const server = await startFakeApiServer();
    server.onRequest(({ verb }) => (verb === 'create' ? 'silence' : undefined));
    const replica = await replicaOf(server, { maxWaiting: 2 });
    replica.setWriting(true);
    for (let index = 0; index < 5; index += 1) server.apply(podTemplates.path, labelled(`p${index}`, 'a:1'));
    // One is being written, two wait.
    await until('the others are dropped', () => replica.results.length === 2);
    expect(replica.results).toEqual(['dropped', 'dropped']);
  });

  test('that may not be written are not tried again, and what stops them is one line', async () => {
    const server = await startFakeApiServer();
    const undo = server.onRequest(({ verb }) =>
      verb === 'create' ? { status: 403, message: 'no events' } : undefined,
    );
    const replica = await replicaOf(server);
    replica.setWriting(true);
    server.apply(podTemplates.path, labelled('one', 'a:1'));
    await until('it has been tried', () => replica.results.length === 1);
    expect(replica.results).toEqual(['failed']);
    expect(replica.problems[0]).toMatch(
      /^create an Event about PodTemplate podgraft-system\/one at https:\S+: HTTP 403, no events; grant it: the chart's roles do$/u,
    );
    undo();
    server.apply(podTemplates.path, labelled('two', 'a:1'));
    await until('the next one is written', () => replica.results.length === 2);
    expect(replica.problems.at(-1)).toBeUndefined();
    expect(eventsOf(server)).toEqual(['PodTemplate two: Accepted']);
  });

  test('have names that the API takes, whatever the template is called', async () => {
    const server = await startFakeApiServer();
    const replica = await replicaOf(server);
    replica.setWriting(true);
    const long = `${'a'.repeat(199)}.${'b'.repeat(53)}`;
    server.apply(podTemplates.path, labelled(long, 'a:1'));
    await until('it is told', () => replica.results.length === 1);
    const name = stringField(objectField(server.created[0], 'metadata'), 'name') ?? '';
    expect(name).toMatch(/^a{199}\.[0-9a-f]{16}$/u);
    expect(replica.results).toEqual(['created']);
    expect(server.object(events, `${root}/${name}`)).toBeDefined();
  });
});
