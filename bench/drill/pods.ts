import { arrayField, objectField, stringField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { apiVersion, keys } from '../../src/core/keys.ts';
import { create, eventually, messageOf } from './api.ts';
import type { Api, Said } from './api.ts';

const namespace = 'podgraft-drill';

/** A pod as a user creates it, and the containers that it must come back with. */
export interface DrillPod {
  readonly pod: JsonObject;
  readonly containers: readonly string[];
}

/**
 * One for each webhook: one names a template, which is refused when podgraft isn't there; the other is matched by one, and
 * is let through without: that it was grafted must be seen.
 */
export const drillPods: readonly DrillPod[] = [
  { pod: podOf({ labels: { [keys.template]: 'named' } }), containers: ['main', 'named', 'matched'] },
  { pod: podOf({}), containers: ['main', 'matched'] },
];

export const podsPath = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;

function podOf(metadata: JsonObject): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'drill', ...metadata },
    spec: { containers: [{ name: 'main', image: 'example.test/main:1' }] },
  };
}

/** Makes the namespace and, in the root namespace, the templates that the pods get. The CRD must be there, or come. */
export async function preparePods(api: Api, rootNamespace: string): Promise<void> {
  const labels = { [keys.injection]: 'enabled' };
  await create(api, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels },
  });
  const templates = `/apis/${apiVersion}/namespaces/${rootNamespace}/injectiontemplates`;
  await create(api, templates, templateOf('named', {}));
  await create(api, templates, templateOf('matched', { match: {} }));
  // Without its default account the server refuses every pod.
  await eventually('the namespace has its default account', async () => {
    const said = await api.call('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`);
    return said.status === 200 ? said : messageOf(said);
  });
}

function templateOf(name: string, settings: JsonObject): JsonObject {
  const template = { spec: { containers: [{ name, image: `example.test/${name}:1` }] } };
  return { apiVersion, kind: 'InjectionTemplate', metadata: { name }, spec: { ...settings, template } };
}

/** Why an answer isn't the grafted pod; undefined where it is. */
export function faultOf(said: Said, { containers }: DrillPod): string | undefined {
  if (said.status !== 201) return messageOf(said);
  const names = arrayField(objectField(said.body, 'spec'), 'containers').map((each) => stringField(each, 'name') ?? '');
  if (names.join() === containers.join()) return undefined;
  return `the pod came back with the containers ${names.join(', ')} in place of ${containers.join(', ')}`;
}

/** Waits until both pods are grafted. */
export async function untilGrafted(api: Api): Promise<void> {
  for (const each of drillPods) {
    await eventually('pods are grafted', async () => {
      const said = await api.call('POST', podsPath, each.pod);
      return faultOf(said, each) ?? said;
    });
  }
}
