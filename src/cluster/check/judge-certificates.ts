import type { X509Certificate } from 'node:crypto';
import { readCertificates } from '../certificate-facts.ts';
import { distrust, namesOf, readPem } from './certificate-trust.ts';
import type { Distrust } from './certificate-trust.ts';
import type { Backend, ClusterFacts } from './facts.ts';
import { unseen } from './finding.ts';
import type { Finding } from './finding.ts';
import { certificateName, describeBackend, nameOf, webhooksOf } from './our-webhooks.ts';
import type { LiveWebhook } from './our-webhooks.ts';
import type { Trials } from './trial.ts';

const dayMs = 86_400_000;
/** A leaf is renewed at two thirds of its life; with a sixth left something is wrong (contract P6). */
const lateShare = 1 / 6;
const rewrite =
  'podgraft, or cert-manager, writes it: see that its replicas run and are ready (kubectl get pods), and what they log';

/** Judges the caBundle of each webhook: there, readable, in time, and fit for the certificate that is really served. */
export function judgeCaBundles({ configurations, backends, trials, nowMs }: ClusterFacts): readonly Finding[] {
  if (configurations.kind !== 'seen') return [];
  return configurations.value.flatMap((configuration) =>
    webhooksOf(configuration).map((webhook) => {
      const what = `caBundle of webhook ${webhook.name} of MutatingWebhookConfiguration ${nameOf(configuration)}`;
      const backend = backends.find(({ reference }) => describeBackend(reference) === describeBackend(webhook.backend));
      return { what, ...judgeBundle(webhook, backend, trials, nowMs) };
    }),
  );
}

function judgeBundle(
  { caBundle, backend: reference }: LiveWebhook,
  backend: Backend | undefined,
  trials: Trials,
  nowMs: number,
): Omit<Finding, 'what'> {
  if (caBundle.trim() === '') {
    if (trials.absent.kind === 'refused by podgraft') {
      return { state: 'ok', detail: 'there is none; the API server trusts the certificate by the CAs of its machine' };
    }
    return { state: 'broken', detail: 'it is empty, so the API server trusts nobody who answers', todo: rewrite };
  }
  const facts = readCertificates(caBundle);
  if (facts === undefined) return { state: 'broken', detail: 'it is no PEM of certificates', todo: rewrite };
  const inTime = facts.filter(({ notAfterMs }) => notAfterMs > nowMs);
  if (inTime.length === 0) {
    const ended = Math.max(...facts.map(({ notAfterMs }) => notAfterMs));
    return { state: 'broken', detail: `all its CAs have expired, the last one ${ago(nowMs - ended)}`, todo: rewrite };
  }
  const last = Math.max(...inTime.map(({ notAfterMs }) => notAfterMs));
  const count = inTime.length === 1 ? 'one CA' : `${inTime.length} CAs`;
  const seen = `${count}, valid for ${days(last - nowMs)}`;
  if (backend?.certificate.kind !== 'seen') return { state: 'ok', detail: seen };
  const cas = inTime.flatMap(({ pem }) => readPem(pem) ?? []);
  const why = distrust(backend.certificate.value, cas, certificateName(reference), nowMs);
  // The certificate's own faults are said of the certificate.
  if (why !== 'unknown authority')
    return { state: 'ok', detail: `${seen}${why === undefined ? '; fits the certificate that is served' : ''}` };
  const detail = `${seen}; the certificate that ${describeBackend(reference)} serves is of another CA, so the API server trusts no new connection to it`;
  return { state: 'broken', detail, todo: `${rewrite}; two installations may fight over it` };
}

/** Judges the certificate that is really served: its names, and how long it lasts. */
export function judgeCertificate({ reference, certificate }: Backend, trials: Trials, nowMs: number): Finding {
  const what = `certificate of ${describeBackend(reference)}`;
  if (certificate.kind !== 'seen') {
    const isTrusted =
      trials.absent.kind === 'refused by podgraft' ? '; the API server trusts it, as the trial below shows' : '';
    const why = certificate.kind === 'absent' ? 'nobody answers there' : certificate.why;
    return unseen(what, `${why}${isTrusted}`, forwarding(reference));
  }
  const leaf = readPem(certificate.value[0] ?? '');
  if (leaf === undefined)
    return { what, state: 'broken', detail: 'what is presented is no certificate', todo: rewrite };
  const why = distrust(certificate.value, [leaf], certificateName(reference), nowMs);
  return { what, ...judgeLeaf(leaf, why, certificateName(reference), nowMs) };
}

function judgeLeaf(
  leaf: X509Certificate,
  why: Distrust | undefined,
  name: string,
  nowMs: number,
): Omit<Finding, 'what'> {
  const [endMs, startMs] = [Date.parse(leaf.validTo), Date.parse(leaf.validFrom)];
  const names = namesOf(leaf);
  const more = names.length > 1 ? ` and ${names.length - 1} more` : '';
  const renew = `it should have been renewed long ago: see what the replicas log, and the clocks of the nodes`;
  if (why === 'expired') return { state: 'broken', detail: `it expired ${ago(nowMs - endMs)}`, todo: renew };
  if (why === 'not yet valid') return { state: 'broken', detail: 'it is not valid yet', todo: 'set the clocks right' };
  if (why === 'other name') {
    const detail = `it is for ${names[0] ?? 'no name'}${more}, not for ${name}, by which the API server calls`;
    return {
      state: 'broken',
      detail,
      todo: 'let podgraft know its Service (--service-name, --namespace), or have the certificate issued for that name',
    };
  }
  const left = `for ${name}${more}, valid for ${days(endMs - nowMs)}`;
  const isLate = endMs - nowMs < (endMs - startMs) * lateShare;
  return isLate ? { state: 'warn', detail: left, todo: renew } : { state: 'ok', detail: left };
}

function forwarding(reference: Backend['reference']): string {
  if (reference.kind === 'url') return 'run check where that address can be reached';
  const { namespace, name, port } = reference;
  return `kubectl -n ${namespace} port-forward service/${name} 8443:${port}, and podgraft check --address localhost:8443`;
}

function days(ms: number): string {
  const count = Math.floor(ms / dayMs);
  return count === 1 ? '1 day' : count < 1 ? 'less than a day' : `${count} days`;
}

function ago(ms: number): string {
  return ms < dayMs ? 'less than a day ago' : `${days(ms)} ago`;
}
