import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { asking, injectionTemplate, pod } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { head, openRaw, sendRaw } from './support/raw.ts';
import { serve, until } from './support/serve-process.ts';
import { logShipper, templateFiles } from './support/templates.ts';

const canary = 'CANARY-5cr3t';

/** Carries the canary wherever a secret may be. */
const secretly: JsonObject = {
  hostname: canary,
  containers: [
    { name: 'main', image: 'app:1', command: [canary], args: [canary], env: [{ name: 'A', value: canary }] },
    { name: 'shipper', image: `${canary}:1`, lifecycle: { preStop: { exec: { command: [canary] } } } },
  ],
  initContainers: [{ name: 'init', image: 'a', env: [{ name: 'B', value: canary }] }],
  volumes: [{ name: 'v', hostPath: { path: `/${canary}` } }],
};
const metadata = { annotations: { note: canary, 'example.com/key': canary }, labels: { note: canary } };
const secretPod = pod(secretly, metadata);
/** The same, but nothing of it stands in the way of a graft. */
const plainPod = pod({ ...secretly, containers: [(secretly['containers'] as JsonObject[])[0] ?? {}] }, metadata);

const files = templateFiles(
  logShipper,
  // Differs from the pod in all that holds the canary there, and brings the canary itself.
  injectionTemplate(
    'differing',
    {
      metadata: { annotations: { note: `${canary}-2` }, labels: { note: 'other' } },
      spec: { hostname: 'other', volumes: [{ name: 'v', emptyDir: {} }] },
    },
    { conflictPolicy: 'Deny' },
  ),
  injectionTemplate('kept', { metadata: { annotations: { note: `${canary}-2` }, labels: { note: 'other' } } }),
  injectionTemplate(
    'left-out',
    { spec: { containers: [{ name: 'main', image: `${canary}:2` }] } },
    { match: { podSelector: {} } },
  ),
  injectionTemplate('bringing', {
    metadata: { annotations: { brought: canary } },
    spec: { containers: [{ name: 'sidecar', image: 'a:1', env: [{ name: 'A', value: canary }], args: [canary] }] },
  }),
  injectionTemplate('large', { metadata: { annotations: { large: canary.repeat(15_000) } } }),
  injectionTemplate('fat', { metadata: { annotations: { fat: canary.repeat(15_000) } } }),
  // Never served: said on stderr with all that is wrong.
  injectionTemplate('invalid', {
    metadata: { annotations: { note: 7 as unknown as string, ok: canary } },
    spec: {
      containers: [
        { name: 'x', image: 'a:1', env: [{ name: canary.length, value: canary }], args: canary, unknown: canary },
      ],
      volumes: [{ name: 'v', hostPath: { path: canary } }],
    },
  }),
);

