import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A port of 127.0.0.1 that hands each connection to the next of several others, as a Service does. */
export interface Balancer {
  readonly port: number;
  readonly close: () => void;
}

export async function balance(ports: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((client) => {
    const target = connect(ports[count++ % ports.length] ?? 0, '127.0.0.1');
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
