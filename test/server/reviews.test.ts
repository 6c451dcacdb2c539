import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { field, objectField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { throughServer } from '../support/api-server.ts';
import { asking, pod, template } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { contextOf, startTestServer, testCertificate } from '../support/webhook-server.ts';
import type { TestCertificate, TestServer } from '../support/webhook-server.ts';

const canary = 'CANARY-5cr3t';
const limit = 7 * 1024 * 1024;
const sidecar = template('log-shipper', { spec: { containers: [{ name: 'shipper', image: 'shipper:1' }] } });

let certificate: TestCertificate;
beforeAll(async () => {
  certificate = await testCertificate();
});

/** Waits until the condition holds; the test's own time limit ends a wait for ever. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(5);
}

/** Sends bytes as they are over a TLS connection of its own, and collects what comes back until it is closed. */
async function sendRaw({ server }: TestServer, ...parts: readonly string[]): Promise<string> {
  const socket = tls.connect({ host: 'localhost', port: server.port, ca: certificate.ca });
  let received = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => (received += chunk));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  await once(socket, 'secureConnect');
  for (const part of parts) socket.write(part);
  await closed;
  return received;
}

describe('reviews over HTTPS', () => {
  test.each(['/mutate/pods', '/mutate/pods/matched'])('%s grafts, on one connection that is kept', async (path) => {
    const { client, lines } = await startTestServer(certificate, { context: contextOf(sidecar) });
    const request = podReview(asking(pod(), 'log-shipper'));
    const first = await client.review(path, request);
    expect(field(objectField(first.object, 'spec'), 'containers')).toHaveLength(2);
    const second = await client.review(path, podReview(throughServer(first.object)));
    expect(second.patch).toEqual([]);
    expect(second.auditAnnotations).toEqual(first.auditAnnotations);
    expect(client.connections()).toBe(1);
    expect(lines().map(({ outcome, reason }) => `${outcome as string} ${reason as string}`)).toEqual([
      'patched grafted',
      'unchanged grafted',
    ]);
  });

  test.each(['pod', 'replicaset', 'job'])('a real API server’s review of a %s goes through untouched', async (name) => {
    const { client } = await startTestServer(certificate, { context: contextOf(sidecar) });
    const text = await readFile(new URL(`../fixtures/admission-review-${name}.json`, import.meta.url), 'utf8');
    const request = objectField(JSON.parse(text) as JsonObject, 'request');
    expect(await client.review('/mutate/pods', request)).toMatchObject({ allowed: true, patch: [] });
  });

  test('a refusal is a 200 that the API server takes as one', async () => {
    const { client } = await startTestServer(certificate, { context: contextOf(sidecar) });
    const { allowed, status } = await client.review('/mutate/pods', podReview(asking(pod(), 'nope')));
    expect(allowed).toBe(false);
    expect(status).toMatchObject({ code: 422, details: { name: 'web' } });
  });

  test('T34 whatever the timeout query says, the answer is the same', async () => {
    const { client } = await startTestServer(certificate, { context: contextOf(sidecar) });
    for (const query of ['', '?timeout=0s', '?timeout=abc', '?timeout=30s']) {
      const { status } = await client.send(`/mutate/pods${query}`, reviewBody(podReview(pod())));
      expect(status).toBe(200);
    }
  });

  test('a body that comes in pieces is put together, characters of several bytes too', async () => {
    const { client } = await startTestServer(certificate, { context: contextOf(sidecar) });
    const body = reviewBody(podReview(pod({}, { labels: { x: '🚀'.repeat(100_000) } })));
    expect((await client.send('/mutate/pods', body)).status).toBe(200);
  });

  test('T26 a pod of 100 containers, 1,000 env and a label of 1 MB is answered', async () => {
    const env = Array.from({ length: 1000 }, (_, index) => ({ name: `E${index}`, value: 'x' }));
    const containers = Array.from({ length: 100 }, (_, index) => ({
      name: `c${index}`,
      image: 'a',
      env: index === 0 ? env : [],
    }));
    const { client } = await startTestServer(certificate, { context: contextOf(sidecar) });
    const large = pod({ containers }, { annotations: { large: 'x'.repeat(1024 * 1024) } });
    expect((await client.review('/mutate/pods', podReview(asking(large, 'log-shipper')))).allowed).toBe(false);
    expect((await client.review('/mutate/pods', podReview(large))).allowed).toBe(true);
  });

  test('T23 templates that change meanwhile are seen by the next request, with no restart', async () => {
    let context = contextOf();
    const { client } = await startTestServer(certificate, { context: () => context() });
    const request = podReview(asking(pod(), 'log-shipper'));
    expect((await client.review('/mutate/pods', request)).allowed).toBe(false);
    context = contextOf(sidecar);
    expect((await client.review('/mutate/pods', request)).allowed).toBe(true);
  });
});

