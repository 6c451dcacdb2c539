import { objectField, stringField } from '../core/json.ts';
import type { ApiClient } from './api-client.ts';
import type { ApiFailure } from './api-failure.ts';
import { isOurConfiguration, webhooksOf } from './check/our-webhooks.ts';
import { listAll } from './list-all.ts';
import { configurationsPath } from './webhook-configurations.ts';

/** The settings of the podgraft that a cluster has. */
export type InstalledSettings =
  /** `text` is what `serve --config` reads there; `where` names the object. */
  | { readonly kind: 'found'; readonly where: string; readonly text: string }
  /** One line: why not. `home` is podgraft's own namespace, as far as that can be seen. */
  | { readonly kind: 'unseen'; readonly why: string; readonly home?: string }
  | ApiFailure;

const settingsFile = 'podgraft.yaml';

/**
 * Finds the settings of the podgraft that a cluster's pods meet, as `check` finds podgraft: its webhooks name a Service,
 * and the chart keeps the settings in the ConfigMap of that name. What the caller may not see is `unseen`.
 */
export async function findInstalledSettings(client: ApiClient): Promise<InstalledSettings> {
  const what = 'list MutatingWebhookConfigurations';
  const path = configurationsPath('mutating');
  const listed = await listAll(client, { what, path, query: {}, accept: 'application/json' });
  if (listed.kind === 'failed') return orUnseen(listed);
  const homes = new Map<string, { readonly namespace: string; readonly name: string }>();
  for (const { backend } of listed.items.filter(isOurConfiguration).flatMap(webhooksOf)) {
    if (backend.kind === 'service') homes.set(`${backend.namespace}/${backend.name}`, backend);
  }
  const [id, ...others] = [...homes.keys()].toSorted();
  const home = homes.get(id ?? '');
  if (id === undefined || home === undefined) {
    return { kind: 'unseen', why: 'no webhook of podgraft in the cluster calls a Service' };
  }
  const { namespace } = home;
  if (others.length > 0) {
    return { kind: 'unseen', why: `there are several podgrafts: ${[id, ...others].join(', ')}` };
  }
  const where = `ConfigMap ${id}`;
  const read = await client.get({
    what: `read ${where}`,
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(home.name)}`,
  });
  if (read.kind === 'failed') {
    return read.reason === 'absent'
      ? { kind: 'unseen', why: `there is no ${where}`, home: namespace }
      : orUnseen(read, namespace);
  }
  const text = stringField(objectField(read.value, 'data'), settingsFile);
  return text === undefined
    ? { kind: 'unseen', why: `${where} has no ${settingsFile}`, home: namespace }
    : { kind: 'found', where, text };
}

function orUnseen(failure: ApiFailure, home?: string): InstalledSettings {
  if (failure.reason !== 'forbidden') return failure;
  return { kind: 'unseen', why: failure.says ?? failure.message, ...(home !== undefined && { home }) };
}
