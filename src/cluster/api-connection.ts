import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { RequestOptions } from 'node:https';
import { failure } from './api-failure.ts';
import type { ApiFailure, Asked } from './api-failure.ts';

/** An API server, and how to show it who we are, as of this moment: tokens change. */
export interface Connection {
  readonly server: URL;
  /** Agent, headers, user and password. */
  readonly options: RequestOptions;
}

/** One request as it goes out. */
export interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export type Answered = { readonly kind: 'answered'; readonly response: IncomingMessage } | ApiFailure;

/** After so long without a byte TCP asks the other side whether it is still there: a dead node is noticed in under a minute. */
const tcpKeepAliveMs = 30_000;

/** Sends a request; resolves with the head of the answer. Aborting the signal ends the answer's body too. */
export async function send(connection: Connection, outgoing: Outgoing, asked: Asked): Promise<Answered> {
  const { server, options } = connection;
  const { method, path, query = {}, headers, body, signal } = outgoing;
  const url = new URL(server);
  url.pathname = `${url.pathname.replace(/\/$/u, '')}${path}`;
  url.search = new URLSearchParams(query).toString();
  const { request } = url.protocol === 'http:' ? http : https;
  return new Promise((resolve) => {
    const fail = (error: unknown): void => resolve(connectionFailure(error, signal, asked));
    try {
      const sent = request(
        url,
        { ...options, method, headers: { ...options.headers, ...headers }, signal },
        (response) => resolve({ kind: 'answered', response }),
      );
      sent.on('socket', (socket) => socket.setKeepAlive(true, tcpKeepAliveMs));
      sent.on('error', fail);
      sent.end(body);
    } catch (error) {
      // A header that HTTP can't carry, such as a token with a line break in it.
      fail(error);
    }
  });
}

const brokenLater = ['connection broken', 'ECONNRESET', 'EPIPE', 'HPE_INVALID_CONSTANT'];

/** The failure of a connection that broke; a signal that was aborted says why by its reason. */
export function connectionFailure(error: unknown, signal: AbortSignal, asked: Asked): ApiFailure {
  if (signal.aborted) {
    const isTimeout = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    return isTimeout ? failure(asked, 'timeout', 'no answer in time') : failure(asked, 'aborted', 'given up');
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'connection broken';
  if (code === 'ERR_INVALID_CHAR') return failure(asked, 'credentials', code);
  return failure(asked, brokenLater.includes(code) ? 'disconnected' : 'unreachable', code);
}

/** Reads a whole body as text; a failure where it breaks off or is larger than `maxBytes`. */
export async function readText(
  response: IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
  asked: Asked,
): Promise<string | ApiFailure> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        response.destroy();
        return failure(asked, 'garbage', `the answer has more than ${maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    return connectionFailure(error, signal, asked);
  }
  return Buffer.concat(chunks).toString('utf8');
}
