import type { TestProject } from 'vitest/node';
import type { SupervisedCluster } from '../../tools/cluster/supervise.ts';
import { startSupervisedCluster } from '../../tools/cluster/supervised.ts';
import type { Supervised } from '../../tools/cluster/supervised.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly cluster: SupervisedCluster;
  }
}

let supervised: Supervised | undefined;

/**
 * One cluster for the whole run. Where none can be had the tests are skipped, with a sentence that says what is
 * missing; with CI=true that is a failure.
 */
export async function setup(project: TestProject): Promise<void> {
  supervised = await startSupervisedCluster();
  const { cluster } = supervised;
  if (cluster.kind === 'missing') {
    if (process.env['CI'] === 'true') throw new Error(cluster.sentence);
    process.stderr.write(`The cluster tests are skipped: ${cluster.sentence}\n`);
  }
  project.provide('cluster', cluster);
}

/** Ends the cluster, and waits until nothing of it is left. */
export async function teardown(): Promise<void> {
  await supervised?.end();
}
