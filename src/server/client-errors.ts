import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** How long a client has to read what is still on its way to it. */
const lingerMs = 500;

/**
 * Answers what can't be read as a request, as Node does, with one exception: a connection on which nothing was ever sent
 * stays. An API server that opens more of them than it needs at once keeps the others for later, and the server must never be first to
 * close (contract rule 7): Node would send each a 408 after `headersTimeout`, in the middle of the request that has just been
 * sent on it. Such a connection may wait as long as one that has been used.
 */
export function answerClientErrors(server: Server): void {
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: Socket) => {
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0) {
      socket.setTimeout(server.keepAliveTimeout);
      return;
    }
    const status = statuses.get(code) ?? '400 Bad Request';
    // With a length, so that the client has its answer even if the end of the connection reaches it as a reset.
    if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    // An answer before this one may be on its way yet, but who doesn't read it is not waited for.
    const patience = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(patience)).destroySoon();
  });
}

const statuses: ReadonlyMap<string, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', '413 Payload Too Large'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
]);
