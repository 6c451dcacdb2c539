import { stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { webhookConfiguration } from '../../tools/cluster/webhook-configuration.ts';
import type { Body } from '../bodies.ts';
import { startGo, startPodgraft } from '../fleet.ts';
import type { Workspace } from '../fleet.ts';
import type { GoServer } from '../go-server.ts';
import type { ServerProcess } from '../server-process.ts';
import type { ApiClient } from './api-client.ts';
import { serviceAccountName } from './pods.ts';
import { policyObjects } from './policy.ts';
import { startRecorder } from './recorder.ts';
import { namespaceOf, ways } from './ways.ts';

/** All the ways stand in one API server at once. */
export interface Stage {
  readonly servers: readonly ServerProcess[];
}

const recorded = 'latency-recorded';

/** Makes a namespace for each way, and registers who grafts there. */
export async function setStage(api: ApiClient, workspace: Workspace, go: GoServer, first: Body): Promise<Stage> {
  for (const namespace of [recorded, ...ways.map(namespaceOf)]) {
    await create(api, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: serviceAccountName } };
    await create(api, `/api/v1/namespaces/${namespace}/serviceaccounts`, account);
  }
  for (const object of policyObjects(namespaceOf('policy'))) {
    const plural = `${stringField(object, 'kind')?.toLowerCase().replace(/y$/u, 'ie')}s`;
    await create(api, `${admission}/${plural}`, object);
  }
  const servers: ServerProcess[] = [];
  if (go.kind === 'built') {
    const server = await startGo(go.file, workspace, undefined, first);
    servers.push(server);
    await create(api, configurations, plainWebhook('go', namespaceOf('go'), server.port, workspace));
  }
  const podgraft = await startPodgraft('podgraft', workspace, undefined);
  servers.push(podgraft);
  const configuration = webhookConfiguration({
    name: 'podgraft-bench-podgraft',
    url: `https://127.0.0.1:${podgraft.port}`,
    ca: workspace.ca,
    excludedNamespaces: ['kube-system', 'kube-public', 'kube-node-lease', 'podgraft-system'],
    onlyNamespaces: [namespaceOf('podgraft')],
  });
  await create(api, configurations, configuration);
  return { servers };
}

const admission = '/apis/admissionregistration.k8s.io/v1';
const configurations = `${admission}/mutatingwebhookconfigurations`;

/** A webhook as most are registered: called once, as it could not tell what it has added already. */
function plainWebhook(name: string, namespace: string, port: number, { ca }: Workspace): JsonObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: `podgraft-bench-${name}` },
    webhooks: [
      {
        name: `${name}.podgraft-bench.dev`,
        clientConfig: {
          url: `https://127.0.0.1:${port}/mutate/pods`,
          caBundle: Buffer.from(ca).toString('base64'),
        },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        timeoutSeconds: 3,
        failurePolicy: 'Fail',
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      },
    ],
  };
}

/** How large the reviews are that the API server makes of pods, in bytes: asked from a webhook that is there for this alone. */
export async function measureReviews(
  api: ApiClient,
  workspace: Workspace,
  pods: readonly string[],
): Promise<readonly number[]> {
  const recorder = await startRecorder(workspace);
  await create(api, configurations, plainWebhook('recorder', recorded, recorder.port, workspace));
  const sizes: number[] = [];
  for (const pod of pods) {
    const before = recorder.sizes.length;
    await eventually('the API server calls the recorder', async () => {
      await createDryRun(api, recorded, pod);
      return recorder.sizes.length > before;
    });
    sizes.push(recorder.sizes.at(-1) ?? 0);
  }
  await api.send('DELETE', `${configurations}/podgraft-bench-recorder`);
  recorder.close();
  return sizes;
}

/** Creates a pod without keeping it; what the server has against it is thrown. */
export async function createDryRun(
  api: ApiClient,
  namespace: string,
  pod: string,
): Promise<{ text: string; ms: number }> {
  const { status, text, ms } = await api.send('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
  if (status !== 201) throw new Error(`a pod in ${namespace}: HTTP ${status}: ${messageOf(text)}`);
  return { text, ms };
}

async function create(api: ApiClient, path: string, object: JsonObject): Promise<void> {
  const { status, text } = await api.send('POST', path, JSON.stringify(object));
  if (status !== 201) throw new Error(`${path}: HTTP ${status}: ${messageOf(text)}`);
}

function messageOf(text: string): string {
  return stringField(JSON.parse(text) as Json, 'message') ?? text;
}

/** Asks again and again until it holds; throws after a minute. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const giveUpAtMs = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs) throw new Error(`after a minute it doesn't hold yet: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}
