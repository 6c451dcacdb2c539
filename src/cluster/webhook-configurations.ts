import { arrayField, field, objectField, stringField } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { ApiClient, ApiResult } from './api-client.ts';
import type { ApiFailure } from './api-failure.ts';
import type { CertificateTools } from './certificate-facts.ts';
import type { LiveBundle } from './certificate-plan.ts';

/** A webhook configuration, by its name. */
export interface ConfigurationName {
  readonly type: 'mutating' | 'validating';
  readonly name: string;
}

/** What makes a webhook ours: it calls our Service, or a URL whose host is one of our certificate's names. */
export interface WebhookOwner {
  readonly namespace: string;
  readonly service: string;
  readonly names: readonly string[];
}

/** A webhook configuration as the cluster has it, and those of its webhooks that are ours. */
export interface LiveConfiguration extends ConfigurationName {
  readonly resourceVersion: string;
  readonly webhooks: readonly (LiveBundle & { readonly index: number; readonly name: string })[];
  /** How many call somebody else: they are left alone. */
  readonly foreign: number;
}

export type ReadConfigurations =
  | { readonly kind: 'read'; readonly configurations: readonly LiveConfiguration[]; readonly absent: readonly string[] }
  | ApiFailure;

const kinds = { mutating: 'MutatingWebhookConfiguration', validating: 'ValidatingWebhookConfiguration' } as const;

/** The path of all configurations of a type. */
export function configurationsPath(type: ConfigurationName['type']): string {
  return `/apis/admissionregistration.k8s.io/v1/${kinds[type].toLowerCase()}s`;
}

/** `MutatingWebhookConfiguration`. */
export function kindOf({ type }: Pick<ConfigurationName, 'type'>): string {
  return kinds[type];
}

/** `MutatingWebhookConfiguration 00-podgraft`. */
export function describeConfiguration({ type, name }: ConfigurationName): string {
  return `${kinds[type]} ${name}`;
}

/** Reads configurations afresh, not from any cache (contract P4). One that isn't there calls nobody. */
export async function readConfigurations(
  client: ApiClient,
  names: readonly ConfigurationName[],
  owner: WebhookOwner,
  read: CertificateTools['read'],
  signal: AbortSignal,
): Promise<ReadConfigurations> {
  const configurations: LiveConfiguration[] = [];
  const absent: string[] = [];
  for (const configuration of names) {
    const what = `read ${describeConfiguration(configuration)}`;
    const result = await client.get({ what, path: pathOf(configuration), signal });
    if (result.kind === 'ok') configurations.push(toLive(configuration, result.value, owner, read));
    else if (result.reason === 'absent') absent.push(describeConfiguration(configuration));
    else return result;
  }
  return { kind: 'read', configurations, absent };
}

function pathOf({ type, name }: ConfigurationName): string {
  return `${configurationsPath(type)}/${encodeURIComponent(name)}`;
}

function toLive(
  configuration: ConfigurationName,
  object: JsonObject,
  owner: WebhookOwner,
  read: CertificateTools['read'],
): LiveConfiguration {
  const all = arrayField(object, 'webhooks');
  const webhooks = [...all.entries()]
    .filter(([, webhook]) => isOurs(field(webhook, 'clientConfig'), owner))
    .map(([index, webhook]) => {
      const encoded = stringField(field(webhook, 'clientConfig'), 'caBundle') ?? '';
      const text = Buffer.from(encoded, 'base64').toString('utf8');
      // A bundle that can't be read is trusted by nobody, and is replaced.
      return { index, name: stringField(webhook, 'name') ?? '', text, cas: read(text) ?? [] };
    });
  const resourceVersion = stringField(objectField(object, 'metadata'), 'resourceVersion') ?? '';
  return { ...configuration, resourceVersion, webhooks, foreign: all.length - webhooks.length };
}

function isOurs(clientConfig: Json | undefined, { namespace, service, names }: WebhookOwner): boolean {
  const reference = field(clientConfig, 'service');
  if (reference !== undefined && reference !== null) {
    return stringField(reference, 'namespace') === namespace && stringField(reference, 'name') === service;
  }
  const url = stringField(clientConfig, 'url') ?? '';
  return URL.canParse(url) && names.includes(new URL(url).hostname.replaceAll(/[[\]]/gu, ''));
}

/**
 * Gives every webhook of ours in a configuration the bundle, by its name, if nothing changed since it was read: else a
 * conflict (contract P3, P11).
 */
export async function publishBundle(
  client: ApiClient,
  { resourceVersion, webhooks, ...configuration }: LiveConfiguration,
  bundle: string,
  signal: AbortSignal,
): Promise<ApiResult> {
  const caBundle = Buffer.from(bundle, 'utf8').toString('base64');
  const operations = webhooks
    .filter(({ text }) => text !== bundle)
    .flatMap(({ index, name }) => [
      { op: 'test', path: `/webhooks/${index}/name`, value: name },
      { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle },
    ]);
  const what = `write the caBundle of ${describeConfiguration(configuration)}`;
  const body = [{ op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }, ...operations];
  const result = await client.patch({ what, path: pathOf(configuration), body, signal }, 'application/json-patch+json');
  // A test operation that fails is a 422.
  return result.kind === 'failed' && result.status === 422 ? { ...result, reason: 'conflict' } : result;
}
