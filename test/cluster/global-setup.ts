import type { TestProject } from 'vitest/node';
import { provideCluster } from './support/provide-cluster.ts';

let end: (() => Promise<void>) | undefined;

/** One API server for all tests of this folder. */
export async function setup(project: TestProject): Promise<void> {
  end = await provideCluster(project, 'cluster');
}

export async function teardown(): Promise<void> {
  await end?.();
}
