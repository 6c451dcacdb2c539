import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import forge from 'node-forge';
import { issueCa, issueLeaf } from '../../../src/certs/issue.ts';
import type { Issued } from '../../../src/certs/issue.ts';

const dayMs = 86_400_000;

/** A client's certificate, as a test wants it. */
export interface ClientCertificate {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  /** Where it is absent, from now on for a day. */
  readonly notAfterMs?: number;
}

/** A CA of the tests' own. */
export interface Authority {
  readonly ca: string;
  readonly server: (names: readonly string[], lifeMs?: number) => Promise<Issued>;
  readonly client: (wanted: ClientCertificate) => Issued;
}

export async function newAuthority(): Promise<Authority> {
  const nowMs = Date.now();
  const ca = { ...(await issueCa(nowMs)), notAfterMs: nowMs + 365 * dayMs };
  return {
    ca: ca.cert,
    server: async (names, lifeMs = dayMs) => issueLeaf(ca, names, Date.now(), lifeMs),
    client: (wanted) => issueClient(ca, wanted),
  };
}

function issueClient(ca: Issued, { commonName, dnsNames = [], notAfterMs }: ClientCertificate): Issued {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = '4242';
  certificate.validity.notBefore = new Date(Date.now() - dayMs);
  certificate.validity.notAfter = new Date(notAfterMs ?? Date.now() + dayMs);
  certificate.setSubject([{ name: 'commonName', value: commonName }]);
  certificate.setIssuer(forge.pki.certificateFromPem(ca.cert).subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'extKeyUsage', clientAuth: true },
    ...(dnsNames.length > 0
      ? [{ name: 'subjectAltName', altNames: dnsNames.map((value) => ({ type: 2, value })) }]
      : []),
  ]);
  const key = createPrivateKey(ca.key);
  let toBeSigned = '';
  const digest = { algorithm: 'sha256', update: (bytes: string) => (toBeSigned = bytes) };
  type SignParameters = Parameters<forge.pki.Certificate['sign']>;
  certificate.sign({ sign: () => '' } as unknown as SignParameters[0], digest as unknown as SignParameters[1]);
  certificate.signature = sign('sha256', Buffer.from(toBeSigned, 'latin1'), key).toString('latin1');
  return { cert: forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n'), key: pair.privateKey };
}
