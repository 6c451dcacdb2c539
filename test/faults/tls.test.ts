import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Issued } from '../../src/certs/issue.ts';
import { asking, pod } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { newAuthority } from './support/authority.ts';
import type { Authority } from './support/authority.ts';
import { openRaw, post } from './support/raw.ts';
import type { Raw } from './support/raw.ts';
import { serveAll, startServe, until } from './support/serve-process.ts';
import type { ServeProcess } from './support/serve-process.ts';
import { labels, templateFiles } from './support/templates.ts';

const body = reviewBody(podReview(asking(pod(), 'labels')));
const rejected = 'podgraft_admission_requests_total{webhook="named",outcome="rejected",code="403"}';

/** What becomes of one review over a connection of its own: the status, or `refused` where no answer came. */
async function ask(server: ServeProcess, options: ConnectionOptions = {}): Promise<string> {
  try {
    const { socket, closed, received } = await openRaw(server, options);
    socket.write(post(body, '/mutate/pods', 'Connection: close\r\n'));
    await Promise.race([closed, until(() => received().includes('\r\n\r\n'))]);
    socket.destroy();
    return /^HTTP\/1\.1 (\d+)/u.exec(received())?.[1] ?? 'refused';
  } catch (error) {
    return error instanceof Error && 'code' in error ? `refused: ${String(error.code)}` : 'refused';
  }
}

