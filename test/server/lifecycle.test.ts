import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { newActivity } from '../../src/server/activity.ts';
import { waitForQuiet } from '../../src/server/drain.ts';
import { newLineBudget } from '../../src/server/line-budget.ts';
import { createLog } from '../../src/server/log.ts';
import { createProbeApp } from '../../src/server/probe-app.ts';
import { startServer } from '../../src/server/start-server.ts';
import { asking, pod, template } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { until } from '../support/until.ts';
import { contextOf, startTestServer, testCertificate } from '../support/webhook-server.ts';
import type { TestCertificate } from '../support/webhook-server.ts';

const sidecar = template('log-shipper', { spec: { containers: [{ name: 'shipper', image: 'shipper:1' }] } });
const body = reviewBody(podReview(asking(pod(), 'log-shipper')));

let certificate: TestCertificate;
beforeAll(async () => {
  certificate = await testCertificate();
});

/** A handshake; the error's code where it is refused. */
async function connect(port: number, options: ConnectionOptions = {}): Promise<TLSSocket | string> {
  return new Promise((resolve) => {
    const socket = tls.connect({ host: 'localhost', port, ca: certificate.ca, ...options });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    onTestFinished(() => void socket.destroy());
  });
}

describe('TLS (contract C1, S17)', () => {
  test.each([
    ['TLSv1.2', 'TLSv1.2', true],
    ['TLSv1.3', 'TLSv1.2', true],
    ['TLSv1.1', 'TLSv1.2', false],
    ['TLSv1.2', 'TLSv1.3', false],
  ] as const)('a client that speaks %s, where %s is the oldest: %s', async (maxVersion, tlsMinVersion, isWelcome) => {
    const { server } = await startTestServer(certificate, { tlsMinVersion });
    const ciphers = maxVersion === 'TLSv1.1' ? 'DEFAULT@SECLEVEL=0' : undefined;
    const result = await connect(server.port, { maxVersion, minVersion: 'TLSv1', ...(ciphers && { ciphers }) });
    expect(typeof result === 'object').toBe(isWelcome);
  });

  test('T40 the oldest TLS stays what it was after the certificate has changed', async () => {
    const { server } = await startTestServer(certificate, { tlsMinVersion: 'TLSv1.3' });
    await certificate.rotate();
    expect(typeof (await connect(server.port, { maxVersion: 'TLSv1.2' }))).toBe('string');
    expect(typeof (await connect(server.port))).toBe('object');
  });

  test('HTTP/2 is not offered', async () => {
    const { server } = await startTestServer(certificate);
    const both = await connect(server.port, { ALPNProtocols: ['h2', 'http/1.1'] });
    expect(typeof both === 'object' && both.alpnProtocol).toBe('http/1.1');
    expect(await connect(server.port, { ALPNProtocols: ['h2'] })).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
  });

  test('a cipher without forward secrecy or authentication is refused', async () => {
    const { server } = await startTestServer(certificate);
    const ciphers = 'AES128-SHA256:ECDHE-RSA-AES128-SHA256';
    expect(typeof (await connect(server.port, { maxVersion: 'TLSv1.2', ciphers }))).toBe('string');
  });

  test('a new certificate is used by new connections, and interrupts no old one', async () => {
    const { client, server, lines } = await startTestServer(certificate, { context: contextOf(sidecar) });
    await client.send('/mutate/pods', body);
    const cert = await certificate.rotate();
    expect((await client.send('/mutate/pods', body)).status).toBe(200);
    expect(client.connections()).toBe(1);
    const socket = await connect(server.port);
    if (typeof socket === 'string') throw new Error(socket);
    expect(socket.getPeerX509Certificate()?.toString()).toBe(cert);
    expect(lines().map(({ msg }) => msg)).toContain('certificate changed');
  });
});