test('S24, S25, S19 a secret in a pod, a template, a header or a broken body shows up nowhere, whatever becomes of it', async () => {
  const server = await serve({
    files: {
      ...files,
      'templates/broken.yaml': `a: "${canary}\nb: [`,
      'templates/namespaces.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: {name: covered, labels: {podgraft.dev/injection: enabled}, annotations: {note: ${canary}, podgraft.dev/default-template: absent}}\n`,
    },
    withInside: true,
    flags: [
      '--log-level',
      'debug',
      '--reusable-selectors',
      `[{"matchLabels":{"note":"${canary}"}}]`.replace(canary, 'reusable'),
    ],
  });
  const { client, probe, stdout, stderr } = server;
  const seen: string[] = [];
  const headers = {
    'Content-Type': 'application/json',
    Authorization: `Bearer ${canary}`,
    Cookie: `session=${canary}`,
    'X-Forwarded-For': canary,
  };
  const send = async (
    body: string | Buffer,
    at = '/mutate/pods',
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const answer = await client.send(at, body, { headers: { ...headers, ...more } });
    seen.push(answer.body, JSON.stringify(answer.headers));
  };
  const review = (object: JsonObject, request: JsonObject = {}): string =>
    reviewBody(podReview(object, { oldObject: object, options: { note: canary }, ...request }));

  // Each way to be refused, left out, kept, or passed on.
  for (const names of [
    ['log-shipper'],
    ['differing'],
    ['absent'],
    ['kept', 'differing'],
    ['large', 'fat'],
    ['invalid'],
    [`x,${'y'.repeat(70)}`],
  ]) {
    await send(review(asking(secretPod, ...names)));
  }
  await send(review(secretPod, { namespace: 'covered' }));
  await send(review(asking(plainPod, 'kept')));
  await send(review(asking(plainPod, 'log-shipper')));
  await send(review(asking(pod(secretly, { ...metadata, labels: { note: 'reusable' } }), 'kept')));
  await send(review(asking({ ...secretPod, spec: { containers: canary } }, 'log-shipper')));
  await send(review(asking({ ...secretPod, spec: canary }, 'log-shipper')));
  await send(
    review(pod(secretly, { annotations: { 'podgraft.dev/injected': canary, 'podgraft.dev/templates': 'kept' } })),
  );
  await send(review(secretPod, { operation: 'UPDATE' }));
  // Each way to be no review.
  await send(review(secretPod).slice(0, -1));
  await send(`"${canary}"`);
  await send(`{"${canary}": ${'['.repeat(70)}`);
  await send(review(secretPod, { uid: canary.repeat(50) }));
  await send(reviewBody(podReview(secretPod), { kind: canary }));
  await send(Buffer.from(review(secretPod), 'utf16le'));
  await send(review(secretPod), `/mutate/${canary}?token=${canary}`);
  await send(review(secretPod), '/mutate/pods', { 'Content-Type': `text/${canary}` });
  await send(review(secretPod), '/mutate/pods', { 'Content-Encoding': canary });
  await send(canary.repeat(620_000));
  seen.push(await sendRaw(server, `GET /${canary}\r\n${canary}\r\n\r\n`));
  seen.push(await sendRaw(server, `${head(10).trimEnd()}\r\n${canary}: ${'x'.repeat(17_000)}\r\n\r\n`));
  const half = await openRaw(server);
  half.socket.write(head(1000) + review(secretPod).slice(0, 900));
  half.socket.destroy();
  // Each way to break.
  await server.tell('break patches');
  await send(review(asking(plainPod, 'bringing')));
  await server.tell('reject');
  // A patch holds what the template says, and must: it is what is grafted. Nothing of the pod is in it.
  const { body } = await client.send('/mutate/pods', review(asking(plainPod, 'bringing')));
  const { response } = JSON.parse(body) as { response: { patch: string } };
  const { patch, ...rest } = response;
  const text = Buffer.from(patch, 'base64').toString();
  expect(text).toContain(canary);
  expect(text.replaceAll(`"${canary}"`, '').includes(canary)).toBe(false);
  expect(JSON.parse(text)).not.toContainEqual(expect.objectContaining({ path: '/metadata/annotations/note' }));
  seen.push(JSON.stringify(rest));
  await server.tell('spoil patches');
  await send(review(asking(plainPod, 'bringing')));
  // Files that change for the worse.
  writeFileSync(path.join(server.folder, 'tls.key'), canary);
  writeFileSync(path.join(server.folder, 'templates/0.json'), `{"${canary}": `);
  await until(
    () => stderr().includes('the certificate from before stays in use') && stderr().includes('the last valid version'),
  );
  seen.push((await probe('/metrics')).text, (await probe('/readyz?verbose')).text, (await probe(`/${canary}`)).text);
  await server.tell('throw');
  await server.exited;

  expect(seen.join('\n')).not.toContain(canary);
  expect(stdout()).toContain('"outcome":"denied"');
  expect(stdout()).toContain('unhandled error');
  expect(stdout()).not.toContain(canary);
  expect(stderr()).toContain('PG');
  expect(stderr()).not.toContain(canary);
});
