import { generateKeyPair, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import type { pki } from 'node-forge';

/** A certificate and its key, as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface CaOptions {
  /** The beginning of its subject's common name; its serial follows. */
  readonly name?: string;
  readonly lifeMs?: number;
}

export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** So much earlier a certificate begins than it was made: a client's clock may be behind (T45). */
const backdateMs = 5 * minuteMs;
const caLifeMs = 365 * dayMs;
const leafLifeMs = 7 * dayMs;

/** The names of every development certificate. */
export const localNames = ['localhost', '127.0.0.1', '::1'];

const generate = promisify(generateKeyPair);
const signAsync = promisify(sign);

/**
 * Makes a CA: RSA-2048, one year unless another life is asked for, may sign leaves and nothing else (contract P7). Each has a subject of its
 * own, so that none is taken for another.
 *
 * What takes long, making the key and signing, is node:crypto's and happens on a thread of libuv, off the event loop;
 * node-forge only writes the certificate down, which takes a millisecond (contract P8; docs/adr/0009).
 */
export async function issueCa(
  nowMs: number,
  { name = 'podgraft development CA', lifeMs = caLifeMs }: CaOptions = {},
): Promise<Issued> {
  const serial = newSerial();
  const subject = [{ name: 'commonName', value: `${name} ${serial.slice(-8)}` }];
  return issue({
    serial,
    subject,
    validity: { notBeforeMs: nowMs - backdateMs, notAfterMs: nowMs + lifeMs },
    extensions: [
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
      { name: 'keyUsage', critical: true, keyCertSign: true },
      { name: 'subjectKeyIdentifier' },
    ],
  });
}

/** Makes a server's certificate under a CA, for seven days unless another life is asked for, never beyond the CA's own end. The chain is the leaf alone. */
export async function issueLeaf(
  ca: Issued & { readonly notAfterMs: number },
  names: readonly string[],
  nowMs: number,
  lifeMs = leafLifeMs,
): Promise<Issued> {
  return issue({
    serial: newSerial(),
    subject: [{ name: 'commonName', value: 'podgraft' }],
    validity: { notBeforeMs: nowMs - backdateMs, notAfterMs: Math.min(nowMs + lifeMs, ca.notAfterMs) },
    extensions: [
      { name: 'basicConstraints', critical: true, cA: false },
      { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map(toAltName) },
      { name: 'subjectKeyIdentifier' },
    ],
    ca,
  });
}

interface Request {
  readonly serial: string;
  readonly subject: pki.CertificateField[];
  readonly validity: Validity;
  readonly extensions: readonly object[];
  /** Absent: it signs itself. */
  readonly ca?: Issued;
}

async function issue({ serial, subject, validity, extensions, ca }: Request): Promise<Issued> {
  const [{ default: forge }, pair] = await Promise.all([
    import('node-forge'),
    generate('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }),
  ]);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = serial;
  certificate.validity.notBefore = new Date(validity.notBeforeMs);
  certificate.validity.notAfter = new Date(validity.notAfterMs);
  certificate.setSubject(subject);
  const issuer = ca === undefined ? certificate : forge.pki.certificateFromPem(ca.cert);
  certificate.setIssuer(issuer.subject.attributes);
  const keyIdentifier = issuer.generateSubjectKeyIdentifier().getBytes();
  certificate.setExtensions([...extensions, { name: 'authorityKeyIdentifier', keyIdentifier }]);

  // forge would sign with its own arithmetic, which blocks for 400 ms: it is handed a key that notes what is to be signed.
  let toBeSigned = '';
  const digest = { algorithm: 'sha256', update: (bytes: string) => (toBeSigned = bytes) };
  certificate.sign({ sign: () => '' } as unknown as SignParameters[0], digest as unknown as SignParameters[1]);
  const signature = await signAsync('sha256', Buffer.from(toBeSigned, 'latin1'), ca?.key ?? pair.privateKey);
  certificate.signature = signature.toString('latin1');
  return { cert: forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n'), key: pair.privateKey };
}

type SignParameters = Parameters<pki.Certificate['sign']>;

/** 128 random bits, as hex, positive (the highest bit is off) and not shorter. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function toAltName(name: string): object {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };
}
