import { toPair } from './certificate-pair.ts';
import type { CertificatePair } from './certificate-pair.ts';
import { holdPair } from './certificate-source.ts';
import type { OpenedCertificate } from './certificate-source.ts';
import { readText } from './read-text.ts';
import { watchFiles } from './watch-files.ts';

export interface CertificateFiles {
  readonly certPath: string;
  readonly keyPath: string;
  /** Told once about each state of the files that is no pair, while the old pair stays in use (T41). */
  readonly onProblem: (message: string) => void;
  /** How often the contents are compared, however quiet the folder is (contract P9). */
  readonly pollMs?: number;
}

type Read =
  | { readonly kind: 'pair'; readonly pair: CertificatePair }
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * Opens a certificate that somebody else keeps in files: cert-manager, the kubelet, a person. Read again when their
 * folders change (the kubelet swaps a link there, never the file) and every `pollMs`; certificate and key count only
 * as a pair.
 */
export async function openCertificateFiles(files: CertificateFiles): Promise<OpenedCertificate> {
  const { certPath, keyPath, onProblem, pollMs = 10_000 } = files;
  const first = await readPair(certPath, keyPath);
  if (first.kind === 'invalid') return { kind: 'failed', message: first.message };
  const held = holdPair(first.pair);
  let lastProblem: string | undefined;

  let isClosed = false;
  const reload = async (): Promise<void> => {
    const read = await readPair(certPath, keyPath);
    if (isClosed) return;
    if (read.kind === 'pair') {
      lastProblem = undefined;
      held.replace(read.pair);
      return;
    }
    if (read.message !== lastProblem) onProblem(`${read.message}; the certificate from before stays in use`);
    lastProblem = read.message;
  };
  const endWatch = watchFiles([certPath, keyPath], reload, pollMs);

  return {
    kind: 'open',
    source: {
      current: held.current,
      onChange: held.onChange,
      close: () => {
        isClosed = true;
        endWatch();
      },
    },
  };
}

async function readPair(certPath: string, keyPath: string): Promise<Read> {
  const [cert, key] = await Promise.all([readText(certPath, '--tls-cert'), readText(keyPath, '--tls-key')]);
  if (cert.kind === 'unreadable') return { kind: 'invalid', message: cert.message };
  if (key.kind === 'unreadable') return { kind: 'invalid', message: key.message };
  const result = toPair(cert.text, key.text);
  if (result.kind === 'pair') return result;
  return { kind: 'invalid', message: `${certPath} and ${keyPath}: ${result.message}` };
}