describe('probes (contract R3, R4, O7)', () => {
  test('say that all is well', async () => {
    const { probe } = await startTestServer(certificate);
    expect(await probe('/livez')).toEqual({ status: 200, text: 'ok\n' });
    expect(await probe('/readyz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await probe('/readyz?verbose')).toEqual({ status: 200, text: '[+]certificate ok\n[+]shutdown ok\nok\n' });
    expect((await probe('/mutate/pods')).status).toBe(404);
  });

  test('an expired certificate makes it not ready, but alive', async () => {
    const expired = { ...certificate.source.current(), notAfterMs: Date.now() - 1 };
    const { probe } = await startTestServer(certificate, {
      certificate: { ...certificate.source, current: () => expired },
    });
    expect(await probe('/readyz?verbose')).toMatchObject({
      status: 503,
      text: '[-]certificate it has expired\n[+]shutdown ok\nnot ready\n',
    });
    expect((await probe('/livez')).status).toBe(200);
  });

  test('a stuck event loop is not alive', async () => {
    const { default: client } = await import('prom-client');
    let ageMs = 4999;
    const app = createProbeApp({ heartbeatAgeMs: () => ageMs, checks: () => [], registry: new client.Registry() });
    const server = http.createServer(app).listen(0, 'localhost');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const livez = async (): Promise<number> => (await fetch(`http://localhost:${port}/livez`)).status;
    expect(await livez()).toBe(200);
    ageMs = 5000;
    expect(await livez()).toBe(503);
  });
});

describe('metrics (contract O1–O3)', () => {
  test('each series is there from the start, at 0', async () => {
    const { metric } = await startTestServer(certificate, {
      templateCounts: () => ({ active: 3, invalid: 1 }),
      version: '1.2.3',
    });
    for (const webhook of ['named', 'matched']) {
      for (const end of [
        'outcome="patched",code="200"',
        'outcome="denied",code="200"',
        'outcome="error",code="500"',
        'outcome="shed",code="429"',
      ]) {
        expect(await metric(`podgraft_admission_requests_total{webhook="${webhook}",${end}}`)).toBe(0);
      }
      expect(await metric(`podgraft_admission_duration_seconds_count{webhook="${webhook}"}`)).toBe(0);
    }
    expect(await metric('podgraft_denials_total{reason="conflict"}')).toBe(0);
    expect(await metric('podgraft_self_check_failures_total')).toBe(0);
    expect(await metric('podgraft_patch_bytes_count')).toBe(0);
    expect(await metric('podgraft_admission_in_flight')).toBe(0);
    expect(await metric('podgraft_templates{state="active"}')).toBe(3);
    expect(await metric('podgraft_templates{state="invalid"}')).toBe(1);
    expect(await metric('podgraft_cert_not_after_seconds{role="leaf"}')).toBeGreaterThan(Date.now() / 1000);
    expect(await metric('podgraft_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(await metric(`podgraft_build_info{version="1.2.3",node="${process.versions.node}"}`)).toBe(1);
  });

  test('O2 whatever pods come, there is no series more', async () => {
    const { client, probe, metric } = await startTestServer(certificate, { context: contextOf(sidecar) });
    const series = async (): Promise<readonly string[]> => {
      const { text } = await probe('/metrics');
      return text.split('\n').map((line) => line.split(' ')[0] ?? '');
    };
    const before = await series();
    for (let index = 0; index < 50; index++) {
      const own = asking(pod({}, { name: `pod-${index}` }), index % 2 === 0 ? 'log-shipper' : `absent-${index}`);
      await client.review(
        '/mutate/pods',
        podReview(own, { uid: `uid-${index}`, name: `pod-${index}`, namespace: `ns-${index}` }),
      );
    }
    expect(await series()).toEqual(before);
    expect(await metric('podgraft_admission_requests_total{webhook="named",outcome="patched",code="200"}')).toBe(25);
    expect(await metric('podgraft_denials_total{reason="template_not_found"}')).toBe(25);
    expect(await metric('podgraft_patch_bytes_count')).toBe(25);
  });
});

describe('the log (contract O4, S24)', () => {
  test('has one line for each review, of these fields and no others', async () => {
    const { client, lines } = await startTestServer(certificate, { context: contextOf(sidecar) });
    await client.review('/mutate/pods', podReview(asking(pod(), 'log-shipper')));
    expect(lines()).toHaveLength(1);
    const [line = {}] = lines();
    expect(line).toMatchObject({
      level: 'info',
      msg: 'review',
      uid: '6b62c74e-b739-43e0-8e06-f33100362624',
      webhook: 'named',
      namespace: 'app',
      name: 'web',
      ownerKind: '',
      operation: 'CREATE',
      dryRun: false,
      outcome: 'patched',
      reason: 'grafted',
      code: 200,
      templates: ['podgraft-system/log-shipper'],
      templateHash: [sidecar.hash.slice(7, 23)],
      leftOut: [],
    });
    const fields =
      'code dryRun durationMs leftOut level msg name namespace operation outcome ownerKind ' +
      'patchBytes patchOps reason replica templateHash templates ts uid webhook';
    expect(Object.keys(line).toSorted()).toEqual(fields.split(' '));
  });

  test('says who asked only where debug lines are wanted', async () => {
    const written: string[] = [];
    const { logger } = createLog('debug', { write: (line: string) => void written.push(line) });
    const { client } = await startTestServer(certificate, { context: contextOf(sidecar), logger });
    await client.review('/mutate/pods', podReview(pod()));
    expect(written[0]).toContain('"username":"system:serviceaccount:kube-system:replicaset-controller"');
  });

  test('a secret in a pod shows up in no line, answer, warning or metric, whatever becomes of the pod', async () => {
    const canary = 'CANARY-5cr3t';
    const secretly = {
      containers: [
        { name: 'main', image: 'app:1', args: [canary], env: [{ name: 'A', value: canary }] },
        { name: 'shipper', image: `${canary}:1`, command: [canary] },
      ],
      hostname: canary,
      volumes: [{ name: 'v', hostPath: { path: `/${canary}` } }],
    };
    const metadata = { annotations: { note: canary }, labels: { note: canary } };
    const differing = template(
      'differing',
      {
        metadata: { annotations: { note: 'other' } },
        spec: { hostname: 'other', volumes: [{ name: 'v', emptyDir: {} }] },
      },
      { conflictPolicy: 'Deny' },
    );
    const { client, log, probe } = await startTestServer(certificate, { context: contextOf(sidecar, differing) });
    const answers = [];
    for (const name of ['log-shipper', 'differing', 'absent', `x,${'y'.repeat(70)}`]) {
      const { allowed, status, warnings, auditAnnotations } = await client.review(
        '/mutate/pods',
        podReview(asking(pod(secretly, metadata), name)),
      );
      expect(allowed).toBe(false);
      answers.push(status, warnings, auditAnnotations);
    }
    const half = reviewBody(podReview(asking(pod(secretly, metadata), 'differing'))).slice(0, -1);
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${canary}`, 'X-Note': canary };
    answers.push((await client.send('/mutate/pods', half, { headers })).body);
    answers.push((await client.send(`/mutate/${canary}`, half, { headers })).body);
    expect(JSON.stringify(answers)).not.toContain(canary);
    expect(log()).not.toContain(canary);
    expect((await probe('/metrics')).text).not.toContain(canary);
  });

  test('a name with a newline makes no second line', async () => {
    const { client, log } = await startTestServer(certificate);
    await client.review('/mutate/pods', podReview(pod(), { name: 'web\n{"level":"fatal"}', namespace: 'a\u2028b' }));
    expect(log().trim().split('\n')).toHaveLength(1);
  });

  test('a flood of bad requests is counted, but not logged line by line', async () => {
    const { client, lines, metric } = await startTestServer(certificate);
    const startMs = performance.now();
    /** Ten a second, the seconds that have begun counted. */
    const allowed = (): number => 10 * (Math.floor(performance.now() / 1000) - Math.floor(startMs / 1000) + 1);
    let sent = 0;
    while (sent < 2 * allowed()) {
      await client.send('/mutate/pods', '{');
      sent++;
    }
    const most = allowed();
    expect(await metric('podgraft_admission_requests_total{webhook="named",outcome="rejected",code="400"}')).toBe(sent);
    expect(lines().length).toBeLessThanOrEqual(most);
  });

  test('the budget starts anew each second and tells what it swallowed', () => {
    const budget = newLineBudget(2);
    expect([0, 1, 2, 999, 1000, 1001].map(budget)).toEqual([0, 0, undefined, undefined, 2, 0]);
  });
});

describe('connections (contract rule 7)', () => {
  test('one on which nothing has been sent yet is kept beyond each limit for requests, and served then', async () => {
    const { server } = await startTestServer(certificate);
    const socket = await connect(server.port);
    if (typeof socket === 'string') throw new Error(socket);
    // The limit for headers is 10 s, and is looked at every 5.
    await wait(16_000);
    socket.write('GET /mutate/pods HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 405 /u);
  });

  test('what is no request is told so, with a length, before the connection ends', async () => {
    const { server } = await startTestServer(certificate);
    const socket = await connect(server.port);
    if (typeof socket === 'string') throw new Error(socket);
    socket.write('nonsense\r\n\r\n');
    expect(String(await once(socket, 'data'))).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n(?:.*\r\n)*Content-Length: 0\r\n/u,
    );
    await once(socket, 'close');
  });
});

describe('listening', () => {
  const options = {
    host: 'localhost',
    tlsMinVersion: 'TLSv1.2',
    maxInFlight: 1,
    drain: { drainMs: 0, quietMs: 0, capMs: 0 },
    context: contextOf(),
    templateCounts: () => ({ active: 0, invalid: 0 }),
    logger: createLog('silent').logger,
    version: '0.0.0',
  } as const;

  test.each([
    ['port', '--port'],
    ['probePort', '--probe-port'],
  ])('on a %s that is in use fails with one line that names %s, and leaves nothing open', async (key, flag) => {
    const other = net.createServer().listen(0, 'localhost');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as net.AddressInfo;
    const started = await startServer({
      ...options,
      port: 0,
      probePort: 0,
      [key]: port,
      certificate: certificate.source,
    });
    expect(started).toEqual({
      kind: 'failed',
      message: `port ${port} of localhost: something else listens there already; stop it, or choose another port with ${flag}`,
    });
  });

  test('on an address that this machine does not have fails with one line', async () => {
    const started = await startServer({
      ...options,
      host: '192.0.2.1',
      port: 0,
      probePort: 0,
      certificate: certificate.source,
    });
    expect(started).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(
        /^port 0 of 192\.0\.2\.1: this machine has no such address \(EADDRNOTAVAIL\)/u,
      ) as string,
    });
  });
});

describe('stopping (contract R7)', () => {
  test('T49 goes on answering until it is quiet, ends each connection with its answer, then closes', async () => {
    const { client, server, probe } = await startTestServer(certificate, {
      context: contextOf(sidecar),
      // Longer than what follows takes on a busy machine.
      drain: { drainMs: 5000, quietMs: 1000, capMs: 60_000 },
    });
    await client.send('/mutate/pods', body);
    const stopped = server.stop();
    expect((await probe('/readyz?verbose')).text).toContain('[-]shutdown the process is stopping');
    const during = await client.send('/mutate/pods', body);
    expect(during).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect((await client.send('/mutate/pods', body)).status).toBe(200);
    await stopped;
    await expect(client.send('/mutate/pods', body)).rejects.toThrow('ECONNREFUSED');
    await expect(probe('/livez')).rejects.toThrow('fetch failed');
  });

  test('waits for a review that is still being read', async () => {
    const { client, server, metric } = await startTestServer(certificate, { context: contextOf(sidecar) });
    await client.send('/mutate/pods', body);
    const socket = await connect(server.port);
    if (typeof socket === 'string') throw new Error(socket);
    socket.write(
      `POST /mutate/pods HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n{`,
    );
    await until('it is being read', async () => (await metric('podgraft_admission_in_flight')) === 1);
    const stopped = server.stop();
    const answered = once(socket, 'data');
    await wait(50);
    socket.write(body.slice(1));
    expect(String(await answered)).toMatch(/^HTTP\/1\.1 200 /u);
    await stopped;
  });

  test('a second signal ends the waiting at once, and a third changes nothing', async () => {
    const { server } = await startTestServer(certificate, {
      drain: { drainMs: 3_600_000, quietMs: 0, capMs: 3_600_000 },
    });
    const first = server.stop();
    await Promise.all([server.stop('now'), server.stop('now'), first]);
    expect(await connect(server.port)).toBe('ECONNREFUSED');
  });

  test('looks into the sockets before it finds that all is quiet, after it has not run for a while', async () => {
    const activity = newActivity();
    let isSeen = false;
    const server = net.createServer((socket) => {
      socket.on('data', () => {
        isSeen = true;
        activity.lastRequestMs = performance.now();
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const accepted = once(server, 'connection');
    const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void server.close());
    onTestFinished(() => void client.destroy());
    await Promise.all([once(client, 'connect'), accepted]);
    const waited = waitForQuiet(activity, { drainMs: 0, quietMs: 300, capMs: 60_000 }, new AbortController().signal);
    client.write('a request');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    await waited;
    expect(isSeen).toBe(true);
  });

  test('never waits longer than the cap, however busy it is', async () => {
    const activity = newActivity();
    const timer = setInterval(() => (activity.lastRequestMs = performance.now()), 1);
    onTestFinished(() => clearInterval(timer));
    const waited = waitForQuiet(activity, { drainMs: 10, quietMs: 3_600_000, capMs: 60 }, new AbortController().signal);
    await expect(waited).resolves.toBeUndefined();
  });
});