describe('what is not answered as a review', () => {
  const body = reviewBody(podReview(pod()));
  const json = { 'Content-Type': 'application/json' };

  test.each([
    ['T1 GET', '/mutate/pods', { method: 'GET' }, 405],
    ['T1 PUT', '/mutate/pods', { method: 'PUT' }, 405],
    ['T1 OPTIONS', '/mutate/pods', { method: 'OPTIONS' }, 405],
    ['T1 HEAD', '/mutate/pods/matched', { method: 'HEAD' }, 405],
    ['T1 an unknown path', '/', {}, 404],
    ['T1 a path with a slash more', '/mutate/pods/', {}, 404],
    ['T1 a path in capitals', '/Mutate/Pods', {}, 404],
    ['T1 the metrics, which are elsewhere', '/metrics', { method: 'GET' }, 404],
    ['T1 a path that is none', '/%zz', {}, 404],
    ['T2 text/plain', '/mutate/pods', { headers: { 'Content-Type': 'text/plain' } }, 415],
    ['T2 no content type', '/mutate/pods', { headers: {} }, 415],
    ['T2 utf-16', '/mutate/pods', { headers: { 'Content-Type': 'application/json; charset=utf-16' } }, 415],
    ['T2 YAML', '/mutate/pods', { headers: { 'Content-Type': 'application/yaml' } }, 415],
    ['T2 something like JSON', '/mutate/pods', { headers: { 'Content-Type': 'application/json-patch+json' } }, 415],
    ['T2 gzip', '/mutate/pods', { headers: { ...json, 'Content-Encoding': 'gzip' } }, 415],
    ['T2 identity, which nobody sends', '/mutate/pods', { headers: { ...json, 'Content-Encoding': 'identity' } }, 415],
  ])('%s', async (_, path, options, expected) => {
    const { client, metric } = await startTestServer(certificate);
    const { status, body: text, headers } = await client.send(path, body, options);
    expect(status).toBe(expected);
    expect(text.trim().split('\n')).toHaveLength(1);
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers.location).toBeUndefined();
    if (expected === 405) expect(headers.allow).toBe('POST');
    if (expected === 415) {
      expect(await metric('podgraft_admission_requests_total{webhook="named",outcome="rejected",code="415"}')).toBe(1);
    }
  });

  test.each(['application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'Application/JSON'])(
    '%s is JSON',
    async (type) => {
      const { client } = await startTestServer(certificate);
      expect((await client.send('/mutate/pods', body, { headers: { 'Content-Type': type } })).status).toBe(200);
    },
  );

  test.each([
    ['T2 a gzip body that does not say so', gzipSync(body), 400],
    ['T3 an empty body', '', 400],
    ['T3 half an object', '{', 400],
    ['T3 a list', '[]', 400],
    ['T3 text', '"x"', 400],
    ['T3 null', 'null', 400],
    ['T3 NUL bytes', '\u0000\u0000\u0000', 400],
    ['T3 a byte order mark', `\uFEFF${body}`, 400],
    ['T3 bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 400],
    ['T3 UTF-16', Buffer.from(body, 'utf16le'), 400],
    ['T4 7 MiB and a byte', ' '.repeat(limit + 1), 413],
    ['T5 300,000 levels', '['.repeat(300_000), 400],
    ['T6 no request', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}', 400],
    ['T6 no uid', reviewBody(podReview(pod(), { uid: null })), 400],
    ['T6 a uid of 10 KB', reviewBody(podReview(pod(), { uid: canary.repeat(900) })), 400],
    ['T7 v1beta1', reviewBody(podReview(pod()), { apiVersion: 'admission.k8s.io/v1beta1' }), 400],
    ['T7 another kind', reviewBody(podReview(pod()), { kind: 'ConversionReview' }), 400],
  ])('%s', async (_, sent, expected) => {
    const running = await startTestServer(certificate);
    const answer = await running.client.send('/mutate/pods', sent);
    expect(answer.status).toBe(expected);
    expect(answer.body.trim().split('\n')).toHaveLength(1);
    expect(answer.body).not.toContain(canary);
    expect(running.log()).not.toContain(canary);
    // The process is unharmed.
    expect((await running.client.send('/mutate/pods', body)).status).toBe(200);
  });

  test('T4 7 MiB exactly is read', async () => {
    const { client } = await startTestServer(certificate);
    expect((await client.send('/mutate/pods', body.padEnd(limit))).status).toBe(200);
  });

  test('T4 a body that is announced too large is answered before it is sent, and the connection ends', async () => {
    const running = await startTestServer(certificate);
    const head = `POST /mutate/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${limit + 1}\r\n\r\n`;
    const received = await sendRaw(running, head, '{');
    expect(received).toMatch(/^HTTP\/1\.1 413 /u);
    expect(received).toMatch(/\r\nConnection: close\r\n/iu);
  });

  test('T4 a chunked body without end is answered when it passes the limit, and the connection is closed', async () => {
    const running = await startTestServer(certificate);
    const socket = tls.connect({ host: 'localhost', port: running.server.port, ca: certificate.ca });
    let received = '';
    let sent = 0;
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await once(socket, 'secureConnect');
    socket.write(
      'POST /mutate/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const pump = (): void => {
      do sent += chunk.length;
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pump);
    pump();
    await closed;
    expect(received).toMatch(/^HTTP\/1\.1 413 /u);
    expect(sent).toBeGreaterThan(limit);
  });

  test('T4 a body shorter than announced is waited for no longer than the deadline', async () => {
    const running = await startTestServer(certificate, { bodyLimits: { maxBytes: limit, deadlineMs: 50 } });
    const received = await sendRaw(
      running,
      'POST /mutate/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    expect(received).toMatch(/^HTTP\/1\.1 408 /u);
    expect(
      await running.metric('podgraft_admission_requests_total{webhook="named",outcome="rejected",code="408"}'),
    ).toBe(1);
  });

  test('T4 what comes after a body that is longer than announced is no request', async () => {
    const running = await startTestServer(certificate);
    const received = await sendRaw(
      running,
      `POST /mutate/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}${'x'.repeat(100)}\r\n\r\n`,
    );
    expect(received.match(/HTTP\/1\.1 \d+/gu)).toEqual(['HTTP/1.1 400']);
  });

  test('T33 a client that goes away in the middle is counted, and nothing else happens', async () => {
    const running = await startTestServer(certificate);
    const socket = tls.connect({ host: 'localhost', port: running.server.port, ca: certificate.ca });
    await once(socket, 'secureConnect');
    socket.write(
      'POST /mutate/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await until(async () => (await running.metric('podgraft_admission_in_flight')) === 1);
    socket.destroy();
    await until(
      async () =>
        (await running.metric('podgraft_admission_requests_total{webhook="named",outcome="aborted",code="499"}')) === 1,
    );
    expect(await running.metric('podgraft_admission_in_flight')).toBe(0);
    expect((await running.client.send('/mutate/pods', body)).status).toBe(200);
  });
});

describe('not now (specification §11, contract R1, R2)', () => {
  const body = reviewBody(podReview(pod()));
  const cases = [
    ['/mutate/pods', '1'],
    ['/mutate/pods/matched', undefined],
  ] as const;

  test.each(cases)(
    'T37 before all has been read %s is a 503 that ends the connection, Retry-After %s',
    async (path, retryAfter) => {
      const running = await startTestServer(certificate, {
        checks: () => [{ name: 'templates', isOk: false, detail: 'not read yet' }],
      });
      const { status, headers } = await running.client.send(path, body);
      expect(status).toBe(503);
      expect(headers['retry-after']).toBe(retryAfter);
      expect(headers.connection).toBe('close');
      expect(await running.probe('/readyz?verbose')).toMatchObject({
        status: 503,
        text: expect.stringContaining('[-]templates not read yet') as string,
      });
    },
  );

  test.each(cases)(
    'T38 more than are worked on at once %s sends away with a 429, Retry-After %s',
    async (path, retryAfter) => {
      const running = await startTestServer(certificate, { maxInFlight: 1 });
      const slow = tls.connect({ host: 'localhost', port: running.server.port, ca: certificate.ca });
      await once(slow, 'secureConnect');
      slow.write(
        `POST /mutate/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
      );
      await until(async () => (await running.metric('podgraft_admission_in_flight')) === 1);
      const { status, headers } = await running.client.send(path, body);
      expect(status).toBe(429);
      expect(headers['retry-after']).toBe(retryAfter);
      expect(headers.connection).toBe('close');
      const answered = once(slow, 'data');
      slow.write(body);
      expect(String(await answered)).toMatch(/^HTTP\/1\.1 200 /u);
      slow.destroy();
      expect((await running.client.send(path, body)).status).toBe(200);
    },
  );

  test('T39 a body that dawdles gives its place to the next, long before its own deadline', async () => {
    const running = await startTestServer(certificate, { maxInFlight: 1, bodyLimits: { deadlineMs: 3_600_000 } });
    const dawdling = sendRaw(
      running,
      'POST /mutate/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await until(async () => (await running.metric('podgraft_admission_in_flight')) === 1);
    expect((await running.client.send('/mutate/pods', body)).status).toBe(429);
    await until(async () => (await running.client.send('/mutate/pods', body)).status === 200);
    expect(await dawdling).toMatch(/^HTTP\/1\.1 408 /u);
    expect(await running.metric('podgraft_admission_in_flight')).toBe(0);
  });

  test('T53 a namespace that is not known yet is a 503', async () => {
    const known = contextOf(sidecar)();
    const { client } = await startTestServer(certificate, {
      context: () => ({ ...known, namespaceOf: () => undefined }),
    });
    expect(await client.send('/mutate/pods', body)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });
});

describe('T35, T36 a bug of ours is an HTTP 500 that says nothing (S24)', () => {
  const request = podReview(
    asking(pod({ containers: [{ name: 'main', image: 'a', env: [{ name: 'A', value: canary }] }] }), 'open'),
  );
  const open = template(
    'open',
    { spec: { containers: [{ name: 'primary', env: [{ name: 'B', value: canary }] }] } },
    { protect: ['image', 'command', 'args'] },
  );

  test('a handler that throws what holds the pod', async () => {
    const context = (): never => {
      throw Object.assign(new Error(`pod ${canary}`), { tree: request });
    };
    const running = await startTestServer(certificate, { context });
    const { status, body, headers } = await running.client.send('/mutate/pods', reviewBody(request));
    expect({ status, body, retry: headers['retry-after'] }).toEqual({
      status: 500,
      body: 'internal error\n',
      retry: undefined,
    });
    expect(running.lines()[0]).toMatchObject({
      level: 'error',
      outcome: 'error',
      reason: 'exception',
      fault: expect.stringMatching(/^reviews\.test\.ts:\d+:\d+$/u) as string,
    });
    expect(running.log()).not.toContain(canary);
    expect(await running.metric('podgraft_admission_requests_total{webhook="named",outcome="error",code="500"}')).toBe(
      1,
    );
    expect(await running.metric('podgraft_admission_in_flight')).toBe(0);
    expect((await running.client.send('/mutate/pods', reviewBody(request))).status).toBe(500);
  });

  test('something thrown that is no error', async () => {
    const context = (): never => {
      const thrown: unknown = canary;
      throw thrown as Error;
    };
    const running = await startTestServer(certificate, { context });
    expect((await running.client.send('/mutate/pods', reviewBody(request))).status).toBe(500);
    expect(running.lines()[0]).toMatchObject({ fault: 'unknown' });
    expect(running.log()).not.toContain(canary);
  });

  test('a patch that the self-check refuses', async () => {
    // As if the compiler had forgotten that env is protected.
    const miscompiled = { ...open, protect: new Set(['image', 'command', 'args', 'env'] as const) };
    const running = await startTestServer(certificate, { context: contextOf(miscompiled) });
    const { status, body } = await running.client.send('/mutate/pods', reviewBody(request));
    expect({ status, body }).toEqual({ status: 500, body: 'internal error\n' });
    expect(running.lines()[0]).toMatchObject({ level: 'error', reason: 'self_check', fault: 'path', name: 'web' });
    expect(running.log()).not.toContain(canary);
    expect(await running.metric('podgraft_self_check_failures_total')).toBe(1);
  });
});
