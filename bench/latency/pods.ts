import { arrayField, field, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { Body } from '../bodies.ts';
import { podTemplate } from '../templates.ts';

/** The account of the pods: it must be there before they are. */
export const serviceAccountName = 'checkout';

/** What the API server and its plugins put there: a client sends none of it. */
const serversOwn = {
  metadata: ['managedFields', 'namespace'],
  spec: ['priority', 'preemptionPolicy', 'serviceAccount', 'tolerations'],
};

/**
 * The pod of a body as a controller sends it to the API server, which then sends the body to its webhooks: without
 * managedFields, token mount, tolerations and priority. JSON text.
 */
export function podToCreate(body: Body): string {
  const pod = objectField(objectField(JSON.parse(body.text) as Json, 'request'), 'object');
  const spec = objectField(pod, 'spec');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: without(objectField(pod, 'metadata'), serversOwn.metadata),
    spec: {
      ...without(spec, serversOwn.spec),
      volumes: withoutToken(arrayField(spec, 'volumes')),
      containers: arrayField(spec, 'containers')
        .filter(isObject)
        .map((container) => ({
          ...container,
          volumeMounts: withoutToken(arrayField(container, 'volumeMounts')),
        })),
    },
  });
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** Volumes, or mounts, but those of the account's token. */
function withoutToken(list: readonly Json[]): readonly Json[] {
  return list.filter((element) => stringField(element, 'name')?.startsWith('kube-api-access-') !== true);
}

const [sidecar] = podTemplate.spec.containers;
const [volume] = podTemplate.spec.volumes;

/**
 * What the bench's template brought into a pod that the API server answered with: sidecar, volume, label and annotation,
 * without the token that the API server mounts. Undefined where the pod has no such sidecar.
 * @param answer JSON text
 */
export function graftOf(answer: string): JsonObject | undefined {
  const pod = JSON.parse(answer) as Json;
  const metadata = objectField(pod, 'metadata');
  const spec = objectField(pod, 'spec');
  const named = (list: string, name: string | undefined): readonly JsonObject[] =>
    arrayField(spec, list)
      .filter(isObject)
      .filter((element) => stringField(element, 'name') === name);
  const containers = named('containers', sidecar?.name);
  if (containers.length === 0) return undefined;
  const values = (map: string, keys: object): JsonObject =>
    Object.fromEntries(Object.keys(keys).map((key) => [key, field(objectField(metadata, map), key) ?? null]));
  return {
    containers: containers.map((container) => ({
      ...container,
      volumeMounts: withoutToken(arrayField(container, 'volumeMounts')),
    })),
    volumes: named('volumes', volume?.name),
    labels: values('labels', podTemplate.metadata.labels),
    annotations: values('annotations', podTemplate.metadata.annotations),
  };
}
