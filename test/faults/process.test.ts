import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { apiServerClient } from '../support/api-server-client.ts';
import { asking, pod } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { newAuthority } from './support/authority.ts';
import { head, openMany } from './support/raw.ts';
import { launch, newFolder, serve, until } from './support/serve-process.ts';
import type { ServeProcess } from './support/serve-process.ts';
import { labels, templateFiles } from './support/templates.ts';

const files = templateFiles(labels);
const review = podReview(asking(pod(), 'labels'));
const body = reviewBody(review);
const dayMs = 86_400_000;

async function expectServing({ client }: ServeProcess): Promise<void> {
  expect((await client.review('/mutate/pods', review)).patch).not.toEqual([]);
}

describe('T49, R7 being stopped', () => {
  test('SIGTERM with 100 reviews in flight and clients that keep their connections: no reset, each answer ends its connection, exit 0', async () => {
    // Longer than all that follows takes on a busy machine.
    const server = await serve({ files, flags: ['--drain-seconds', '6', '--quiet-seconds', '1'] });
    const clients = Array.from({ length: 10 }, () => apiServerClient(server.port, server.ca));
    for (const client of clients)
      expect((await client.send('/mutate/pods', body)).headers.connection).not.toBe('close');
    // The last thing before the signal: a body is waited for no longer than 10 s.
    const inFlight = await openMany(server, 100, () => head(Buffer.byteLength(body)) + body.slice(0, 10));
    await until(async () => (await server.metric('podgraft_admission_in_flight')) === 100);
    server.signal('SIGTERM');
    await until(() => server.stderr().includes('SIGTERM: stopping'));
    expect((await server.probe('/readyz')).status).toBe(503);
    expect((await server.probe('/livez')).status).toBe(200);
    // Over the connections that are kept, and then over new ones: an API server learns late.
    for (let round = 0; round < 3; round++) {
      for (const client of clients) {
        const { status, headers } = await client.send('/mutate/pods', body);
        expect({ status, connection: headers.connection }).toEqual({ status: 200, connection: 'close' });
      }
      expect((await clients[0]?.send('/nowhere', body))?.headers.connection).toBe('close');
    }
    for (const { socket } of inFlight) socket.write(body.slice(10));
    for (const { closed, received } of inFlight) {
      await closed;
      expect(received()).toMatch(/^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*"patchType":"JSONPatch"/iu);
    }
    for (const client of clients) client.close();
    expect(await server.exited).toBe(0);
    expect(server.stdout().match(/"outcome":"patched"/gu)).toHaveLength(140);
  });

  test('a second SIGTERM does not wait for what is in flight', async () => {
    const server = await serve({ files, flags: ['--drain-seconds', '3600', '--drain-cap-seconds', '3600'] });
    await openMany(server, 3, () => head(100) + body.slice(0, 10));
    await until(async () => (await server.metric('podgraft_admission_in_flight')) === 3);
    server.signal('SIGTERM');
    await until(() => server.stderr().includes('SIGTERM: stopping'));
    server.signal('SIGTERM');
    expect(await server.exited).toBe(0);
  });
});

describe('T35, T36, R37 bugs of ours', () => {
  const canary = 'CANARY-5cr3t';
  const errors = 'podgraft_admission_requests_total{webhook="named",outcome="error",code="500"}';
  const unhandled = (kind: string): string => `podgraft_unhandled_errors_total{kind="${kind}"}`;

  test('a review that makes the handler throw is a 500 without contents, and the next one is answered', async () => {
    const server = await serve({ files, withInside: true });
    await server.tell('break patches');
    const { status, body: text, headers } = await server.client.send('/mutate/pods', body);
    expect({ status, text, retry: headers['retry-after'] }).toEqual({
      status: 500,
      text: 'internal error\n',
      retry: undefined,
    });
    expect(await server.metric(errors)).toBe(1);
    await expectServing(server);

    await server.tell('reject');
    await until(async () => (await server.metric(unhandled('rejection'))) === 1);
    await expectServing(server);

    await server.tell('spoil patches');
    expect(await server.client.send('/mutate/pods', body)).toMatchObject({ status: 500, body: 'internal error\n' });
    expect(await server.metric('podgraft_self_check_failures_total')).toBe(1);

    await until(() => server.stdout().includes('"reason":"self_check"') && server.stdout().includes('unhandled error'));
    expect(server.stdout()).toMatch(/"fault":"inside\.ts:\d+:\d+"/u);
    expect(server.stdout() + server.stderr()).not.toContain(canary);
  });

  test('an error that nobody caught: no longer ready, still answering, then the end, with what to report and no contents', async () => {
    const flags = ['--drain-seconds', '6', '--quiet-seconds', '0'];
    const server = await serve({ files, withInside: true, flags });
    await server.tell('throw');
    await until(async () => (await server.metric(unhandled('exception'))) === 1);
    expect((await server.probe('/readyz')).status).toBe(503);
    expect(await server.client.send('/mutate/pods', body)).toMatchObject({
      status: 200,
      headers: { connection: 'close' },
    });
    expect(await server.exited).toBe(2);
    expect(server.stderr()).toMatch(/podgraft has a bug \(Error\); please report it with these lines:\n +at /u);
    expect(server.stdout() + server.stderr()).not.toContain(canary);
  });
});

