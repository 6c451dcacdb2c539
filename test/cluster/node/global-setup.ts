import type { TestProject } from 'vitest/node';
import { provideCluster } from '../support/provide-cluster.ts';

let end: (() => Promise<void>) | undefined;

/** A whole node for all tests of this folder. */
export async function setup(project: TestProject): Promise<void> {
  end = await provideCluster(project, 'node');
}

export async function teardown(): Promise<void> {
  await end?.();
}
