import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { apiServerClient } from '../support/api-server-client.ts';
import { asking, pod } from '../support/fixtures.ts';
import { podReview, reviewBody } from '../support/review.ts';
import { head, openMany, openRaw, post, sendRaw, statusOf } from './support/raw.ts';
import { serveAll, until } from './support/serve-process.ts';
import { logShipper, templateFiles } from './support/templates.ts';

const body = reviewBody(podReview(asking(pod(), 'log-shipper')));
const server = serveAll({ files: templateFiles(logShipper) });
/** Without 1,000 others. */
const other = serveAll({ files: templateFiles(logShipper) });

/** How a TLS client begins: a record of 260 bytes, a ClientHello of 256, TLS 1.2. */
const clientHello = '\u0016\u0003\u0001\u0001\u0004\u0001\u0000\u0001\u0000\u0003\u0003'.padEnd(260, '\u0000');

interface Quiet {
  readonly socket: net.Socket;
  /** Resolves when it is closed. */
  readonly end: Promise<void>;
}

describe.concurrent('slow clients', () => {
  test('T39, S16 1,000 that send a byte a second are closed by the server, and others are served meanwhile, new ones too', async () => {
    const kept = apiServerClient(server().port, server().ca);
    expect((await kept.send('/mutate/pods', body)).status).toBe(200);
    const lives: number[] = [];
    // As many slow bodies as reviews may be worked on at once; others dawdle over their head, and most over their handshake:
    // a thousand handshakes take longer on a busy machine than the first ones may stay.
    const isBody = (index: number): boolean => index < 200;
    const slow = await openMany(server(), 260, (index) => (isBody(index) ? head(1000) : ''));
    const shaking = await connectMany(739);
    const closed = [
      ...slow.map(async ({ socket, closed: end }, index) =>
        trickle(socket, isBody(index) ? body : head(1000), end, lives),
      ),
      ...shaking.map(async ({ socket, end }) => trickle(socket, clientHello, end, lives)),
    ];
    const all = { areClosed: false };
    const ended = Promise.all(closed).then(() => (all.areClosed = true));
    // All places are taken: soon the slow ones make room for others.
    await until(async () => (await kept.send('/mutate/pods', body)).status === 200 && (await isAnswered()));
    const stay = [...slow, ...shaking].filter(({ socket }) => !socket.destroyed);
    expect(stay.length).toBeGreaterThan(500);
    // While all places were taken it was sent away with a 429, which ends the connection; from here on it keeps its own.
    const connections = kept.connections();
    let newcomers = 0;
    while (!all.areClosed) {
      expect((await kept.send('/mutate/pods', body)).status).toBe(200);
      expect(await isAnswered()).toBe(true);
      newcomers++;
      await wait(250);
    }
    await ended;
    expect(newcomers).toBeGreaterThan(3);
    expect(kept.connections()).toBe(connections);
    // Those that made room, the oldest, were told nothing; the others ran into a time limit of the server, which says 408.
    const sentAway = slow.filter((raw) => statusOf(raw) === undefined).length;
    expect(sentAway).toBeGreaterThanOrEqual(50);
    expect(slow.filter((raw) => statusOf(raw) === '408')).toHaveLength(slow.length - sentAway);
    // Headers have 10 s and are looked after every 5 s (R10); the rest is for a machine that is busy.
    expect(Math.max(...lives)).toBeLessThan(18_000);
    kept.close();
  });

  test('T4 a body that is shorter than it said is waited for no longer than its deadline', async () => {
    expect(await sendRaw(other(), head(100), '{')).toMatch(/^HTTP\/1\.1 408 /u);
  });

  test('T40 bytes that are no TLS end their connection, and nothing else', async () => {
    const texts = ['GET / HTTP/1.1\r\n\r\n', '\u0016\u0003\u0001\u0000\u0001\u0000', '\u0000'.repeat(1000), ''];
    await Promise.all(
      texts.map(async (text) => {
        const socket = net.connect({ host: 'localhost', port: other().port });
        const closed = closeOf(socket);
        socket.write(text);
        await closed;
      }),
    );
    expect((await other().client.send('/mutate/pods', body)).status).toBe(200);
  });

  /** So many connections that the server has taken, with nothing on them: whoever comes after has its turn after them. */
  async function connectMany(count: number): Promise<readonly Quiet[]> {
    const made: Quiet[] = [];
    while (made.length < count) {
      // Fewer than wait in the queue of a server that listens.
      const next = Array.from({ length: Math.min(250, count - made.length) }, () => {
        const socket = net.connect({ host: 'localhost', port: server().port });
        return { socket, end: closeOf(socket), there: new Promise((resolve) => socket.once('connect', resolve)) };
      });
      await Promise.all(next.map(async ({ end, there }) => Promise.race([end, there])));
      await isAnswered();
      made.push(...next);
    }
    return made;
  }

  /** Resolves when the connection is closed by whomever, be it by a reset. */
  async function closeOf(socket: net.Socket): Promise<void> {
    socket.on('error', () => undefined).resume();
    await new Promise((resolve) => socket.once('close', resolve));
  }

  /** Sends text byte by byte, until the server has enough of it; notes for how long. */
  async function trickle(socket: net.Socket, text: string, end: Promise<unknown>, lives: number[]): Promise<void> {
    const startMs = performance.now();
    let index = 0;
    const timer = setInterval(() => socket.write(text[index++ % text.length] ?? ''), 1000);
    await end;
    clearInterval(timer);
    lives.push(performance.now() - startMs);
  }

  /** One review over a new connection. */
  async function isAnswered(): Promise<boolean> {
    try {
      const raw = await openRaw(server());
      raw.socket.write(post(body));
      await Promise.race([raw.closed, until(() => statusOf(raw) !== undefined)]);
      raw.socket.destroy();
      return statusOf(raw) === '200';
    } catch {
      return false;
    }
  }
});
