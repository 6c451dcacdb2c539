import type { ClusterFacts } from './facts.ts';
import { unseen } from './finding.ts';
import type { Finding } from './finding.ts';
import { webhooksOf } from './our-webhooks.ts';
import type { TrialOutcome } from './trial.ts';
import { excludedNamespaces } from './webhook-rows.ts';

const upgrade = 'see the lines about webhooks above; helm upgrade --install brings them back';

/**
 * Judges the pods that were tried: that podgraft's refusal comes back proves the way there and back (contract R6), and a
 * template that is really grafted proves the rest.
 */
export function judgeTrials({ trials, configurations }: ClusterFacts): readonly Finding[] {
  const { namespace, absent, grafts } = trials;
  const webhooks = configurations.kind === 'seen' ? configurations.value.flatMap(webhooksOf) : [];
  if (webhooks.some(({ object }) => excludedNamespaces(object).includes(namespace))) {
    const why = `podgraft leaves namespace ${namespace} alone`;
    return [
      unseen(`dry-run pod in namespace ${namespace}`, why, 'try another namespace: podgraft check --namespace NAME'),
    ];
  }
  const refusal = {
    what: `dry-run pod in namespace ${namespace} that names no template there is`,
    ...judgeRefusal(absent),
  };
  if (absent.kind !== 'refused by podgraft') return [refusal];
  return [refusal, judgeGrafts(namespace, grafts)];
}

function judgeRefusal(outcome: TrialOutcome): Omit<Finding, 'what'> {
  switch (outcome.kind) {
    case 'refused by podgraft':
      return { state: 'ok', detail: 'podgraft refuses it, and the API server hands its message on' };
    case 'grafted':
    case 'not asked':
      return { state: 'broken', detail: 'the API server would create it without asking podgraft', todo: upgrade };
    case 'call failed':
      return {
        state: 'broken',
        detail: `the API server cannot ask podgraft: ${outcome.message}`,
        todo: todoOf(outcome.message),
      };
    case 'refused':
      return {
        state: 'warn',
        detail: `something else refuses it, before podgraft or after it: ${outcome.message}`,
        todo: 'try another namespace: podgraft check --namespace NAME',
      };
    case 'unseen': {
      const { state, detail } = unseen('', outcome.why);
      return {
        state,
        detail,
        todo: 'let the caller create pods there (a dry run creates none), or try another namespace: --namespace NAME',
      };
    }
  }
}

function judgeGrafts(namespace: string, grafts: ClusterFacts['trials']['grafts']): Finding {
  const grafted = grafts.find(({ outcome }) => outcome.kind === 'grafted');
  if (grafted !== undefined) {
    const what = `dry-run pod in namespace ${namespace} that names ${grafted.template}`;
    return { what, state: 'ok', detail: 'the template is grafted' };
  }
  const what = `dry-run pod in namespace ${namespace} that names a template`;
  const [first] = grafts;
  if (first === undefined)
    return unseen(what, `there is no accepted template that a pod of namespace ${namespace} may surely use`);
  const { template, outcome } = first;
  switch (outcome.kind) {
    case 'refused by podgraft':
    case 'refused':
      return unseen(what, `none can be grafted onto a bare pod there; ${template}: ${outcome.message}`);
    case 'unseen':
      return unseen(what, outcome.why);
    case 'call failed':
      return {
        what,
        state: 'broken',
        detail: `the API server cannot ask podgraft: ${outcome.message}`,
        todo: todoOf(outcome.message),
      };
    case 'grafted':
    case 'not asked':
      return {
        what,
        state: 'broken',
        detail: `it would be created without ${template}: something takes podgraft's changes back`,
        todo: upgrade,
      };
  }
}

/** What helps where an API server can't ask a webhook, by the words that Go's TLS and its dialer have for it. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /x509: certificate signed by unknown authority/u,
    'the caBundle does not fit the certificate: see those lines; podgraft puts it right by itself while it runs',
  ],
  [/x509: certificate has expired/u, 'renew the certificate: see its line'],
  [/x509: certificate is (?:valid for|not valid for)/u, 'the certificate is for another name: see its line'],
  [/no endpoints available|not found/u, 'no replica is ready: see the line of the Service'],
  [/connection refused/u, 'nobody listens there: see whether the replicas run (kubectl get pods)'],
  [
    /deadline exceeded|no route to host|i\/o timeout/u,
    'the control plane does not reach the replicas: see the network policy and, on GKE and EKS, docs/install.md',
  ],
];

function todoOf(message: string): string {
  return remedies.find(([pattern]) => pattern.test(message))?.[1] ?? "see podgraft's log, and the API server's";
}
