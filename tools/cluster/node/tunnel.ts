import { connect, createServer } from 'node:net';
import type { ListenOptions, NetConnectOpts, Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** Hands each connection that comes in at one place on to another; the answer is how to end that. */
export async function openTunnel(from: ListenOptions, to: NetConnectOpts): Promise<() => void> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (incoming) => {
    const outgoing = connect(to);
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    // Where one end breaks off, so does the other; there is nobody to tell.
    pipeline(incoming, outgoing, incoming, () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(from, resolve);
  });
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}
