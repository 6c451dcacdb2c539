import type { ClusterFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { judgeCaBundles, judgeCertificate } from './judge-certificates.ts';
import { judgeCrd } from './judge-crd.ts';
import { judgeService } from './judge-service.ts';
import { judgeTemplates } from './judge-templates.ts';
import { judgeTrials } from './judge-trials.ts';
import { judgeWebhooks } from './judge-webhooks.ts';

/** From here on webhooks have matchConditions that are sure to count (contract R24). */
const oldestMinor = 30;

/** Judges what a cluster showed: the same facts, the same findings, in the order in which things depend on each other. */
export function judgeCluster(facts: ClusterFacts): readonly Finding[] {
  const { version, crd, configurations, backends, injectionTemplates, podTemplates, trials, nowMs } = facts;
  return [
    judgeVersion(version),
    judgeCrd(crd),
    ...judgeWebhooks(configurations),
    ...backends.flatMap(judgeService),
    ...judgeCaBundles(facts),
    ...backends.map((backend) => judgeCertificate(backend, trials, nowMs)),
    ...judgeTemplates(injectionTemplates, podTemplates),
    ...judgeTrials(facts),
  ];
}

function judgeVersion(version: string): Finding {
  const what = 'Kubernetes';
  const minor = Number(/^v1\.(\d+)/u.exec(version)?.[1] ?? Number.NaN);
  if (!(minor < oldestMinor)) return { what, state: 'ok', detail: version };
  const detail = `${version}: older than 1.${oldestMinor}, where webhooks have no sure matchConditions`;
  return { what, state: 'broken', detail, todo: 'upgrade the cluster' };
}