describe('T40 without client certificates', () => {
  const server = serveAll({ files: templateFiles(labels) });
  const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

  test.each<[string, ConnectionOptions]>([
    ['TLS 1.0', { ...old, maxVersion: 'TLSv1' }],
    ['TLS 1.1', { ...old, maxVersion: 'TLSv1.1' }],
    ['S17 no forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
    ['S17 no authenticated encryption', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA256' }],
    ['HTTP/2 alone', { ALPNProtocols: ['h2'] }],
  ])('%s: the handshake is refused', async (_, options) => {
    expect(await ask(server(), options)).toMatch(/^refused: (?:ERR_SSL|ECONNRESET|EPROTO)/u);
    expect(await ask(server())).toBe('200');
  });

  test('wrong SNI: a client that expects another name does not take our certificate', async () => {
    const name = 'elsewhere.example.svc';
    expect(await ask(server(), { servername: name })).toBe('refused: ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await ask(server(), { servername: '' })).toBe('200');
  });

  test('S17 nothing is renegotiated', async () => {
    const { socket, closed } = await openRaw(server(), { maxVersion: 'TLSv1.2' });
    const outcome = new Promise<string>((resolve) => {
      socket.once('error', () => resolve('refused'));
      void closed.then(() => resolve('refused'));
    });
    socket.renegotiate({}, (error) => expect(error).not.toBeNull());
    expect(await outcome).toBe('refused');
    expect(await ask(server())).toBe('200');
  });

  test('T41 half-written, mismatched and missing files leave the old pair in use, are counted, and the next right pair is taken', async () => {
    const { folder, metric } = server();
    const [cert, key] = ['tls.crt', 'tls.key'].map((name) => path.join(folder, name)) as [string, string];
    const authority = await newAuthority();
    const next = await authority.server(['localhost']);
    const problems = async (): Promise<number> => (await metric('podgraft_cert_problems_total')) ?? 0;
    expect(await problems()).toBe(0);
    const states: readonly (() => void)[] = [
      () => writeFileSync(cert, next.cert),
      () => writeFileSync(key, ''),
      () => writeFileSync(cert, next.cert.slice(0, 300)),
      () => renameSync(key, `${key}.gone`),
    ];
    for (const [index, become] of states.entries()) {
      become();
      await until(async () => (await problems()) > index);
      expect(await ask(server())).toBe('200');
    }
    expect(server().stderr()).toContain('the certificate from before stays in use');
    writeFileSync(key, next.key);
    writeFileSync(cert, next.cert);
    await until(async () => (await ask(server(), { ca: authority.ca })) === '200');
    expect(await ask(server())).toMatch(/^refused/u);
  });
});

describe('T40, S18 where clients need a certificate', () => {
  let authority: Authority;
  let foreign: Authority;
  let server: ServeProcess;
  const named: Record<string, Issued> = {};

  beforeAll(async () => {
    [authority, foreign] = await Promise.all([newAuthority(), newAuthority()]);
    Object.assign(named, {
      right: authority.client({ commonName: 'kube-apiserver' }),
      byDns: authority.client({ commonName: 'x', dnsNames: ['api.example'] }),
      wrong: authority.client({
        commonName: 'kube-apiserver-2',
        dnsNames: ['xapi.example', '*.example', 'a, DNS:api.example'],
      }),
      expired: authority.client({ commonName: 'kube-apiserver', notAfterMs: Date.now() - 60_000 }),
      foreign: foreign.client({ commonName: 'kube-apiserver' }),
    });
    server = await startServe({
      files: { ...templateFiles(labels), 'clients.crt': authority.ca },
      flags: ['--client-ca-file', 'clients.crt', '--client-subjects', 'kube-apiserver,api.example'],
    });
  });
  afterAll(async () => server.end());

  const as = (name: string): ConnectionOptions => ({ cert: named[name]?.cert ?? '', key: named[name]?.key ?? '' });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s', async (maxVersion) => {
    const version = { maxVersion, minVersion: maxVersion };
    expect(await ask(server, { ...as('right'), ...version })).toBe('200');
    expect(await ask(server, { ...as('byDns'), ...version })).toBe('200');
    expect(await ask(server, version)).toMatch(/^refused/u);
    expect(await ask(server, { ...as('foreign'), ...version })).toMatch(/^refused/u);
    expect(await ask(server, { ...as('expired'), ...version })).toMatch(/^refused/u);
    // TLS has no alert for a name: the handshake is done before the server sees it, the request is not.
    expect(await ask(server, { ...as('wrong'), ...version })).toBe('403');
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('S17 the oldest TLS is still not %s', async (maxVersion) => {
    const options = { ...as('right'), minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    expect(await ask(server, options)).toMatch(/^refused/u);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'over %s no session is resumed: each begins with the certificate',
    async (maxVersion) => {
      const first = await openRaw(server, { ...as('right'), maxVersion });
      let session = first.socket.getSession();
      first.socket.on('session', (next) => (session = next));
      await answerOf(first);
      first.socket.destroy();
      expect(await ask(server, { maxVersion, ...(session && { session }) })).toMatch(/^refused/u);
      const second = await openRaw(server, { ...as('right'), maxVersion, ...(session && { session }) });
      expect(second.socket.isSessionReused()).toBe(false);
      second.socket.destroy();
    },
  );

  test('a certificate that expires while its connection is kept is refused at the next request', async () => {
    const { cert, key } = authority.client({ commonName: 'kube-apiserver', notAfterMs: Date.now() + 10_000 });
    const connection = await openRaw(server, { cert, key });
    expect(await answerOf(connection)).toBe('200');
    await until(async () => (await answerOf(connection)) === '403');
    expect(connection.received()).toContain('the client certificate has expired');
  });

  test('a refusal is counted, says why in a line, and ends the connection', async () => {
    const before = (await server.metric(rejected)) ?? 0;
    const connection = await openRaw(server, as('wrong'));
    connection.socket.write(post(body));
    expect(await connection.closed).toMatch(
      /^HTTP\/1\.1 403 [^]*the client certificate has no name that --client-subjects lists\n$/u,
    );
    expect(await server.metric(rejected)).toBe(before + 1);
  });

  test('the CAs are followed: one that is added may call, one that is taken away no longer, on kept connections too', async () => {
    const file = path.join(server.folder, 'clients.crt');
    const kept = await openRaw(server, as('right'));
    expect(await answerOf(kept)).toBe('200');
    writeFileSync(file, `${authority.ca}${foreign.ca}`);
    await until(async () => (await ask(server, as('foreign'))) === '200');
    expect(await answerOf(kept)).toBe('200');
    writeFileSync(file, foreign.ca.slice(0, 500));
    await until(() => server.stderr().includes('the CAs from before stay in use'));
    expect(await answerOf(kept)).toBe('200');
    writeFileSync(file, foreign.ca);
    await until(async () => (await ask(server, as('right'))).startsWith('refused'));
    expect(await answerOf(kept)).toBe('403');
    expect(await ask(server, as('foreign'))).toBe('200');
  });

  test('a certificate of the server that has changed takes nothing of that away (S17)', async () => {
    const next = await newAuthority();
    const leaf = await next.server(['localhost']);
    writeFileSync(path.join(server.folder, 'tls.crt'), leaf.cert);
    writeFileSync(path.join(server.folder, 'tls.key'), leaf.key);
    await until(async () => (await ask(server, { ...as('foreign'), ca: next.ca })) === '200');
    expect(await ask(server, { ca: next.ca })).toMatch(/^refused/u);
    const options = { ...as('foreign'), ca: next.ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
    expect(await ask(server, { ...options, ciphers: 'DEFAULT@SECLEVEL=0' })).toMatch(/^refused/u);
  });
});

/** Sends one more review over a connection that is open; the status of its answer. */
async function answerOf({ socket, received }: Raw): Promise<string> {
  const before = received().length;
  socket.write(post(body));
  await until(() => received().includes('\r\n\r\n', before) || socket.destroyed);
  return /^HTTP\/1\.1 (\d+)/u.exec(received().slice(before))?.[1] ?? 'refused';
}

test('T40 what is not PEM of a CA keeps the server from starting, with one line', async () => {
  const leaf = await (await newAuthority()).server(['localhost']);
  for (const [text, complaint] of [
    ['', 'clients.crt is not PEM of certificates'],
    [leaf.cert, 'clients.crt: certificate 1 is not that of a CA'],
  ] as const) {
    const started = startServe({ files: { 'clients.crt': text }, flags: ['--client-ca-file', 'clients.crt'] });
    await expect(started).rejects.toThrow(`serve ended: ${complaint}\n`);
  }
});
