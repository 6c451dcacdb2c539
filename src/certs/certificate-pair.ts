import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A certificate chain and its key, as PEM, known to belong together. */
export interface CertificatePair {
  readonly key: string;
  readonly cert: string;
  /** When the leaf ends, in milliseconds since the epoch. */
  readonly notAfterMs: number;
  /** When the CA ends, where we are the CA ourselves. */
  readonly caNotAfterMs?: number;
}

/** Reads a certificate out of PEM; the first one of a chain. Undefined where there is none. */
export function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Reads a private key without passphrase out of PEM. Undefined where there is none. */
function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** A certificate and its key, or one line that says why they are no pair; by node:crypto (contract S13). */
export function toPair(
  cert: string,
  key: string,
): { readonly kind: 'pair'; readonly pair: CertificatePair } | { readonly kind: 'invalid'; readonly message: string } {
  const certificate = parseCertificate(cert);
  if (certificate === undefined) return { kind: 'invalid', message: 'the certificate is not PEM of a certificate' };
  const privateKey = parseKey(key);
  if (privateKey === undefined) {
    return { kind: 'invalid', message: 'the key is not PEM of a private key without passphrase' };
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    return { kind: 'invalid', message: 'the key does not belong to the certificate' };
  }
  return { kind: 'pair', pair: { key, cert, notAfterMs: Date.parse(certificate.validTo) } };
}
