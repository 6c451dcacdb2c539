import type { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import type { Seen } from './finding.ts';

const timeoutMs = 3000;

/** An address that may be dialled from here. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Shakes hands with the first address that answers, under a name; brings the certificates it presents, as PEM, the leaf first. */
export async function readPresented(addresses: readonly Address[], name: string): Promise<Seen<readonly string[]>> {
  const failures: string[] = [];
  for (const address of addresses) {
    const presented = await handshake(address, name);
    if (typeof presented !== 'string') return { kind: 'seen', value: presented };
    failures.push(`${address.host}:${address.port}: ${presented}`);
  }
  return { kind: 'unseen', why: `it cannot be reached from here (${failures.join(', ')})` };
}

async function handshake({ host, port }: Address, name: string): Promise<readonly string[] | string> {
  return new Promise((resolve) => {
    // What is asked is only which certificate comes: whether it can be trusted is judged by the caBundle, as the API server would.
    const socket = tls.connect({ host, port, servername: name, rejectUnauthorized: false, timeout: timeoutMs });
    const finish = (result: readonly string[] | string): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on('secureConnect', () => {
      const chain: string[] = [];
      let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
      while (certificate !== undefined && !chain.includes(certificate.toString())) {
        chain.push(certificate.toString());
        certificate = certificate.issuerCertificate;
      }
      finish(chain.length > 0 ? chain : 'no certificate');
    });
    socket.on('timeout', () => finish('no answer'));
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? 'connection broken'));
  });
}
