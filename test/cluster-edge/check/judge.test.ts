import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { issueCa, issueLeaf } from '../../../src/certs/issue.ts';
import type { Backend, ClusterFacts } from '../../../src/cluster/check/facts.ts';
import type { Finding } from '../../../src/cluster/check/finding.ts';
import { judgeCluster } from '../../../src/cluster/check/judge.ts';
import type { TrialOutcome } from '../../../src/cluster/check/trial.ts';
import { arrayField, field, isObject, objectField } from '../../../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../../../src/core/json.ts';

// What a release with the chart's default values looks like, each thing that can be wrong with it, and what is said. The
// webhooks are those that the chart renders, the CustomResourceDefinition is the chart's file: what is expected of them
// stands in src/cluster/check a second time, and can't drift from there.

const charts = new URL('../../../charts/podgraft/', import.meta.url);
const rendered = await readFile(new URL('../../chart/golden/podgraft.yaml', import.meta.url), 'utf8');
const crdFile = await readFile(new URL('files/injectiontemplate.yaml', charts), 'utf8');
const dayMs = 86_400_000;
const nowMs = Date.now();
const service = 'podgraft.podgraft-system.svc';
const ca = await issueCa(nowMs, { name: 'ours', lifeMs: 300 * dayMs });
const otherCa = await issueCa(nowMs, { name: 'theirs', lifeMs: 300 * dayMs });

async function leaf(signer: typeof ca, names: readonly string[], fromMs: number, lifeMs: number): Promise<string> {
  return (await issueLeaf({ ...signer, notAfterMs: nowMs + 300 * dayMs }, names, fromMs, lifeMs)).cert;
}

const expiredCa = (await issueCa(nowMs - 40 * dayMs, { name: 'old', lifeMs: 30 * dayMs })).cert;
const fit = await leaf(ca, [service, 'podgraft'], nowMs, 60 * dayMs);
const refused: TrialOutcome = { kind: 'refused by podgraft', message: 'Not found' };

function seen<T>(value: T): { readonly kind: 'seen'; readonly value: T } {
  return { kind: 'seen', value };
}

function configuration(caBundle: string = ca.cert): JsonObject {
  const found = parseAllDocuments(rendered)
    .map((document) => document.toJS() as Json)
    .filter(isObject)
    .find(({ kind }) => kind === 'MutatingWebhookConfiguration');
  return changedWebhooks(found ?? {}, (webhook) => withBundle(webhook, caBundle));
}

function changedWebhooks(whole: JsonObject, change: (webhook: JsonObject) => JsonObject): JsonObject {
  return { ...whole, webhooks: arrayField(whole, 'webhooks').filter(isObject).map(change) };
}

function withBundle(webhook: JsonObject, text: string): JsonObject {
  const caBundle = Buffer.from(text).toString('base64');
  return { ...webhook, clientConfig: { ...objectField(webhook, 'clientConfig'), caBundle } };
}

function crd(): MutableJsonObject {
  const conditions = ['NamesAccepted', 'Established'].map((type) => ({ type, status: 'True' }));
  return { ...(parse(crdFile) as JsonObject), status: { conditions } };
}

function slice(...ready: readonly boolean[]): JsonObject {
  const endpoints = ready.map((isReady, index) => ({
    addresses: [`10.0.0.${index}`],
    conditions: { ready: isReady },
    targetRef: { name: `podgraft-${index}` },
  }));
  return { endpoints };
}

