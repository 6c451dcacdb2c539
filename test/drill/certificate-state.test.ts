import { expect, test } from 'vitest';
import { midRotation } from '../../bench/drill/certificate-state.ts';
import { isCertificatePair, readCertificates } from '../../src/cluster/certificate-facts.ts';
import { decide } from '../../src/cluster/certificate-plan.ts';
import { parseSecret } from '../../src/cluster/certificate-state.ts';

test('a drill on certificates begins where the next rotation is due as soon as the last one is over', async () => {
  const times = { caLifeMs: 180_000, leafLifeMs: 60_000 };
  const nowMs = Date.now();
  const written = await midRotation({ kind: 'Secret', metadata: { name: 's' }, type: 'Opaque' }, times, nowMs);
  const secret = parseSecret(written, { read: readCertificates, isPair: isCertificatePair });
  expect(secret).toMatchObject({ kind: 'state', state: { phase: 'promoted' } });
  if (secret.kind !== 'state') return;
  const { bundle, signer } = secret.state;
  expect(bundle).toHaveLength(2);
  const text = bundle.map(({ pem }) => pem).join('');
  const leaf = { issuerId: signer.ca.id, notBeforeMs: nowMs, notAfterMs: signer.ca.notAfterMs };
  const steps = [0, 9000, 11_000].map(
    (afterMs) =>
      decide({
        secret,
        bundles: [{ text, cas: bundle }],
        leaf,
        nowMs: nowMs + afterMs,
        times,
        jitter: 0.5,
      }).kind,
  );
  expect(steps).toEqual(['wait', 'wait', 'write']);
  const steady = { ...secret, state: { phase: 'steady', bundle: [signer.ca], signer } } as const;
  const live = [{ text: signer.ca.pem, cas: [signer.ca] }];
  const next = decide({ secret: steady, bundles: live, leaf, nowMs: nowMs + 11_000, times, jitter: 0.5 });
  expect(next.kind).toBe('prepare');
});
