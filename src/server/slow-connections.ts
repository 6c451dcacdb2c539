import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** From here on a place is kept free for those who come. */
const fullness = 0.9;
/** An API server sends its request as soon as it may, and doesn't wait so long for its answer (timeoutSeconds 3). */
const patienceMs = 4000;
const lookEveryMs = 1000;

/**
 * Keeps room for new connections while slow ones hold most of the places (contract T39): where nearly all are taken,
 * those go that have been there longest without a single answered request. The time limits of the server itself
 * (contract R10) would let them stay for 15 seconds, and an API server would find no place until then.
 * Costs a request nothing: whether a connection has been answered is looked up only where it is full.
 */
export function sendSlowAway(server: Server, maxConnections: number): void {
  /** All connections, the oldest first, by the client's address; `encrypted` from the end of the handshake on. */
  const open = new Map<string, { readonly sinceMs: number; readonly raw: Socket; encrypted?: Socket }>();
  server.on('connection', (raw: Socket) => {
    const key = keyOf(raw);
    open.set(key, { sinceMs: performance.now(), raw });
    raw.once('close', () => open.delete(key));
  });
  server.on('secureConnection', (encrypted) => {
    const connection = open.get(keyOf(encrypted));
    if (connection !== undefined) connection.encrypted = encrypted;
  });
  const look = setInterval(() => {
    let tooMany = open.size - Math.floor(maxConnections * fullness);
    const beforeMs = performance.now() - patienceMs;
    for (const { sinceMs, raw, encrypted } of open.values()) {
      if (tooMany <= 0 || sinceMs > beforeMs) break;
      if (encrypted !== undefined && encrypted.bytesWritten > 0) continue;
      (encrypted ?? raw).destroy();
      tooMany--;
    }
  }, lookEveryMs);
  look.unref();
  server.once('close', () => clearInterval(look));
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
