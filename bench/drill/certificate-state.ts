import { issueCa } from '../../src/certs/issue.ts';
import { readCertificates } from '../../src/cluster/certificate-facts.ts';
import type { Authority } from '../../src/cluster/certificate-facts.ts';
import type { CertificateTimes } from '../../src/cluster/certificate-plan.ts';
import { renderSecret } from '../../src/cluster/certificate-state.ts';
import type { JsonObject } from '../../src/core/json.ts';

/** So long a replica needs to be there. */
const startMs = 10_000;

/**
 * The Secret as replicas leave it in the middle of a rotation whose first CA is due to be retired soon: a drill that is
 * shorter than a CA's life sees each step of one (contract P2 to P5).
 */
export async function midRotation(secret: JsonObject, times: CertificateTimes, nowMs: number): Promise<JsonObject> {
  const { caLifeMs, leafLifeMs } = times;
  const promotedAtMs = nowMs + startMs - 2 * leafLifeMs;
  const old = await authority(promotedAtMs - caLifeMs * 0.75, caLifeMs);
  const signer = await authority(promotedAtMs - caLifeMs / 12, caLifeMs);
  return renderSecret(secret, { phase: 'promoted', bundle: [old.ca, signer.ca], signer, promotedAtMs });
}

async function authority(nowMs: number, lifeMs: number): Promise<Authority> {
  const { cert, key } = await issueCa(nowMs, { name: 'podgraft CA', lifeMs });
  const [ca] = readCertificates(cert) ?? [];
  if (ca === undefined) throw new Error('a CA that was made cannot be read');
  return { ca, key };
}
