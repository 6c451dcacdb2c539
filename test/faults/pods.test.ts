import { describe, expect, test } from 'vitest';
import { field, objectField, own, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { ReviewAnswer } from '../support/api-server-client.ts';
import { throughServer } from '../support/api-server.ts';
import { asking, injectionTemplate, pod } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { serveAll, until } from './support/serve-process.ts';
import type { ServeProcess } from './support/serve-process.ts';
import { labels, logShipper, templateFiles } from './support/templates.ts';

const injected = 'podgraft.dev/injected';
const forty = Array.from({ length: 40 }, (_, index) => `example.com/${'k'.repeat(50)}-${index}`);
const files = {
  ...templateFiles(
    logShipper,
    labels,
    injectionTemplate('annotating', { metadata: { annotations: { 'example.com/key': 'x' } } }),
    injectionTemplate('forty', {
      metadata: { annotations: Object.fromEntries(forty.map((key) => [key, 'template'])) },
    }),
    injectionTemplate('one', {
      spec: { volumes: [{ name: 'shared', emptyDir: {} }], containers: [{ name: 'a', image: 'a:1' }] },
    }),
    injectionTemplate('two', {
      spec: {
        volumes: [{ name: 'shared', emptyDir: { medium: 'Memory' } }],
        containers: [{ name: 'a', image: 'b:1' }],
      },
    }),
    injectionTemplate(
      'open',
      { spec: { containers: [{ name: 'primary', env: [{ name: 'ADDED', value: 'x' }] }] } },
      { protect: ['image', 'command', 'args'] },
    ),
    injectionTemplate('matched', { metadata: { labels: { matched: 'here' } } }, { match: { podSelector: {} } }),
  ),
  'templates/namespaces.yaml':
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: covered, labels: {podgraft.dev/injection: enabled}}\n',
};
const flags = ['--reusable-selectors', '[{"matchLabels": {"env": "shared"}}]'];
const server = serveAll({ files, flags });
const replica = serveAll({ files, flags });

async function send(object: Json, request: JsonObject = {}, to: ServeProcess = server()): Promise<ReviewAnswer> {
  return to.client.review('/mutate/pods', podReview(object as JsonObject, request));
}

function containerNames({ object }: ReviewAnswer): readonly unknown[] {
  const containers = field(objectField(object, 'spec'), 'containers');
  return Array.isArray(containers) ? containers.map((container: Json) => field(container, 'name')) : [];
}

function causes({ status }: ReviewAnswer): string {
  return JSON.stringify(own(objectField(status, 'details'), 'causes'));
}

const untouched = { allowed: true, patch: [], warnings: [] };

describe('what is not for podgraft, or only looks like a pod', () => {
  test.each<[string, Json, JsonObject]>([
    ['T8 another kind', {}, { kind: { group: '', version: 'v1', kind: 'Node' } }],
    ['T8 a Pod of another group', asking(pod(), 'labels'), { kind: { group: 'x.io', version: 'v1', kind: 'Pod' } }],
    ['T8 a subresource', asking(pod(), 'labels'), { subResource: 'status' }],
    ['T8 an UPDATE', asking(pod(), 'labels'), { operation: 'UPDATE' }],
    ['T8 a DELETE', null, { operation: 'DELETE' }],
    ['T8 a CONNECT', asking(pod(), 'labels'), { operation: 'CONNECT', subResource: 'exec' }],
  ])('%s goes through untouched, and is counted as misdirected', async (_, object, request) => {
    const before = (await server().metric('podgraft_misdirected_reviews_total')) ?? 0;
    expect(await send(object, request)).toMatchObject(untouched);
    expect(await server().metric('podgraft_misdirected_reviews_total')).toBe(before + 1);
  });

  test.each<[string, Json]>([
    ['T9 null', null],
    ['T9 an object without anything', {}],
    ['T9 metadata that is text', { metadata: 'x', spec: { containers: [] } }],
    ['T9 no spec', { metadata: {} }],
    ['T9 no containers', pod({ containers: null })],
    ['T9 containers that are empty', pod({ containers: [] })],
    ['T9 containers that are an object', pod({ containers: {} })],
  ])('%s goes through untouched where no template was asked for', async (_, object) => {
    expect(await send(object)).toMatchObject(untouched);
  });

  test.each<[string, JsonObject]>([
    ['T9 no spec', asking({ metadata: {} }, 'log-shipper')],
    ['T9 no containers', asking(pod({ containers: null }), 'log-shipper')],
    ['T9 containers that are empty', asking(pod({ containers: [] }), 'log-shipper')],
    ['T9 containers that are an object', asking(pod({ containers: {} }), 'log-shipper')],
    ['T9 a container that is null', asking(pod({ containers: [null] }), 'log-shipper')],
  ])('%s is a 422 where one was', async (_, object) => {
    expect((await send(object)).allowed).toBe(false);
  });

  test.each([
    ['a mirror pod', asking(pod({}, { annotations: { 'kubernetes.io/config.mirror': 'x' } }), 'labels'), 'app'],
    ['a pod of kube-system', asking(pod({}, { namespace: 'kube-system' }), 'labels'), 'kube-system'],
    ['a CNI pod on the host’s network', asking(pod({ hostNetwork: true }), 'labels'), 'kube-system'],
  ])('T24 %s is left alone', async (_, object, namespace) => {
    expect(await send(object, { namespace })).toMatchObject({ allowed: true, patch: [] });
  });
});

