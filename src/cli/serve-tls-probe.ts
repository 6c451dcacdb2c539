import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';

const timeoutMs = 5000;

/** How often a certificate that is new is looked for. */
const everyMs = 250;

/** What is asked of our own port until it answers. */
export interface TlsProbe {
  readonly isOk: () => boolean;
  readonly close: () => void;
}

/** Before there is a port to ask. */
export const notYetProbed: TlsProbe = { isOk: () => false, close: () => undefined };

/**
 * Asks our own port until it presents the certificate in use (contract R1).
 * @param cert the certificate in use; undefined while there is none worth asking for
 */
export function probeTls(host: string, port: number, cert: () => string | undefined): TlsProbe {
  let isOk = false;
  const asking = setInterval(() => {
    const wanted = cert();
    if (wanted === undefined) return;
    void presents(host, port, wanted).then((isPresented) => {
      isOk ||= isPresented;
      if (isOk) clearInterval(asking);
    });
  }, everyMs);
  return { isOk: () => isOk, close: () => clearInterval(asking) };
}

/** Shakes hands with a server: whether it presents this certificate. */
async function presents(host: string, port: number, cert: string): Promise<boolean> {
  const { fingerprint256 } = new X509Certificate(cert);
  return new Promise((resolve) => {
    // What is asked is only which certificate comes: whether it can be trusted the webhook configurations decide.
    const socket = tls.connect({ host, port, rejectUnauthorized: false, timeout: timeoutMs });
    const finish = (isPresented: boolean): void => {
      socket.destroy();
      resolve(isPresented);
    };
    socket.on('secureConnect', () => finish(socket.getPeerCertificate().fingerprint256 === fingerprint256));
    socket.on('timeout', () => finish(false));
    socket.on('error', () => finish(false));
  });
}
