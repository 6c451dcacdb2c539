import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { arrayField, field, isObject, objectField, stringField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { runToEnd } from '../../tools/cluster/child.ts';
import { loadImage } from '../../tools/cluster/node/load-image.ts';
import type { NodeCluster } from '../../tools/cluster/node/open-node.ts';
import { helmPath, helmVersions } from '../../tools/helm/binaries.ts';
import { buildTestImage } from '../../tools/image/test-image.ts';
import type { Api } from './api.ts';

/** A release of the chart on a whole node: three replicas behind the Service. */
export interface Release {
  readonly namespace: string;
  /** The Deployment's name. */
  readonly name: string;
  /** Runs Helm on it: `upgrade --set …`; throws what Helm says where it doesn't end well. */
  readonly upgrade: (set: string) => Promise<void>;
  /** Runs kubectl in its namespace; throws likewise. */
  readonly kubectl: (...args: readonly string[]) => Promise<void>;
  readonly replicas: () => Promise<readonly Replica[]>;
}

/** A pod of the release. */
export interface Replica {
  readonly name: string;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
  /** The container's, as the runtime knows it; empty where there is none yet. */
  readonly containerId: string;
  /** Milliseconds since the epoch; 0 where it doesn't run. */
  readonly startedAtMs: number;
  /** How its container ended last, where it was started again. */
  readonly lastExitCode?: number;
}

export const replicaCount = 3;
const namespace = 'podgraft-system';
const name = 'podgraft';
const chart = fileURLToPath(new URL('../../charts/podgraft', import.meta.url));
const [, helmVersion] = helmVersions;
/**
 * What else runs on the machine is no pod, and each thread of it weighs as much as a request of a whole core: beside that the
 * chart's own request would leave podgraft next to nothing. In a rollout seven replicas find room on two cores.
 */
const cpuRequest = '250m';
const waiting = ['--wait', '--timeout', '3m'];

/** Builds the image, gives it to the node, and installs the chart, with one replica more. */
export async function installRelease(cluster: NodeCluster, api: Api): Promise<Release> {
  await giveImage(cluster);
  const helm = async (...args: readonly string[]): Promise<void> => {
    const all = [...args, '--namespace', namespace, ...waiting];
    await run(helmPath(helmVersion), all, { KUBECONFIG: cluster.kubeconfig });
  };
  const image = 'image.repository=docker.io/library/podgraft,image.tag=test';
  const values = `${image},replicas=${replicaCount},resources.requests.cpu=${cpuRequest}`;
  await helm('install', name, chart, '--create-namespace', '--set', values);
  const labels = encodeURIComponent(`app.kubernetes.io/instance=${name},app.kubernetes.io/component=webhook`);
  const pods = `/api/v1/namespaces/${namespace}/pods?labelSelector=${labels}`;
  return {
    namespace,
    name,
    upgrade: async (set) => helm('upgrade', name, chart, '--reuse-values', '--set', set),
    kubectl: async (...args) =>
      run(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, '--namespace', namespace, ...args]),
    replicas: async () =>
      arrayField((await api.call('GET', pods)).body, 'items')
        .filter(isObject)
        .map(toReplica),
  };
}

async function giveImage({ folder, pid }: NodeCluster): Promise<void> {
  const built = await buildTestImage();
  if (built.kind === 'missing') throw new Error(built.sentence);
  const archive = path.join(folder, 'podgraft.tar');
  try {
    await built.image.save(archive);
    await loadImage(pid, archive);
  } finally {
    await built.image.remove();
    await rm(archive, { force: true });
  }
}

async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { exit, output } = await runToEnd(program, args, { env: { ...process.env, ...env } });
  if (exit === 0) return;
  const what = `${path.basename(program)} ${args[0] ?? ''}`;
  throw new Error(exit === 'absent' ? `there is no ${program}; npm run helm builds Helm` : `${what}: ${output.trim()}`);
}

function toReplica(pod: JsonObject): Replica {
  const metadata = objectField(pod, 'metadata');
  const status = objectField(pod, 'status');
  const [container] = arrayField(status, 'containerStatuses');
  const ended = field(field(field(container, 'lastState'), 'terminated'), 'exitCode');
  return {
    name: stringField(metadata, 'name') ?? '',
    isReady: field(container, 'ready') === true,
    isTerminating: stringField(metadata, 'deletionTimestamp') !== undefined,
    containerId: (stringField(container, 'containerID') ?? '').replace('containerd://', ''),
    startedAtMs: Date.parse(stringField(field(field(container, 'state'), 'running'), 'startedAt') ?? '') || 0,
    ...(typeof ended === 'number' && { lastExitCode: ended }),
  };
}
