import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, inject } from 'vitest';
import { objectField, stringField } from '../../../src/core/json.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { runToEnd } from '../../../tools/cluster/child.ts';
import type { Ending } from '../../../tools/cluster/child.ts';
import { api, create, eventually } from './api.ts';

/** A group of tests that need a cluster; where there is none, they are skipped, and the global setup has said why. */
export const describeCluster = inject('cluster').kind === 'missing' ? describe.skip : describe;

const namespaces: string[] = [];
afterAll(async () => {
  for (const name of namespaces.splice(0)) await api('DELETE', `/api/v1/namespaces/${name}`);
});

/** Creates a namespace with a name of its own, in which pods can be created; it goes when the file's tests have ended. */
export async function newNamespace(labels: JsonObject = {}, annotations: JsonObject = {}): Promise<string> {
  const namespace = await create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { generateName: 'podgraft-test-', labels, annotations },
  });
  const name = stringField(objectField(namespace, 'metadata'), 'name') ?? '';
  namespaces.push(name);
  // Without its default account the server refuses every pod.
  await eventually(`${name} has its default account`, async () => {
    const answer = await api('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`);
    return answer.status === 200 ? true : undefined;
  });
  return name;
}

/** A new, empty folder that goes with the cluster, if not before. */
export async function newFolder(): Promise<string> {
  const cluster = inject('cluster');
  if (cluster.kind === 'missing') throw new Error(cluster.sentence);
  return mkdtemp(path.join(cluster.folder, 'test-'));
}

/** Runs kubectl as an administrator. */
export async function kubectl(args: readonly string[], input?: string): Promise<Ending> {
  const cluster = inject('cluster');
  if (cluster.kind === 'missing') throw new Error(cluster.sentence);
  return runToEnd(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], input === undefined ? {} : { input });
}
