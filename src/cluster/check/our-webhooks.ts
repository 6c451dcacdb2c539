import { arrayField, field, isObject, objectField, stringField } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/json.ts';

/** Whom a webhook calls. */
export type BackendReference =
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string; readonly port: number }
  | { readonly kind: 'url'; readonly url: string; readonly host: string; readonly port: number };

/** A webhook of ours, as the cluster has it. */
export interface LiveWebhook {
  readonly name: string;
  readonly object: JsonObject;
  readonly backend: BackendReference;
  readonly path: string;
  /** Decoded; empty where there is none. */
  readonly caBundle: string;
}

/** What the names of the chart's configurations begin with (contract R27), and those of its webhooks end with. */
const configurationPrefix = '00-podgraft';
const webhookSuffix = '.podgraft.dev';

const httpsPort = 443;

/** Whether a webhook configuration is podgraft's: by its name, or by that of a webhook in it. */
export function isOurConfiguration(configuration: JsonObject): boolean {
  const name = nameOf(configuration);
  if (name === configurationPrefix || name.startsWith(`${configurationPrefix}-`)) return true;
  return arrayField(configuration, 'webhooks').some((webhook) => isOurs(webhook));
}

function isOurs(webhook: Json): boolean {
  return stringField(webhook, 'name')?.endsWith(webhookSuffix) === true;
}

/** The name in an object's metadata; empty where there is none. */
export function nameOf(object: JsonObject): string {
  return stringField(objectField(object, 'metadata'), 'name') ?? '';
}

/** The webhooks of ours in a configuration. */
export function webhooksOf(configuration: JsonObject): readonly LiveWebhook[] {
  return arrayField(configuration, 'webhooks').flatMap((webhook) => {
    if (!isObject(webhook) || !isOurs(webhook)) return [];
    const clientConfig = objectField(webhook, 'clientConfig');
    const bundle = stringField(clientConfig, 'caBundle') ?? '';
    return [
      {
        name: stringField(webhook, 'name') ?? '',
        object: webhook,
        ...toBackend(clientConfig),
        caBundle: Buffer.from(bundle, 'base64').toString('utf8'),
      },
    ];
  });
}

function toBackend(clientConfig: JsonObject): Pick<LiveWebhook, 'backend' | 'path'> {
  const service = field(clientConfig, 'service');
  if (isObject(service)) {
    const port = field(service, 'port');
    const backend = {
      kind: 'service',
      namespace: stringField(service, 'namespace') ?? '',
      name: stringField(service, 'name') ?? '',
      port: typeof port === 'number' ? port : httpsPort,
    } as const;
    return { backend, path: stringField(service, 'path') ?? '/' };
  }
  const url = stringField(clientConfig, 'url') ?? '';
  if (!URL.canParse(url)) return { backend: { kind: 'url', url, host: '', port: httpsPort }, path: '' };
  const { origin, hostname, port, pathname } = new URL(url);
  const host = hostname.replaceAll(/[[\]]/gu, '');
  return { backend: { kind: 'url', url: origin, host, port: port === '' ? httpsPort : Number(port) }, path: pathname };
}

/** `Service podgraft-system/podgraft`, or the address: tells backends apart. */
export function describeBackend(backend: BackendReference): string {
  return backend.kind === 'url' ? backend.url : `Service ${backend.namespace}/${backend.name}`;
}

/** The name that the API server expects in the certificate (contract C2). */
export function certificateName(backend: BackendReference): string {
  return backend.kind === 'url' ? backend.host : `${backend.name}.${backend.namespace}.svc`;
}
