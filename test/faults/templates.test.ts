import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { asking, injectionTemplate, pod } from '../support/fixtures.ts';
import { podReview } from '../support/review.ts';
import { serveAll } from './support/serve-process.ts';
import { logShipper } from './support/templates.ts';

function sidecar(name: string, container: JsonObject, spec: JsonObject = {}): string {
  return JSON.stringify(
    injectionTemplate(name, { spec: { containers: [{ name: 'sidecar', image: 'a:1', ...container }], ...spec } }),
  );
}

/** Ten levels of ten aliases each: ten thousand million strings, if anybody wrote them out. */
const bomb = [
  'a0: &a0 [x]',
  ...Array.from(
    { length: 10 },
    (_, n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 10 }, () => `*a${n}`).join(', ')}]`,
  ),
].join('\n');

const hostile = JSON.parse('{"__proto__": {"polluted": "yes"}}') as JsonObject;

/** What is refused at registration, and what must be said of it. */
const refused: readonly (readonly [name: string, text: string, said: RegExp])[] = [
  ['host-path', sidecar('host-path', {}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] }), /hostPath/u],
  ['privileged', sidecar('privileged', { securityContext: { privileged: true } }), /privileged/u],
  ['unknown-field', sidecar('unknown-field', { imagePulPolicy: 'Always' }), /imagePulPolicy/u],
  [
    'too-large',
    JSON.stringify(injectionTemplate('too-large', { metadata: { annotations: { a: 'x'.repeat(300 * 1024) } } })),
    /\d+ bytes|256 KiB/u,
  ],
  ['bad-quantity', sidecar('bad-quantity', { resources: { limits: { cpu: '1 core' } } }), /limits.*cpu|quantit/iu],
  ['wrong-type', sidecar('wrong-type', { args: 'text' }), /args/u],
  [
    'two-mistakes',
    sidecar('two-mistakes', { args: 'text', ports: [{ containerPort: 99_999 }] }),
    /ports\[0\]\.containerPort/u,
  ],
  ['proto-label', JSON.stringify(injectionTemplate('proto-label', { metadata: { labels: hostile } })), /__proto__/u],
  ['proto-spec', JSON.stringify(injectionTemplate('proto-spec', { spec: hostile })), /__proto__/u],
  [
    'proto-top',
    JSON.stringify({
      ...injectionTemplate('proto-top', {}),
      spec: JSON.parse('{"template": {}, "__proto__": {}}') as JsonObject,
    }),
    /__proto__/u,
  ],
  [
    'recursive',
    'apiVersion: podgraft.dev/v1alpha1\nkind: InjectionTemplate\nmetadata: {name: recursive}\nspec: &s {template: {spec: *s}}\n',
    /alias|anchor|recursive/iu,
  ],
];

const files = {
  'templates/good.json': JSON.stringify(logShipper),
  'templates/secret.json': sidecar('secret', { env: [{ name: 'DB_PASSWORD', value: 'hunter2-CANARY' }] }),
  'templates/constructor.json': JSON.stringify(
    injectionTemplate('constructor-label', {
      metadata: { labels: { constructor: 'a', toString: 'b', hasOwnProperty: 'c' } },
    }),
  ),
  'templates/bomb.yaml': `${bomb}\napiVersion: podgraft.dev/v1alpha1\nkind: InjectionTemplate\nmetadata: {name: bomb, annotations: {a: *a10}}\nspec: {template: {}}\n`,
  ...Object.fromEntries(
    refused.map(([name, text]) => [`templates/${name}.${text.startsWith('{') ? 'json' : 'yaml'}`, text]),
  ),
};
const server = serveAll({ files, flags: ['--allow', 'capabilities', '--allow-namespaced', 'capabilities'] });

test.each(refused)(
  'T55, T13 %s is refused at registration, with what is wrong, and is not served',
  async (name, _, said) => {
    const lines = server()
      .stderr()
      .split('\n')
      .filter((line) => line.includes(`templates/${name}.`) && line.startsWith('warning:'));
    expect(lines.join('\n')).toMatch(said);
    expect(lines.join('\n').length).toBeLessThan(10_000);
    const { allowed } = await server().client.review('/mutate/pods', podReview(asking(pod(), name)));
    expect(allowed).toBe(false);
  },
);

test('T55 all that is wrong with one is said at once', () => {
  const lines = server()
    .stderr()
    .split('\n')
    .filter((line) => line.includes('templates/two-mistakes.'));
  expect(lines.length).toBeGreaterThan(1);
});

test('T55, S14 aliases that multiply are refused before anybody writes them out', async () => {
  expect(server().stderr()).toMatch(/templates\/bomb\.yaml[^\n]*alias/iu);
  expect((await server().client.review('/mutate/pods', podReview(asking(pod(), 'bomb')))).allowed).toBe(false);
  expect(server().rssBytes()).toBeLessThan(400 * 1024 * 1024);
});

test('T55 a literal that looks like a secret is warned of by its name, never with its value', () => {
  expect(server().stderr()).not.toContain('hunter2-CANARY');
});

test('the others are served as if nothing had been', async () => {
  const { client, metric } = server();
  expect((await client.review('/mutate/pods', podReview(asking(pod(), 'log-shipper')))).patch).not.toEqual([]);
  expect((await client.review('/mutate/pods', podReview(asking(pod(), 'constructor-label')))).object).toMatchObject({
    metadata: { labels: { constructor: 'a', toString: 'b', hasOwnProperty: 'c' } },
  });
  expect(await metric('podgraft_templates{state="active"}')).toBe(3);
});

test('S12, S13 the libraries that patch and that write certificates have their holes mended, and stay in their rooms', () => {
  const read = (name: string): string =>
    (JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string }).version;
  expect(read('fast-json-patch').localeCompare('3.1.1', undefined, { numeric: true })).toBeGreaterThanOrEqual(0);
  expect(read('node-forge').localeCompare('1.4.0', undefined, { numeric: true })).toBeGreaterThanOrEqual(0);
});
