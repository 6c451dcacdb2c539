import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import path from 'node:path';
import { parseCertificate, toPair } from './certificate-pair.ts';
import type { CertificatePair } from './certificate-pair.ts';
import { holdPair } from './certificate-source.ts';
import type { OpenedCertificate } from './certificate-source.ts';
import { issueCa, issueLeaf, localNames } from './issue.ts';
import type { Issued } from './issue.ts';
import { readIfThere, withLock, writeAtomically } from './state-folder.ts';

export interface DevelopmentCertificate {
  readonly folder: string;
  /** Names and addresses besides those of this machine. */
  readonly names: readonly string[];
  /** Told when a renewal didn't work, while the old pair stays in use. */
  readonly onProblem: (message: string) => void;
  /** The clock, for tests; milliseconds since the epoch. */
  readonly nowMs?: () => number;
  /** How often it is looked whether it is time to renew, by the wall clock: a laptop sleeps (contract P6). */
  readonly checkMs?: number;
}

/**
 * Opens the development certificate of a state folder: a CA, and a leaf for this machine's names under it. What isn't
 * there, or is past two thirds of its life, or unusable, is made anew. Processes that start at once agree on one:
 * each reads and writes under the folder's lock.
 */
export async function openDevelopmentCertificate(
  options: DevelopmentCertificate,
): Promise<OpenedCertificate<{ readonly caPath: string }>> {
  const { folder, onProblem, nowMs = Date.now, checkMs = 60_000 } = options;
  const names = [...new Set([...localNames, ...options.names])];
  const load = async (): Promise<CertificatePair> => withLock(folder, async () => loadOrIssue(folder, names, nowMs()));
  let first: CertificatePair;
  try {
    first = await load();
  } catch (error) {
    return { kind: 'failed', message: explain(folder, error) };
  }
  const held = holdPair(first);
  let isBusy = false;
  let isClosed = false;
  const renew = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      const pair = await load();
      if (!isClosed) held.replace(pair);
    } catch (error) {
      if (!isClosed) onProblem(`${explain(folder, error)}; the certificate from before stays in use`);
    }
    isBusy = false;
  };
  const check = setInterval(() => void renew(), checkMs);
  check.unref();
  const close = (): void => {
    isClosed = true;
    clearInterval(check);
  };
  const { current, onChange } = held;
  return { kind: 'open', caPath: path.join(folder, 'ca.crt'), source: { current, onChange, close } };
}

async function loadOrIssue(folder: string, names: readonly string[], nowMs: number): Promise<CertificatePair> {
  const oldCa = await readIssued(folder, 'ca');
  const ca = isUsableCa(oldCa, nowMs) ? oldCa : await issueCa(nowMs);
  if (ca !== oldCa) await writeIssued(folder, 'ca', ca);
  const caNotAfterMs = Date.parse(parseCertificate(ca.cert)?.validTo ?? '');

  const oldLeaf = await readIssued(folder, 'tls');
  const leaf = isUsableLeaf(oldLeaf, ca, names, nowMs)
    ? oldLeaf
    : await issueLeaf({ ...ca, notAfterMs: caNotAfterMs }, names, nowMs);
  if (leaf !== oldLeaf) await writeIssued(folder, 'tls', leaf);
  const checked = toPair(leaf.cert, leaf.key);
  if (checked.kind === 'invalid') throw new Error(checked.message);
  return { ...checked.pair, caNotAfterMs };
}

async function readIssued(folder: string, name: 'ca' | 'tls'): Promise<Issued | undefined> {
  const cert = await readIfThere(path.join(folder, `${name}.crt`));
  const key = await readIfThere(path.join(folder, `${name}.key`));
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

async function writeIssued(folder: string, name: 'ca' | 'tls', { cert, key }: Issued): Promise<void> {
  await writeAtomically(path.join(folder, `${name}.key`), key, 0o600);
  await writeAtomically(path.join(folder, `${name}.crt`), cert, 0o644);
}

function isUsableCa(ca: Issued | undefined, nowMs: number): ca is Issued {
  if (ca === undefined || toPair(ca.cert, ca.key).kind === 'invalid') return false;
  const certificate = parseCertificate(ca.cert);
  return certificate !== undefined && certificate.ca && isInGoodTime(certificate, nowMs);
}

function isUsableLeaf(leaf: Issued | undefined, ca: Issued, names: readonly string[], nowMs: number): leaf is Issued {
  if (leaf === undefined || toPair(leaf.cert, leaf.key).kind === 'invalid') return false;
  const certificate = parseCertificate(leaf.cert);
  const authority = parseCertificate(ca.cert);
  if (certificate === undefined || authority === undefined) return false;
  return (
    certificate.checkIssued(authority) &&
    certificate.verify(authority.publicKey) &&
    names.every((name) => covers(certificate, name)) &&
    isInGoodTime(certificate, nowMs)
  );
}

function covers(certificate: X509Certificate, name: string): boolean {
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
  return certificate.checkHost(name.replace('*', 'any')) !== undefined;
}

/** Begun, and not past two thirds of its life. */
function isInGoodTime({ validFrom, validTo }: X509Certificate, nowMs: number): boolean {
  const notBeforeMs = Date.parse(validFrom);
  const lifeMs = Date.parse(validTo) - notBeforeMs;
  return nowMs >= notBeforeMs && nowMs - notBeforeMs < (lifeMs * 2) / 3;
}

function explain(folder: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return (
    `${folder} cannot hold the development certificate (${code}); ` +
    'name another folder with --state-dir, or bring a certificate with --tls-cert and --tls-key'
  );
}