describe('a log that cannot be written', () => {
  test('because the disk is full: the server goes on, and stops when it is told', async () => {
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    const server = await serve({ files, stdout: full });
    for (let index = 0; index < 500; index++) await server.client.send('/mutate/pods', body);
    await expectServing(server);
    server.signal('SIGTERM');
    expect(await server.exited).toBe(0);
  });

  test('because nobody reads the pipe: the server goes on, forgets lines rather than fill its memory, and stops when it is told', async () => {
    const server = await serve({ files, stdout: 'unread' });
    const long = reviewBody(podReview(asking(pod(), 'labels'), { name: 'x'.repeat(250) }));
    const clients = Array.from({ length: 8 }, async () => {
      for (let index = 0; index < 500; index++) await server.client.send('/mutate/pods', long);
    });
    await Promise.all(clients);
    await expectServing(server);
    server.signal('SIGTERM');
    expect(await server.exited).toBe(0);
  });

  test('because whoever read has gone, from stderr too: the server goes on', async () => {
    const server = await serve({ files });
    server.hangUp();
    for (let index = 0; index < 100; index++) await server.client.send('/mutate/pods', body);
    writeFileSync(
      path.join(server.folder, 'templates/0.json'),
      JSON.stringify(labels).replace('"from":"template"', '"from":"later"'),
    );
    await until(async () => {
      const { object } = await server.client.review('/mutate/pods', review);
      return JSON.stringify(object).includes('"later"');
    });
    server.signal('SIGTERM');
    expect(await server.exited).toBe(0);
  });
});

/** A folder with these files that goes with the test. */
function folderWith(content: Readonly<Record<string, string>>): string {
  const folder = newFolder(content);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function isPossible([command = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('certificates, disks and clocks', () => {
  test('killed at any moment while it makes its certificate, it comes up the next time, with a pair that is whole', async () => {
    const folder = folderWith({ 'templates/none.yaml': '' });
    const state = path.join(folder, 'state');
    const seen = (name: string): boolean =>
      existsSync(state) && readdirSync(state).some((file) => file.startsWith(name));
    const args = [
      'serve',
      '--templates',
      'templates',
      '--host',
      'localhost',
      '--port',
      '0',
      '--probe-port',
      '0',
      '--state-dir',
      'state',
    ];
    for (const moment of ['lock', 'ca.key', 'ca.crt', 'tls.key']) {
      const { child, exited, stderr } = launch(args, folder);
      await until(() => seen(moment) || stderr() !== '');
      child.kill('SIGKILL');
      await exited;
    }
    const last = launch(args, folder);
    await until(() => last.stderr().includes('templates '));
    const [ca, leaf] = ['ca.crt', 'tls.crt'].map(
      (name) => new X509Certificate(readFileSync(path.join(state, name), 'utf8')),
    );
    expect(ca !== undefined && leaf?.verify(ca.publicKey)).toBe(true);
    last.child.kill('SIGKILL');
    await last.exited;
  });

  test('a state folder that is full, or is a file, is one line that says what to do, and exit 2', async () => {
    const folder = folderWith({ 'templates/none.yaml': '', file: '', 'disk/.keep': '' });
    const complaint =
      /^\S+ cannot hold the development certificate \((?:ENOSPC|EEXIST|ENOTDIR)\); name another folder with --state-dir[^\n]*\n$/u;
    const args = ['serve', '--templates', 'templates', '--port', '0', '--probe-port', '0', '--state-dir'];
    const onFile = launch([...args, 'file'], folder);
    expect(await onFile.exited).toBe(2);
    expect(onFile.stderr()).toMatch(complaint);
    // A disk of two pages, where this system lets us have one: it is gone with the process.
    const withDisk = ['sh', '-c', 'mount -t tmpfs -o size=8k none "$0" && exec "$@"', path.join(folder, 'disk')];
    const namespace = ['unshare', '--user', '--map-root-user', '--mount', ...withDisk];
    if (!isPossible([...namespace, 'true'])) return;
    const onFull = launch([...args, 'disk/state'], folder, {}, namespace);
    expect(await onFull.exited).toBe(2);
    expect(onFull.stderr()).toMatch(complaint);
  });

  test('T45 a clock a year ahead: it makes a new CA and leaf at its start, and says when they end', async () => {
    const first = await serve({ files, certificate: 'state' });
    const before = ['ca.crt', 'ca.key', 'tls.crt', 'tls.key'].map((name) => [
      `state/${name}`,
      readFileSync(path.join(first.folder, 'state', name), 'utf8'),
    ]);
    const ahead = { withInside: true, env: { FAULT_CLOCK_AHEAD_MS: String(366 * dayMs) } };
    const later = await serve({ files: { ...files, ...Object.fromEntries(before) }, certificate: 'state', ...ahead });
    const cert = new X509Certificate(readFileSync(path.join(later.folder, 'state/tls.crt'), 'utf8'));
    expect(Date.parse(cert.validFrom)).toBeGreaterThan(Date.now() + 365 * dayMs);
    expect((await later.probe('/readyz')).status).toBe(200);
    expect(await later.metric('podgraft_cert_not_after_seconds{role="leaf"}')).toBe(Date.parse(cert.validTo) / 1000);
  });

  test('R4 a certificate that ends while it is in use: not ready, but alive; with the next one ready again', async () => {
    const server = await serve({ files });
    const authority = await newAuthority();
    const put = async (lifeMs: number): Promise<void> => {
      const { cert, key } = await authority.server(['localhost'], lifeMs);
      writeFileSync(path.join(server.folder, 'tls.key'), key);
      writeFileSync(path.join(server.folder, 'tls.crt'), cert);
    };
    await put(1000);
    await until(async () => (await server.probe('/readyz?verbose')).text.includes('[-]certificate it has expired'));
    expect((await server.probe('/livez')).status).toBe(200);
    await put(dayMs);
    await until(async () => (await server.probe('/readyz')).status === 200);
  });
});