describe('names and places', () => {
  test('T10 a pod without a name is patched, and the log calls it by its generateName', async () => {
    const object = asking(pod({}, { name: null, generateName: 'generated-t10-' }), 'log-shipper');
    expect(containerNames(await send(object, { name: '' }))).toEqual(['main', 'shipper']);
    await until(() => server().stdout().includes('"name":"generated-t10-"'));
  });

  test.each([null, 'elsewhere', 'kube-system'])(
    'T11 the namespace of the request counts, and metadata.namespace %s is left alone',
    async (namespace) => {
      const { object, allowed } = await send(pod({}, { namespace }), { namespace: 'covered' });
      expect(allowed).toBe(true);
      const metadata = objectField(object, 'metadata');
      expect(field(objectField(metadata, 'labels'), 'matched')).toBe('here');
      expect(field(metadata, 'namespace')).toBe(namespace);
    },
  );

  test.each<[string, JsonObject]>([
    ['absent', {}],
    ['null', { annotations: null }],
    ['full of / and ~', { annotations: { 'a/b~c': 'd', '~1/~0': 'e', '': 'f' } }],
  ])('T12 annotations that are %s get those of the template', async (_, given) => {
    const metadata = { name: 'web', labels: { 'podgraft.dev/template': 'annotating' }, ...given };
    const { object } = await send({ metadata, spec: { containers: [{ name: 'main', image: 'a' }] } });
    expect(field(objectField(object, 'metadata'), 'annotations')).toMatchObject({
      ...objectField(given, 'annotations'),
      'example.com/key': 'x',
    });
  });

  test.each([
    ['in a namespace that is terminating', { namespace: 'gone' }],
    ['whose namespace nobody has described', { namespace: 'nobody-described-it' }],
  ])('a pod %s gets what it names', async (_, request) => {
    expect((await send(asking(pod(), 'labels'), request)).patch).not.toEqual([]);
  });
});

