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

/** A template is used by every replica within 2 s (contract R17); which replica is asked, is left to chance. */
const settledMs = 2500;

/** Waits until both pods have been grafted whenever they came, for so long that it is not one replica's doing. */
export async function untilGrafted(api: Api): Promise<void> {
  let sinceMs = performance.now();
  await eventually('pods are grafted by every replica', async () => {
    const faults: string[] = [];
    for (const each of drillPods) {
      const fault = faultOf(await api.call('POST', podsPath, each.pod), each);
      if (fault !== undefined) faults.push(fault);
    }
    if (faults.length > 0) sinceMs = performance.now();
    return faults[0] ?? (performance.now() - sinceMs < settledMs ? 'they are, for a moment' : faults);
  });
}