function template(name: string, status: JsonObject, generation = 1): JsonObject {
  return { metadata: { namespace: 'podgraft-system', name, generation }, status };
}
const accepted = { observedGeneration: 1, conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted' }] };

const backend: Backend = {
  reference: { kind: 'service', namespace: 'podgraft-system', name: 'podgraft', port: 443 },
  service: { object: seen({ spec: { type: 'ClusterIP', ports: [{ port: 443 }] } }), slices: seen([slice(true, true)]) },
  certificate: seen([fit]),
};
const healthy: ClusterFacts = {
  version: 'v1.36.3',
  nowMs,
  crd: seen(crd()),
  configurations: seen([configuration()]),
  backends: [backend],
  injectionTemplates: seen([template('a', accepted)]),
  podTemplates: seen([{}, {}]),
  trials: {
    namespace: 'default',
    absent: refused,
    grafts: [{ template: 'podgraft-system/a', outcome: { kind: 'grafted' } }],
  },
};

function webhooks(change: (webhook: JsonObject) => JsonObject): Partial<ClusterFacts> {
  return { configurations: seen([changedWebhooks(configuration(), change)]) };
}
function named(change: JsonObject): Partial<ClusterFacts> {
  return webhooks((webhook) => (webhook['name'] === 'named.podgraft.dev' ? { ...webhook, ...change } : webhook));
}
function matched(change: JsonObject): Partial<ClusterFacts> {
  return webhooks((webhook) => (webhook['name'] === 'matched.podgraft.dev' ? { ...webhook, ...change } : webhook));
}
function trial(absent: TrialOutcome): Partial<ClusterFacts> {
  return { trials: { namespace: 'default', absent, grafts: [] } };
}
function served(certificate: Backend['certificate']): Partial<ClusterFacts> {
  return { backends: [{ ...backend, certificate }] };
}
function behind(object: JsonObject, ...slices: readonly JsonObject[]): Partial<ClusterFacts> {
  return { backends: [{ ...backend, service: { object: seen(object), slices: seen(slices) } }] };
}
/** The CustomResourceDefinition with a value at a path of its schema's `spec` taken away. */
function crdWithout(...path: readonly string[]): Partial<ClusterFacts> {
  const changed = structuredClone(crd());
  let at = field(
    field(field(arrayField(field(changed, 'spec'), 'versions')[0], 'schema'), 'openAPIV3Schema'),
    'properties',
  );
  for (const key of path.slice(0, -1)) at = field(at, key);
  delete (at as MutableJsonObject)[path.at(-1) ?? ''];
  return { crd: seen(changed) };
}

const port443 = { spec: { ports: [{ port: 443 }] } };
const named443 = 'webhook named.podgraft.dev of MutatingWebhookConfiguration 00-podgraft-podgraft';
const matched443 = 'webhook matched.podgraft.dev of MutatingWebhookConfiguration 00-podgraft-podgraft';
const crdLine = 'CustomResourceDefinition injectiontemplates.podgraft.dev';
const serviceLine = 'Service podgraft-system/podgraft';
const trialLine = 'dry-run pod in namespace default that names no template there is';

/** What is wrong, of which line, how it is said, what is advised. */
type Case = readonly [string, Partial<ClusterFacts>, string, Finding['state'], RegExp, RegExp | undefined];

const cases: readonly Case[] = [
  ['an old Kubernetes', { version: 'v1.29.4' }, 'Kubernetes', 'broken', /older than 1\.30/u, /upgrade/u],
  ['no CRD', { crd: { kind: 'absent' } }, crdLine, 'broken', /it is not there/u, /helm upgrade/u],
  [
    'a CRD that nobody may read',
    { crd: { kind: 'unseen', why: 'no' } },
    crdLine,
    'unseen',
    /^could not look: no$/u,
    undefined,
  ],
  [
    'a CRD whose names another one has',
    {
      crd: seen({
        ...crd(),
        status: { conditions: [{ type: 'NamesAccepted', status: 'False', message: '"injt" is in use' }] },
      }),
    },
    crdLine,
    'broken',
    /NamesAccepted is not True: "injt" is in use; its condition Established/u,
    /must go/u,
  ],
  [
    'a CRD of another version',
    { crd: seen({ ...crd(), spec: { versions: [] } }) },
    crdLine,
    'broken',
    /does not serve v1alpha1/u,
    /helm upgrade/u,
  ],
  [
    'an older CRD',
    crdWithout('spec', 'properties', 'sidecars', 'properties', 'initOrder'),
    crdLine,
    'warn',
    /lacks spec\.sidecars\.initOrder;/u,
    /may be older/u,
  ],
  [
    'a CRD that drops fields',
    crdWithout('spec', 'properties', 'template', 'properties', 'spec', 'x-kubernetes-preserve-unknown-fields'),
    crdLine,
    'warn',
    /lacks spec\.template\.spec\.\* \(unknown fields\)/u,
    /may be older/u,
  ],
  [
    'no configuration',
    { configurations: seen([]) },
    'MutatingWebhookConfiguration of podgraft',
    'broken',
    /there is none/u,
    /helm upgrade/u,
  ],
  [
    'configurations that nobody may list',
    { configurations: { kind: 'unseen', why: 'no' } },
    'MutatingWebhookConfiguration of podgraft',
    'unseen',
    /no/u,
    undefined,
  ],
  [
    'a webhook that was deleted',
    { configurations: seen([{ ...configuration(), webhooks: arrayField(configuration(), 'webhooks').slice(1) }]) },
    named443,
    'broken',
    /not there: pods that name a template start without/u,
    /helm upgrade/u,
  ],
  [
    'another path',
    named({ clientConfig: { service: { name: 'podgraft', namespace: 'podgraft-system', path: '/' } } }),
    named443,
    'broken',
    /it calls \/, not \/mutate\/pods/u,
    /chart/u,
  ],
  [
    'rules without pods',
    named({ rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods'] }] }),
    named443,
    'broken',
    /never called/u,
    /chart/u,
  ],
  [
    'rules with more',
    named({ rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] }),
    named443,
    'warn',
    /more than the creation/u,
    /chart/u,
  ],
  ['side effects', named({ sideEffects: 'Some' }), named443, 'broken', /every dry run of a pod is refused/u, /chart/u],
  ['no v1', named({ admissionReviewVersions: ['v1beta1'] }), named443, 'broken', /lack v1/u, /chart/u],
  [
    'Ignore for Fail',
    named({ failurePolicy: 'Ignore' }),
    named443,
    'warn',
    /Ignore, not Fail: pods that name a template start without it/u,
    /chart/u,
  ],
  [
    'Fail for Ignore',
    matched({ failurePolicy: 'Fail' }),
    matched443,
    'warn',
    /Fail, not Ignore: pods that ask for nothing cannot start/u,
    /chart/u,
  ],
  [
    'no reinvocation',
    named({ reinvocationPolicy: 'Never' }),
    named443,
    'warn',
    /reinvocationPolicy is not IfNeeded/u,
    /chart/u,
  ],
  ['a long timeout', named({ timeoutSeconds: 30 }), named443, 'warn', /timeoutSeconds are 30, not 3/u, /chart/u],
  [
    'other matchConditions',
    named({ matchConditions: [] }),
    named443,
    'warn',
    /matchConditions are not the chart's/u,
    /chart/u,
  ],
  [
    'one matchCondition more',
    webhooks((webhook) => ({
      ...webhook,
      matchConditions: [...arrayField(webhook, 'matchConditions'), { name: 'x', expression: 'false' }],
    })),
    matched443,
    'warn',
    /more than the chart's: some pods never come/u,
    /chart/u,
  ],
  [
    'no excluded namespaces',
    named({ namespaceSelector: {} }),
    named443,
    'warn',
    /does not exclude kube-system, kube-public, kube-node-lease, podgraft-system/u,
    /chart/u,
  ],
  [
    'an objectSelector',
    named({ objectSelector: { matchLabels: { a: 'b' } } }),
    named443,
    'warn',
    /narrower than the chart's/u,
    /chart/u,
  ],
  [
    'matched pods of every namespace',
    matched({ namespaceSelector: {} }),
    matched443,
    'warn',
    /does not ask for podgraft\.dev\/injection/u,
    /chart/u,
  ],
  [
    'the worst of several',
    named({ timeoutSeconds: 30, sideEffects: 'Some' }),
    named443,
    'broken',
    /sideEffects.*; its timeoutSeconds/u,
    /chart/u,
  ],
  [
    'no Service',
    { backends: [{ ...backend, service: { object: { kind: 'absent' }, slices: seen([]) } }] },
    serviceLine,
    'broken',
    /it is not there/u,
    /helm upgrade/u,
  ],
  [
    'a Service without the port',
    behind({ spec: { ports: [{ port: 8443 }] } }, slice(true)),
    serviceLine,
    'broken',
    /no port 443/u,
    /helm/u,
  ],
  ['no replicas', behind(port443), serviceLine, 'broken', /no replicas/u, /kubectl -n podgraft-system get pods/u],
  [
    'replicas none of which is ready',
    behind(port443, slice(false, false)),
    serviceLine,
    'broken',
    /none of its 2 replicas/u,
    /readyz\?verbose/u,
  ],
  [
    'one replica that is not ready',
    behind(port443, slice(true, false)),
    serviceLine,
    'warn',
    /1 of 2 replicas is ready/u,
    /get pods/u,
  ],
  [
    'no caBundle',
    webhooks((webhook) => withBundle(webhook, '')),
    `caBundle of ${named443}`,
    'ok',
    /by the CAs of its machine/u,
    undefined,
  ],
  [
    'no caBundle, and nobody who trusts',
    {
      ...webhooks((webhook) => withBundle(webhook, '')),
      ...trial({ kind: 'call failed', message: 'x509: certificate signed by unknown authority' }),
    },
    `caBundle of ${named443}`,
    'broken',
    /it is empty, so the API server trusts nobody/u,
    /replicas run/u,
  ],
  [
    'a caBundle that is none',
    webhooks((webhook) => withBundle(webhook, 'x')),
    `caBundle of ${named443}`,
    'broken',
    /no PEM of certificates/u,
    /replicas run/u,
  ],
  [
    'a foreign caBundle',
    webhooks((webhook) => withBundle(webhook, otherCa.cert)),
    `caBundle of ${named443}`,
    'broken',
    /is of another CA/u,
    /fight/u,
  ],
  [
    'an expired caBundle',
    webhooks((webhook) => withBundle(webhook, expiredCa)),
    `caBundle of ${named443}`,
    'broken',
    /all its CAs have expired, the last one 10 days ago/u,
    /replicas run/u,
  ],
  [
    'a certificate that expired',
    served(seen([await leaf(ca, [service], nowMs - 9 * dayMs, 7 * dayMs)])),
    `certificate of ${serviceLine}`,
    'broken',
    /it expired 2 days ago/u,
    /renewed long ago/u,
  ],
  [
    'a certificate that is late',
    served(seen([await leaf(ca, [service], nowMs - 6.5 * dayMs, 7 * dayMs)])),
    `certificate of ${serviceLine}`,
    'warn',
    /valid for less than a day/u,
    /renewed long ago/u,
  ],
  [
    'a certificate for another name',
    served(seen([await leaf(ca, ['a.test', 'b.test'], nowMs, dayMs)])),
    `certificate of ${serviceLine}`,
    'broken',
    /for a\.test and 1 more, not for podgraft\.podgraft-system\.svc/u,
    /--service-name/u,
  ],
  [
    'a certificate that nobody sees',
    served({ kind: 'unseen', why: 'ENOTFOUND' }),
    `certificate of ${serviceLine}`,
    'unseen',
    /ENOTFOUND; the API server trusts it/u,
    /port-forward service\/podgraft 8443:443/u,
  ],
  [
    'a template without a status',
    { injectionTemplates: seen([template('b', {})]) },
    'InjectionTemplate podgraft-system/b',
    'warn',
    /no status yet/u,
    /Lease/u,
  ],
  [
    'a template with an old status',
    { injectionTemplates: seen([template('b', accepted, 2)]) },
    'InjectionTemplate podgraft-system/b',
    'warn',
    /an older version/u,
    /Lease/u,
  ],
  [
    'a template that is not accepted',
    {
      injectionTemplates: seen([
        template('b', {
          observedGeneration: 1,
          conditions: [{ type: 'Accepted', status: 'False', reason: 'TooMany', message: 'full' }],
        }),
      ]),
    },
    'InjectionTemplate podgraft-system/b',
    'warn',
    /not accepted \(TooMany\): full/u,
    /rename or remove/u,
  ],
  [
    'twenty-five of them',
    { injectionTemplates: seen(Array.from({ length: 25 }, (_, index) => template(`t${index}`, {}))) },
    'InjectionTemplates',
    'warn',
    /^5 more/u,
    /kubectl get injt/u,
  ],
  ['no call', trial({ kind: 'not asked' }), trialLine, 'broken', /without asking podgraft/u, /webhooks above/u],
  [
    'a call that meets nobody',
    trial({ kind: 'call failed', message: 'dial tcp: connect: connection refused' }),
    trialLine,
    'broken',
    /cannot ask podgraft: dial/u,
    /nobody listens/u,
  ],
  [
    'a call that takes too long',
    trial({ kind: 'call failed', message: 'context deadline exceeded' }),
    trialLine,
    'broken',
    /deadline/u,
    /network policy/u,
  ],
  [
    'a pod that something else refuses',
    trial({ kind: 'refused', message: 'exceeded quota' }),
    trialLine,
    'warn',
    /exceeded quota/u,
    /--namespace NAME/u,
  ],
  [
    'pods that the caller may not create',
    trial({ kind: 'unseen', why: 'forbidden' }),
    trialLine,
    'unseen',
    /could not look: forbidden/u,
    /dry run/u,
  ],
  [
    'a namespace that is left alone',
    { trials: { ...healthy.trials, namespace: 'kube-system' } },
    'dry-run pod in namespace kube-system',
    'unseen',
    /leaves namespace kube-system alone/u,
    /--namespace/u,
  ],
  [
    'no template to try',
    trial(refused),
    'dry-run pod in namespace default that names a template',
    'unseen',
    /no accepted template/u,
    undefined,
  ],
  [
    'a template that needs more than a bare pod',
    {
      trials: {
        ...healthy.trials,
        grafts: [{ template: 'a/b', outcome: { kind: 'refused by podgraft', message: 'no volume' } }],
      },
    },
    'dry-run pod in namespace default that names a template',
    'unseen',
    /a\/b: no volume/u,
    undefined,
  ],
  [
    'a graft that is lost',
    { trials: { ...healthy.trials, grafts: [{ template: 'a/b', outcome: { kind: 'not asked' } }] } },
    'dry-run pod in namespace default that names a template',
    'broken',
    /created without a\/b/u,
    /webhooks/u,
  ],
];

test('finds nothing wrong with what the chart installs', () => {
  const findings = judgeCluster(healthy);
  expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(findings.map(({ what }) => what)).toEqual([
    'Kubernetes',
    crdLine,
    named443,
    matched443,
    serviceLine,
    `caBundle of ${named443}`,
    `caBundle of ${matched443}`,
    `certificate of ${serviceLine}`,
    'InjectionTemplates',
    'PodTemplates labelled as templates',
    trialLine,
    'dry-run pod in namespace default that names podgraft-system/a',
  ]);
});

test.each(cases)('says how it stands, and what to do: %s', (_, change, what, state, detail, todo) => {
  const findings = judgeCluster({ ...healthy, ...change }).filter((finding) => finding.what === what);
  const found = findings.find((finding) => finding.state === state);
  expect(found).toBeDefined();
  expect(found?.detail).toMatch(detail);
  if (todo === undefined) expect(found?.todo).toBeUndefined();
  else expect(found?.todo).toMatch(todo);
});
