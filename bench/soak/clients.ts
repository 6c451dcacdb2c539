import https from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import type { Exchange } from './traffic.ts';

/** Where the server is, and what makes its certificate trusted. */
export interface Endpoint {
  readonly port: number;
  readonly ca: string;
}

/** What the clients have seen. */
export interface Tally {
  readonly counts: Map<string, number>;
  /** What was not as it shall be, a line each. */
  readonly faults: string[];
}

export function note({ counts }: Tally, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Sends one exchange after the other, over connections that are kept, until the signal comes. */
export async function sendMany(
  { port, ca }: Endpoint,
  list: readonly Exchange[],
  start: number,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca });
  for (let index = start; !signal.aborted; index += 1) {
    const exchange = list[index % list.length];
    if (exchange === undefined) break;
    const { name, status, faultOf } = exchange;
    try {
      const answer = await send(agent, port, exchange);
      const fault = answer.status === status ? faultOf(answer.text) : `HTTP ${answer.status} in place of ${status}`;
      if (fault !== undefined) tally.faults.push(`${name}: ${fault}`);
    } catch (error) {
      tally.faults.push(`${name}: ${error instanceof Error ? error.message : 'the connection broke'}`);
    }
    note(tally, name);
    await wait(2);
  }
  agent.destroy();
}

async function send(
  agent: https.Agent,
  port: number,
  { method, path, headers, body }: Exchange,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const length = { 'Content-Length': String(Buffer.byteLength(body)) };
    const options = { agent, host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } };
    let isAnswered = false;
    const request = https.request(options, (response) => {
      isAnswered = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    // Who is answered before all was sent may find the connection closed: that is no fault.
    request.on('error', (error) => {
      if (!isAnswered) reject(error);
    });
    request.end(body);
  });
}

const requestLine = (length: number): string =>
  `POST /mutate/pods HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

/** Goes away in the middle of a body, again and again. */
export async function abortMany(
  { port, ca }: Endpoint,
  { body }: Exchange,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const socket = tls.connect({ host: '127.0.0.1', port, ca }, () => {
        socket.write(requestLine(body.length) + body.slice(0, body.length / 2), () => socket.destroy());
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
    note(tally, 'a client that goes away');
    await wait(50);
  }
}

/** Sends a body in small pieces over two seconds, and must be answered. */
export async function sendSlowly(
  { port, ca }: Endpoint,
  { body }: Exchange,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const pieces = 20;
  while (!signal.aborted) {
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = tls.connect({ host: '127.0.0.1', port, ca }, () => void trickle());
      const trickle = async (): Promise<void> => {
        socket.write(requestLine(body.length));
        for (let piece = 0; piece < pieces; piece += 1) {
          await wait(100);
          const at = (index: number): number => Math.floor((body.length * index) / pieces);
          socket.write(body.slice(at(piece), at(piece + 1)));
        }
      };
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        socket.end();
      });
      socket.on('error', (error: Error) => (text ||= error.message));
      socket.on('close', () => resolve(text));
    });
    if (!answer.startsWith('HTTP/1.1 200 ')) {
      tally.faults.push(`a slow sender: ${answer.split('\r\n')[0] || 'no answer'}`);
    }
    note(tally, 'a slow sender');
  }
}
