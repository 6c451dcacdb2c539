import { field, stringField } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import { apiVersion } from '../../core/keys.ts';
import type { ApiClient } from '../api-client.ts';
import type { ApiFailure } from '../api-failure.ts';
import { listAll } from '../list-all.ts';
import { injectionTemplates, podTemplates } from '../watched-kind.ts';
import type { WatchedKind } from '../watched-kind.ts';
import { configurationsPath } from '../webhook-configurations.ts';
import type { Backend, ClusterFacts } from './facts.ts';
import type { Seen } from './finding.ts';
import { crdName } from './judge-crd.ts';
import { certificateName, describeBackend, isOurConfiguration, webhooksOf } from './our-webhooks.ts';
import type { BackendReference } from './our-webhooks.ts';
import { readPresented } from './presented-certificate.ts';
import type { Address } from './presented-certificate.ts';
import { absentTemplate, templatesToTry, toTrialOutcome, trialPod, whyUnseen } from './trial.ts';
import type { TrialOutcome, Trials } from './trial.ts';

export interface CheckOptions {
  readonly client: ApiClient;
  /** Of the pods that are tried. */
  readonly namespace: string;
  /** Where the webhooks' port is reached from here, instead of where the API server reaches it. */
  readonly address?: Address;
  /** Where templates for all are kept, besides podgraft's own namespace. */
  readonly rootNamespace: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Looks at a cluster, with the caller's own rights; what the caller may not see is `unseen`. Changes nothing: pods are
 * created as dry runs. A failure where there is no API server that knows the caller.
 */
export async function readFacts(
  options: CheckOptions,
): Promise<{ readonly kind: 'read'; readonly facts: ClusterFacts } | ApiFailure> {
  const { client, nowMs } = options;
  const version = await client.get({ what: 'ask for the version', path: '/version' });
  if (version.kind === 'failed') return version;
  const [crd, configurations, templates, labelled] = await Promise.all([
    read(
      client,
      `CustomResourceDefinition ${crdName}`,
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crdName}`,
    ),
    list(client, 'MutatingWebhookConfigurations', configurationsPath('mutating')),
    listKind(client, injectionTemplates),
    listKind(client, podTemplates),
  ]);
  const ours: Seen<readonly JsonObject[]> =
    configurations.kind === 'seen'
      ? { ...configurations, value: configurations.value.filter(isOurConfiguration) }
      : configurations;
  const references = new Map<string, BackendReference>();
  for (const { backend } of ours.kind === 'seen' ? ours.value.flatMap(webhooksOf) : [])
    references.set(describeBackend(backend), backend);
  const backends = await Promise.all(
    [...references.values()].map(async (reference) => readBackend(options, reference)),
  );
  const homes = [...references.values()].flatMap((reference) =>
    reference.kind === 'service' ? [reference.namespace] : [],
  );
  const trials = await tryPods(options, templates.kind === 'seen' ? templates.value : [], homes);
  return {
    kind: 'read',
    facts: {
      version: stringField(version.value, 'gitVersion') ?? 'unknown',
      nowMs,
      crd,
      configurations: ours,
      backends,
      injectionTemplates: templates,
      podTemplates: labelled,
      trials,
    },
  };
}

async function readBackend({ client, address }: CheckOptions, reference: BackendReference): Promise<Backend> {
  const name = certificateName(reference);
  if (reference.kind === 'url') {
    const { host, port } = reference;
    return { reference, certificate: await readPresented([address ?? { host, port }], name) };
  }
  const { namespace, port } = reference;
  const inNamespace = `namespaces/${encodeURIComponent(namespace)}`;
  const ofService = encodeURIComponent(reference.name);
  const [object, slices] = await Promise.all([
    read(client, describeBackend(reference), `/api/v1/${inNamespace}/services/${ofService}`),
    list(
      client,
      `EndpointSlices of ${describeBackend(reference)}`,
      `/apis/discovery.k8s.io/v1/${inNamespace}/endpointslices`,
      {
        labelSelector: `kubernetes.io/service-name=${reference.name}`,
      },
    ),
  ]);
  const spec = object.kind === 'seen' ? field(object.value, 'spec') : undefined;
  const outside = stringField(spec, 'externalName') ?? '';
  const addresses = address === undefined ? [{ host: outside === '' ? name : outside, port }] : [address];
  return { reference, service: { object, slices }, certificate: await readPresented(addresses, name) };
}

/** First the pod that must be refused; where that works, one pod after the other until a template is grafted. */
async function tryPods(
  { client, namespace, rootNamespace }: CheckOptions,
  templates: readonly JsonObject[],
  homes: readonly string[],
): Promise<Trials> {
  const attempt = async (template: string): Promise<TrialOutcome> =>
    toTrialOutcome(
      await client.post({
        what: `try a pod in namespace ${namespace}`,
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
        query: { dryRun: 'All' },
        body: trialPod(namespace, template),
      }),
    );
  const absent = await attempt(absentTemplate);
  const grafts: { readonly template: string; readonly outcome: TrialOutcome }[] = [];
  if (absent.kind !== 'refused by podgraft') return { namespace, absent, grafts };
  for (const template of templatesToTry(templates, namespace, [...homes, rootNamespace])) {
    const outcome = await attempt(template.name);
    grafts.push({ template: `${template.namespace}/${template.name}`, outcome });
    if (outcome.kind === 'grafted') break;
  }
  return { namespace, absent, grafts };
}

async function read(client: ApiClient, what: string, path: string): Promise<Seen<JsonObject>> {
  const result = await client.get({ what: `read ${what}`, path });
  return result.kind === 'ok' ? { kind: 'seen', value: result.value } : toUnseen(result);
}

async function list(
  client: ApiClient,
  what: string,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Seen<readonly JsonObject[]>> {
  const listed = await listAll(client, { what: `list ${what}`, path, query, accept: 'application/json' });
  return listed.kind === 'listed' ? { kind: 'seen', value: listed.items } : toUnseen(listed);
}

async function listKind(client: ApiClient, { kind, path, query }: WatchedKind): Promise<Seen<readonly JsonObject[]>> {
  return list(client, kind === 'InjectionTemplate' ? `InjectionTemplates of ${apiVersion}` : `${kind}s`, path, query);
}

function toUnseen(failure: ApiFailure): Seen<never> {
  return failure.reason === 'absent' ? { kind: 'absent' } : { kind: 'unseen', why: whyUnseen(failure) };
}
