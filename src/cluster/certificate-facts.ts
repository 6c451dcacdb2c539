import { X509Certificate, createPrivateKey } from 'node:crypto';

/** A certificate, as far as decisions about it go. */
export interface CertificateFact {
  /** As PEM, with a line break at the end. */
  readonly pem: string;
  /** The SHA-256 of its DER form. */
  readonly id: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A CA and its key, as PEM. */
export interface Authority {
  readonly ca: CertificateFact;
  readonly key: string;
}

/** A certificate and its key, as PEM. */
export interface IssuedPair {
  readonly cert: string;
  readonly key: string;
}

/** Makes and reads certificates. Making is src/certs' (edges don't import each other), reading is node:crypto's (contract S13). */
export interface CertificateTools {
  /** A CA that begins now and ends in `lifeMs`. */
  readonly issueCa: (nowMs: number, lifeMs: number) => Promise<IssuedPair>;
  /** A server's certificate under `signer`, that never outlives it. */
  readonly issueLeaf: (signer: Authority, nowMs: number, lifeMs: number) => Promise<IssuedPair>;
  /** All certificates of a PEM text, in order; undefined where one can't be read. */
  readonly read: (pem: string) => readonly CertificateFact[] | undefined;
  /** Whether a private key belongs to a certificate. */
  readonly isPair: (cert: string, key: string) => boolean;
}

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/gu;

/** All certificates of a PEM text; undefined where one of them can't be read, or where there is text and no certificate. */
export function readCertificates(pem: string): readonly CertificateFact[] | undefined {
  const facts: CertificateFact[] = [];
  for (const [text] of pem.matchAll(block)) {
    const fact = readCertificate(text);
    if (fact === undefined) return undefined;
    facts.push(fact);
  }
  return facts.length === 0 && pem.trim() !== '' ? undefined : facts;
}

function readCertificate(text: string): CertificateFact | undefined {
  try {
    const { fingerprint256, validFrom, validTo } = new X509Certificate(text);
    const times = { notBeforeMs: Date.parse(validFrom), notAfterMs: Date.parse(validTo) };
    return { pem: `${text}\n`, id: fingerprint256, ...times };
  } catch {
    return undefined;
  }
}

/** Whether a private key belongs to a certificate; false where one of them can't be read. */
export function isCertificatePair(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** The text that is published: all CAs, in order. */
export function toBundle(cas: readonly CertificateFact[]): string {
  return cas.map(({ pem }) => pem).join('');
}
