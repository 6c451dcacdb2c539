import type { Server } from 'node:net';

export type Listening =
  | { readonly kind: 'listening'; readonly port: number }
  /** One line that says what to do. */
  | { readonly kind: 'failed'; readonly message: string };

/** Where a server shall listen; `flag` is what a person changes when it can't. */
export interface Endpoint {
  /** All addresses where it is absent. */
  readonly host?: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly flag: string;
}

/** Starts listening. */
export async function listen(server: Server, { host, port, flag }: Endpoint): Promise<Listening> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const place = host === undefined ? `port ${port}` : `port ${port} of ${host}`;
      resolve({ kind: 'failed', message: `${place}: ${explain(error.code ?? 'an unknown error', flag)}` });
    };
    server.once('error', onError);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', onError);
      const address = server.address();
      resolve({ kind: 'listening', port: typeof address === 'object' && address !== null ? address.port : port });
    });
  });
}

function explain(code: string, flag: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `something else listens there already; stop it, or choose another port with ${flag}`;
    case 'EACCES':
      return `this user may not listen there; choose a port from 1024 up with ${flag}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
      return `this machine has no such address (${code}); choose another with --host`;
    default:
      return `it is not possible to listen there (${code}); choose another port with ${flag}`;
  }
}
