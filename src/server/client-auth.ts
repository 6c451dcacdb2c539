import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Which clients may call (contract S18): those with a certificate of these CAs, and, if there is a list, a name on it. */
export interface ClientAuth {
  /** The CAs, one by one, as PEM. */
  readonly current: () => readonly string[];
  /** Calls back when the CAs are others; the function that comes back ends that. */
  readonly onChange: (listener: () => void) => () => void;
  /** Common names or DNS names; empty: every certificate of the CAs will do. */
  readonly subjects: readonly string[];
}

/** Why a client may not call, as one constant line; undefined where it may. */
export type ClientJudge = (socket: Socket) => string | undefined;

/** What a connection's certificate comes to, for as long as the CAs stay the same. */
interface Verdict {
  readonly cas: readonly string[];
  readonly notAfterMs: number;
  readonly fault?: string;
}

/**
 * Judges each request of a connection, not only its handshake: meanwhile the certificate may have expired, or its CA
 * may have been taken off the list (contract T40).
 */
export function newClientJudge({ current, subjects }: ClientAuth): ClientJudge {
  const verdicts = new WeakMap<Socket, Verdict>();
  return (socket) => {
    const cas = current();
    let verdict = verdicts.get(socket);
    if (verdict?.cas !== cas) {
      verdict = judge(socket, cas, subjects);
      verdicts.set(socket, verdict);
    }
    return Date.now() < verdict.notAfterMs ? verdict.fault : 'the client certificate has expired';
  };
}

function judge(socket: Socket, cas: readonly string[], subjects: readonly string[]): Verdict {
  const certificate = socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) return { cas, notAfterMs: Infinity, fault: 'a client certificate is needed' };
  const verdict = { cas, notAfterMs: Date.parse(certificate.validTo) };
  if (!isIssuedBy(certificate, cas))
    return { ...verdict, fault: 'the CA of the client certificate is no longer trusted' };
  if (subjects.length > 0 && !subjects.some((subject) => isNamed(certificate, subject))) {
    return { ...verdict, fault: 'the client certificate has no name that --client-subjects lists' };
  }
  return verdict;
}

/** True where one of the chain, which the handshake has verified, is the work of one of these CAs. */
function isIssuedBy(leaf: X509Certificate, cas: readonly string[]): boolean {
  const authorities = cas.map((pem) => new X509Certificate(pem));
  const seen = new Set<string>();
  for (let link: X509Certificate | undefined = leaf; link !== undefined; link = link.issuerCertificate) {
    if (seen.has(link.fingerprint256)) return false;
    seen.add(link.fingerprint256);
    const { raw } = link;
    for (const authority of authorities) {
      if (raw.equals(authority.raw)) return true;
      if (link.checkIssued(authority) && link.verify(authority.publicKey)) return true;
    }
  }
  return false;
}

/** Names are compared whole: a wildcard in a certificate names no one. */
function isNamed(certificate: X509Certificate, name: string): boolean {
  const commonNames: unknown = certificate.toLegacyObject().subject.CN;
  if ([commonNames].flat().includes(name)) return true;
  return certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined;
}
