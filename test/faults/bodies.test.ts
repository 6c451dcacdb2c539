import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { asking, pod } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { head, openRaw, post, sendRaw, statusOf } from './support/raw.ts';
import { serveAll, until } from './support/serve-process.ts';
import { logShipper, templateFiles } from './support/templates.ts';

const canary = 'CANARY-5cr3t';
const mebibyte = 1024 * 1024;
const limit = 7 * mebibyte;
const review = podReview(asking(pod(), 'log-shipper'));
const body = reviewBody(review);
const json = { 'Content-Type': 'application/json' };
const rejected = 'podgraft_admission_requests_total{webhook="named",outcome="rejected"';

const server = serveAll({ files: templateFiles(logShipper) });

/** The process is unharmed: the next review gets its patch, and nothing is left in flight. */
async function expectUnharmed(): Promise<void> {
  const { client, metric } = server();
  expect((await client.review('/mutate/pods', review)).patch).not.toEqual([]);
  await until(async () => (await metric('podgraft_admission_in_flight')) === 0);
}

describe('what is no review', () => {
  test.each([
    ['T1 GET', '/mutate/pods', { method: 'GET' }, 405],
    ['T1 PUT', '/mutate/pods', { method: 'PUT' }, 405],
    ['T1 DELETE', '/mutate/pods/matched', { method: 'DELETE' }, 405],
    ['T1 an unknown path', '/mutate', {}, 404],
    ['T1 the metrics, which have a port of their own', '/metrics', { method: 'GET' }, 404],
    ['T2 text/plain', '/mutate/pods', { headers: { 'Content-Type': 'text/plain' } }, 415],
    ['T2 no content type', '/mutate/pods', { headers: {} }, 415],
    ['T2 utf-16', '/mutate/pods', { headers: { 'Content-Type': 'application/json; charset=utf-16' } }, 415],
    ['T2 gzip', '/mutate/pods', { headers: { ...json, 'Content-Encoding': 'gzip' } }, 415],
    ['S14 YAML', '/mutate/pods', { headers: { 'Content-Type': 'application/yaml' } }, 415],
  ])('%s', async (_, path, options, expected) => {
    const { status, body: text, headers } = await server().client.send(path, body, options);
    expect(status).toBe(expected);
    expect(text).toMatch(/^[^\n]{1,120}\n$/u);
    if (expected === 405) expect(headers.allow).toBe('POST');
    await expectUnharmed();
  });

  test('T1, T2 the body is not even read: what is not JSON gets the same answer', async () => {
    const { client } = server();
    expect((await client.send('/mutate', '{"a')).status).toBe(404);
    expect((await client.send('/mutate/pods', '{"a', { method: 'PUT' })).status).toBe(405);
    expect((await client.send('/mutate/pods', '{"a', { headers: { 'Content-Type': 'text/plain' } })).status).toBe(415);
  });

  const within = (inner: string): string => reviewBody(podReview({ spec: 'INNER' })).replace('"INNER"', inner);
  const deep = (levels: number, inner = ''): string =>
    `${'{"a":['.repeat(levels / 2)}${inner}${']}'.repeat(levels / 2)}`;
  test.each<[string, string | Buffer, number]>([
    ['T2 gzip that does not say so', gzipSync(body), 400],
    ['T3 an empty body', '', 400],
    ['T3 half an object', `{"${canary}`, 400],
    ['T3 a list', `["${canary}"]`, 400],
    ['T3 text', `"${canary}"`, 400],
    ['T3 null', 'null', 400],
    ['T3 NUL bytes', '\u0000\u0000\u0000', 400],
    ['T3 a byte order mark', `\uFEFF${body}`, 400],
    ['T3 bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 400],
    ['S14 YAML that says it is JSON', 'apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\n', 400],
    ['T4 7 MiB and a byte', ' '.repeat(limit + 1), 413],
    ['T5, S11 300,000 levels that never end', '['.repeat(300_000), 400],
    ['T5, S11 300,000 levels', `${'['.repeat(300_000)}${']'.repeat(300_000)}`, 400],
    ['T5, S11 300,000 levels within a pod', within(deep(300_000)), 400],
    ['T5, S11 a million levels after much that is flat', `{"b":"${'x'.repeat(1e6)}","a":${deep(1e6)}}`, 400],
    ['T5, S11 5,000 levels, in less than 32 KiB', within(deep(5000)), 400],
    ['T5, S11 66 levels, in less than 32 KiB', within(deep(64)), 400],
    ['T6 no request', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}', 400],
    ['T6 no uid', reviewBody(podReview(pod(), { uid: null })), 400],
    ['T6 a uid that is no text', reviewBody(podReview(pod(), { uid: { [canary]: 1 } })), 400],
    ['T6 a uid of 10 KB', reviewBody(podReview(pod(), { uid: canary.repeat(900) })), 400],
    ['T7 v1beta1', reviewBody(podReview(pod()), { apiVersion: 'admission.k8s.io/v1beta1' }), 400],
    ['T7 another kind', reviewBody(podReview(pod()), { kind: canary }), 400],
  ])('%s', async (name, sent, expected) => {
    const { client, stdout, metric } = server();
    const series = `${rejected},code="${expected}"}`;
    const before = (await metric(series)) ?? 0;
    const answer = await client.send('/mutate/pods', sent);
    expect(answer.status).toBe(expected);
    expect(answer.body).toMatch(/^[^\n]{1,120}\n$/u);
    expect(answer.body).not.toContain(canary);
    if (name.startsWith('T5')) expect(answer.body).toContain('nests deeper');
    expect(stdout()).not.toContain(canary);
    expect(await metric(series)).toBe(before + 1);
    await expectUnharmed();
  });

  test('T5 depth that a pod may have is none: 60 levels within a pod', async () => {
    const sent = within(deep(60));
    expect((await server().client.send('/mutate/pods', sent)).status).toBe(200);
  });

  test('T5 brackets within text are text', async () => {
    const flat = pod({}, { annotations: { a: '[{'.repeat(20_000), b: '\\"[['.repeat(100), c: '\\' } });
    expect((await server().client.review('/mutate/pods', podReview(flat))).allowed).toBe(true);
  });
});

describe('T4 bodies that are not what they say', () => {
  test('7 MiB exactly is read', async () => {
    expect((await server().client.send('/mutate/pods', body.padEnd(limit))).status).toBe(200);
  });

  test('one that is announced too large is answered before it comes', async () => {
    const answer = await sendRaw(server(), head(limit + 1), '{');
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n/u);
  });

  test.each(['-1', '1e3', '0x10', '99999999999999999999999', '5, 5', ''])(
    'a length of %j is refused',
    async (length) => {
      const answer = await sendRaw(server(), head(1).replace('Content-Length: 1', `Content-Length: ${length}`), '{');
      expect(answer).toMatch(/^HTTP\/1\.1 4(?:00|13) /u);
      await expectUnharmed();
    },
  );

  test('two ways at once to say how long it is are refused: the next request must not hide in it', async () => {
    const both = head('chunked').replace('\r\n\r\n', `\r\nContent-Length: 5\r\n\r\n`);
    const answer = await sendRaw(server(), both, '0\r\n\r\n', post(body));
    expect(answer.match(/HTTP\/1\.1 \d+/gu)).toEqual(['HTTP/1.1 400']);
  });

  test('what comes after a body that is longer than it said is no request', async () => {
    const answer = await sendRaw(server(), head(2), `{}${'x'.repeat(100)}\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1 \d+/gu)).toEqual(['HTTP/1.1 400']);
  });

  test('the head of a request has at most 16 KiB (R10)', async () => {
    expect(await sendRaw(server(), post(body, '/mutate/pods', `X-Long: ${'x'.repeat(17_000)}\r\n`))).toMatch(
      /^HTTP\/1\.1 431 /u,
    );
  });

  test('endless ones are cut off, many at once too, and memory stays where it was', async () => {
    const cutOff = async (): Promise<number> => {
      const series = (outcome: string, code: number): string =>
        `podgraft_admission_requests_total{webhook="named",outcome="${outcome}",code="${code}"}`;
      const { metric } = server();
      return ((await metric(series('rejected', 413))) ?? 0) + ((await metric(series('shed', 429))) ?? 0);
    };
    const cutOffBefore = await cutOff();
    await flood(16);
    const before = server().rssBytes();
    let sent = 0;
    for (let round = 0; round < 4; round++) sent += await flood(16);
    expect((await cutOff()) - cutOffBefore).toBe(5 * 16);
    expect(sent).toBeGreaterThan(300 * mebibyte);
    expect(server().rssBytes() - before).toBeLessThan(128 * mebibyte);
    await expectUnharmed();
  });

  test('large ones that never end fill no memory: beyond 64 MiB of all only small ones are read', async () => {
    const { client, rssBytes } = server();
    const before = rssBytes();
    const slow = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const raw = await openRaw(server());
        raw.socket.write(head(limit));
        raw.socket.write('x'.repeat(6 * mebibyte));
        return raw;
      }),
    );
    const withStatus = (status: string): number => slow.filter((raw) => statusOf(raw) === status).length;
    // On a machine so busy that some of these come too late (10 s), others are read in their place.
    await until(() => withStatus('429') + withStatus('408') >= 45);
    expect(withStatus('429')).toBeGreaterThan(0);
    expect(rssBytes() - before).toBeLessThan(200 * mebibyte);
    expect((await client.review('/mutate/pods', review)).patch).not.toEqual([]);
    for (const { socket } of slow) socket.destroy();
    await expectUnharmed();
  });

  /** So many chunked bodies without end at once; the bytes that went out until all were cut off. */
  async function flood(count: number): Promise<number> {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const sent = await Promise.all(
      Array.from({ length: count }, async () => {
        const { socket, closed } = await openRaw(server());
        let bytes = 0;
        const pump = (): void => {
          do bytes += chunk.length;
          while (!socket.destroyed && socket.write(chunk));
        };
        socket.write(head('chunked'));
        socket.on('drain', pump);
        pump();
        // One that goes on writing may be reset before it has read its answer: that each got one the server's count says.
        const answer = await closed;
        expect(answer).toMatch(/^(?:HTTP\/1\.1 (?:413|429) |$)/u);
        return { bytes, isAnswered: answer !== '' };
      }),
    );
    expect(sent.filter(({ isAnswered }) => isAnswered).length).toBeGreaterThan(count / 2);
    return sent.reduce((sum, { bytes }) => sum + bytes, 0);
  }
});