describe('conflicts and marks', () => {
  test('T14 containers of one name are the API server’s to refuse, unless they are ours', async () => {
    const twice = pod({ containers: ['a', 'b'].map((image) => ({ name: 'main', image })) });
    expect((await send(asking(twice, 'labels'))).allowed).toBe(true);
    const ours = pod({ containers: ['a', 'b'].map((image) => ({ name: 'shipper', image })) });
    expect((await send(asking(ours, 'log-shipper'))).allowed).toBe(false);
  });

  test('T15 a container of the injected name and another image is refused, and the field is named', async () => {
    const answer = await send(asking(pod({ containers: [{ name: 'shipper', image: 'mine:1' }] }), 'log-shipper'));
    expect(answer.allowed).toBe(false);
    expect(causes(answer)).toContain('"field":"spec.containers[0].name"');
  });

  test('T16, T19 what it has grafted, defaulted and with what others put in since, gets no patch', async () => {
    const first = await send(asking(pod(), 'log-shipper'));
    const again = throughServer(first.object);
    expect((await send(again)).patch).toEqual([]);
    const spec = objectField(again, 'spec');
    const containers = (own(spec, 'containers') as JsonObject[]).map((container) => ({
      ...container,
      volumeMounts: [{ name: 'kube-api-access-x', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
      resources: { limits: { cpu: '1' }, requests: { cpu: '1' } },
    }));
    const meshed = { ...again, spec: { ...spec, containers: [...containers, { name: 'istio-proxy', image: 'p:1' }] } };
    const answer = await send(meshed);
    expect(answer).toMatchObject(untouched);
    expect(answer.auditAnnotations).toEqual(first.auditAnnotations);
  });

  test('T17 a forged mark is replaced, not believed', async () => {
    const { object } = await send(pod());
    const genuine = (await send(asking(pod(), 'log-shipper'))).object;
    const mark = field(objectField(objectField(genuine, 'metadata'), 'annotations'), injected) as string;
    const forged = asking(pod({}, { annotations: { [injected]: mark } }), 'log-shipper');
    expect(containerNames(await send(forged))).toEqual(['main', 'shipper']);
    const nonsense = asking(pod({}, { annotations: { [injected]: '{"v":1,' } }), 'log-shipper');
    expect(objectField((await send(nonsense)).object, 'metadata')).toEqual(objectField(genuine, 'metadata'));
    expect(object).toEqual(pod());
  });

  test('T18 a mark of an older generation: no second copy, the mark and the audit log name the hash of today', async () => {
    const first = await send(asking(pod(), 'log-shipper'));
    const metadata = objectField(first.object, 'metadata');
    const annotations = objectField(metadata, 'annotations');
    const hashes = stringField(first.auditAnnotations, 'hashes') ?? '';
    const old = (own(annotations, injected) as string).replace(hashes, '0123456789abcdef');
    const older = { ...first.object, metadata: { ...metadata, annotations: { ...annotations, [injected]: old } } };
    const answer = await send(older);
    expect(containerNames(answer)).toEqual(['main', 'shipper']);
    expect(answer.object).toEqual(first.object);
    expect(answer.patch.map(({ path }) => path)).toEqual(['/metadata/annotations/podgraft.dev~1injected']);
    expect(answer.auditAnnotations['hashes']).toBe(hashes);
  });

  test('T20 two templates that bring the same volume differently: both are named, byte for byte on every replica', async () => {
    const review = reviewBody(podReview(asking(pod(), 'one', 'two')));
    const [here, there] = await Promise.all(
      [server(), replica()].map(async ({ client }) => client.send('/mutate/pods', review)),
    );
    expect(here?.body).toBe(there?.body);
    const answer = await send(asking(pod(), 'one', 'two'));
    expect(answer.allowed).toBe(false);
    expect(causes(answer)).toMatch(
      /podgraft-system\/one.*podgraft-system\/two|podgraft-system\/two.*podgraft-system\/one/u,
    );
  });

  test('T21 a reusable pod that names a template is refused, in a dry run too', async () => {
    const object = asking(pod({}, { labels: { env: 'shared' } }), 'labels');
    const [real, dry] = [await send(object), await send(object, { dryRun: true })];
    expect(real.allowed).toBe(false);
    expect(causes(real)).toContain('Forbidden');
    expect(dry.status).toEqual(real.status);
  });

  test('T22 a template that is absent is a 422 with the nearest name; as a default it is left out', async () => {
    const answer = await send(asking(pod(), 'log-shiper'));
    expect(answer.allowed).toBe(false);
    expect(JSON.stringify(answer.status)).toContain('log-shipper');
  });

  test('T25 a Windows pod gets no container of a Linux template, but its labels', async () => {
    const windows = pod({ os: { name: 'windows' } });
    expect((await send(asking(windows, 'log-shipper'))).allowed).toBe(false);
    expect((await send(asking(windows, 'labels'))).patch).not.toEqual([]);
  });
});

describe('what is large, wide or strange', () => {
  const env = Array.from({ length: 1000 }, (_, index) => ({ name: `E${index}`, value: 'x' }));
  const many = (count: number): JsonObject[] =>
    Array.from({ length: count }, (_, index) => ({ name: `c${index}`, image: 'a', env: index === 0 ? env : [] }));

  test.each([
    ['100 containers, one of them with 1,000 env, get a label', pod({ containers: many(100) }), 'labels', true],
    ['100 containers are as many as a graft may make', pod({ containers: many(100) }), 'log-shipper', false],
    ['120 containers of its own are the API server’s to refuse', pod({ containers: many(120) }), 'labels', true],
    ['99 containers and one more', pod({ containers: many(99) }), 'log-shipper', true],
    ['an annotation of 1 MB, and one more', pod({}, { annotations: { a: 'x'.repeat(1 << 20) } }), 'annotating', false],
    [
      '10,000 labels',
      pod({}, { labels: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`l${i}`, 'x'])) }),
      'labels',
      true,
    ],
  ])('T26 %s', async (_, object, name, isAllowed) => {
    expect((await send(asking(object, name))).allowed).toBe(isAllowed);
    expect(await send(object)).toMatchObject(untouched);
  });

  test('S15 long texts that a pattern could stumble over are refused or passed on, at once', async () => {
    for (const text of ['a'.repeat(500_000), 'a-'.repeat(250_000), ',a'.repeat(200_000), ' '.repeat(500_000)]) {
      expect((await send(pod({}, { annotations: { 'podgraft.dev/templates': text } }))).allowed).toBe(false);
      expect((await send(pod({}, { labels: { a: text }, annotations: { b: text } }))).allowed).toBe(true);
    }
  });

  test('T27 fields that nobody knows yet are not touched', async () => {
    const future = { futureField: { a: [1, { b: null }] }, containers: [{ name: 'main', image: 'a', newKnob: [0] }] };
    const answer = await send(asking(pod(future, { newMetadata: 1 }), 'log-shipper'));
    expect(objectField(answer.object, 'spec')).toMatchObject({ futureField: future.futureField });
    expect(JSON.stringify(answer.patch)).not.toMatch(/futureField|newKnob|newMetadata/u);
  });

  test('T28 numbers beyond 2^53 and odd quantities stay as they were written: no edit goes near them', async () => {
    const written =
      '{"name":"main","image":"a","securityContext":{"runAsUser":9007199254740993},' +
      '"resources":{"limits":{"cpu":"1e3","memory":"0.1m"},"requests":{"cpu":0.5}}}';
    const others = '"tolerations":[{"operator":"Exists","tolerationSeconds":9223372036854775807}]';
    const object = asking(pod({ containers: ['MARK'] }), 'log-shipper', 'open', 'labels');
    const text = reviewBody(podReview(object)).replace('"MARK"]', `${written}],${others}`);
    expect(text).toContain('9007199254740993');
    const { status, body } = await server().client.send('/mutate/pods', text);
    expect(status).toBe(200);
    const { response } = JSON.parse(body) as { response: { patch: string } };
    const patch = JSON.parse(Buffer.from(response.patch, 'base64').toString()) as { op: string; path: string }[];
    expect(patch.map(({ path }) => path)).toContain('/spec/containers/0/env');
    for (const { op, path } of patch) {
      expect(op).toBe('add');
      expect(path).toMatch(/^\/metadata\/|^\/spec\/containers\/(?:0\/env|-)/u);
    }
    expect(JSON.stringify(patch)).not.toMatch(/9007199254740|922337203685477|1e3|0\.1m/u);
  });

  test('T29 half surrogates, emoji and right-to-left text: the answer is JSON, and its warnings arrive', async () => {
    const strange = '\\ud83d 🚀 שלום \u202E';
    const object = asking(pod({}, { labels: { app: 'STRANGE' }, annotations: { STRANGE: 'x' } }), 'STRANGE', 'labels');
    const text = reviewBody(podReview(object, { name: 'STRANGE' })).replaceAll('STRANGE', strange);
    const { status, body } = await server().client.send('/mutate/pods', text);
    expect(status).toBe(200);
    expect(body.isWellFormed()).toBe(true);
    expect(JSON.parse(body)).toMatchObject({ response: { allowed: false } });
    const mine = asking(pod({}, { annotations: { [forty[0] ?? '']: 'mine 🚀\ud83d' } }), 'forty');
    const { warnings } = await send(mine);
    expect(warnings.length).toBeGreaterThan(0);
  });

  test('T30, S25 a refusal of newlines, control characters and 10 KB is clean and has at most 1 KiB', async () => {
    const wild = `x\n\u001B[31m\u0000${'y'.repeat(10_000)}`;
    const object = pod({ containers: [{ name: 'shipper', image: wild }] }, { name: wild });
    for (const asked of [
      asking(object, 'log-shipper'),
      asking(pod(), wild),
      asking(pod({}, { name: wild }), 'absent'),
    ]) {
      const answer = await send(asked, { name: wild });
      expect(answer.allowed).toBe(false);
      expect(JSON.stringify(answer.status)).not.toMatch(/\\n|\\u00/u);
      expect(Buffer.byteLength(JSON.stringify(answer.status))).toBeLessThan(4096);
    }
  });

  test('T31 40 warnings are at most 10, of at most 2 KiB together, and the last says how many more', async () => {
    const annotations = Object.fromEntries(forty.map((key) => [key, 'mine']));
    const { warnings, allowed } = await send(asking(pod({}, { annotations }), 'forty'));
    expect(allowed).toBe(true);
    expect(warnings.length).toBeLessThanOrEqual(10);
    expect(warnings.at(-1)).toMatch(/^and \d+ more warnings$/u);
  });

  test('T32 a dry run gets the same answer, byte for byte, and nothing is written', async () => {
    const object = asking(pod(), 'log-shipper', 'labels');
    const bodies = [true, false].map((dryRun) => reviewBody(podReview(object, { dryRun })));
    const [dry, real] = await Promise.all(bodies.map(async (body) => server().client.send('/mutate/pods', body)));
    expect(dry?.body).toBe(real?.body);
  });

  test('T34 whatever the timeout query says, the answer is the same', async () => {
    const body = reviewBody(podReview(asking(pod(), 'labels')));
    const answers = [];
    for (const query of ['', '?timeout=0s', '?timeout=abc', '?timeout=30s', '?timeout=-1s&timeout=1']) {
      answers.push((await server().client.send(`/mutate/pods${query}`, body)).body);
    }
    expect(new Set(answers).size).toBe(1);
  });
});
