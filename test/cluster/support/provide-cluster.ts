import type { TestProject } from 'vitest/node';
import type { SupervisedCluster } from '../../../tools/cluster/supervise.ts';
import { startSupervisedCluster } from '../../../tools/cluster/supervised.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly cluster: SupervisedCluster;
  }
}

/**
 * One cluster for all tests of a project. Where none can be had they are skipped, with a sentence that says what is missing;
 * with CI=true that is a failure. The answer ends it, and waits until nothing of it is left.
 */
export async function provideCluster(project: TestProject, what: 'cluster' | 'node'): Promise<() => Promise<void>> {
  const { cluster, end } = await startSupervisedCluster(process.env, what);
  if (cluster.kind === 'missing') {
    if (process.env['CI'] === 'true') throw new Error(cluster.sentence);
    process.stderr.write(`The tests on a real ${what} are skipped: ${cluster.sentence}\n`);
  }
  project.provide('cluster', cluster);
  return end;
}
