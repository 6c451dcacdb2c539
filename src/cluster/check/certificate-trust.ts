import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** What keeps a client that trusts a bundle from a server, or undefined where nothing does. */
export type Distrust = 'unknown authority' | 'expired' | 'not yet valid' | 'other name';

/** A certificate, or undefined where the text is none. */
export function readPem(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const maxChain = 8;

/**
 * Whether one who trusts `cas` would trust who presents `chain` (PEM, the leaf first) under `name`, as an API server
 * decides it: by the name, by time, and by signatures up to one of the CAs.
 */
export function distrust(
  chain: readonly string[],
  cas: readonly X509Certificate[],
  name: string,
  nowMs: number,
): Distrust | undefined {
  const [leaf, ...others] = chain.flatMap((pem) => readPem(pem) ?? []);
  if (leaf === undefined) return 'unknown authority';
  if (Date.parse(leaf.validFrom) > nowMs) return 'not yet valid';
  if (Date.parse(leaf.validTo) <= nowMs) return 'expired';
  const named = isIP(name) === 0 ? leaf.checkHost(name, { subject: 'never' }) : leaf.checkIP(name);
  if (named === undefined) return 'other name';
  const trusted = cas.filter(({ validTo }) => Date.parse(validTo) > nowMs);
  let current = leaf;
  for (let depth = 0; depth < maxChain; depth += 1) {
    const holder = current;
    if (trusted.some((ca) => ca.fingerprint256 === holder.fingerprint256 || isIssuer(ca, holder))) return undefined;
    const next = others.find((other) => isIssuer(other, holder));
    if (next === undefined || next === current) return 'unknown authority';
    current = next;
  }
  return 'unknown authority';
}

function isIssuer(issuer: X509Certificate, subject: X509Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

/** The DNS names and addresses that a certificate is for. */
export function namesOf({ subjectAltName }: X509Certificate): readonly string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/u, ''))
    .filter((name) => name !== '');
}
