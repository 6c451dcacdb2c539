import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

/** Bytes over a TLS connection of their own, and what came back. */
export interface Raw {
  /** Below TLS. */
  readonly tcp: net.Socket;
  readonly socket: TLSSocket;
  readonly received: () => string;
  /** Resolves with all that came, when the connection is closed by whomever. */
  readonly closed: Promise<string>;
}

/** Where a server listens, and whom to trust. */
export type Place = { readonly port: number; readonly ca: string };

/** Opens a connection; rejects where the handshake is refused. */
export async function openRaw({ port, ca }: Place, options: ConnectionOptions = {}): Promise<Raw> {
  const tcp = net.connect({ host: 'localhost', port });
  const socket = tls.connect({ socket: tcp, servername: 'localhost', ca, ...options });
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(received));
  });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return { tcp, socket, received: () => received, closed };
}

/** Sends these bytes and waits until the connection is closed. */
export async function sendRaw(place: Place, ...parts: readonly (string | Buffer)[]): Promise<string> {
  const { socket, closed } = await openRaw(place);
  for (const part of parts) socket.write(part);
  return closed;
}

/** The head of a review's request. */
export function head(length: number | 'chunked', path = '/mutate/pods', extra = ''): string {
  const framing = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${extra}${framing}\r\n\r\n`;
}

/** Head and body of a review's request. */
export function post(body: string, path?: string, extra?: string): string {
  return head(Buffer.byteLength(body), path, extra) + body;
}

/** So many connections, 50 at a time; `first` is sent as soon as each is there. */
export async function openMany(place: Place, count: number, first: (index: number) => string): Promise<readonly Raw[]> {
  const opened: Raw[] = [];
  const openNext = async (): Promise<void> => {
    for (let index = opened.length; index < count; index = opened.length) {
      opened.length++;
      const raw = await openRaw(place);
      raw.socket.write(first(index));
      opened[index] = raw;
    }
  };
  await Promise.all(Array.from({ length: 50 }, openNext));
  return opened;
}

/** Of the first answer, as soon as it begins. */
export function statusOf({ received }: Raw): string | undefined {
  return /^HTTP\/1\.1 (\d+)/u.exec(received())?.[1];
}
