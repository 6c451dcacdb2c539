import type { Cluster } from '../../tools/cluster/cluster.ts';
import type { NodeCluster } from '../../tools/cluster/node/open-node.ts';
import { startSupervisedCluster } from '../../tools/cluster/supervised.ts';
import type { Course } from './course.ts';

/** Brings up a control plane that goes when `run` has ended, or this process; where none can be had, that is what is found. */
export async function onControlPlane(course: Course, run: (cluster: Cluster) => Promise<void>): Promise<void> {
  await onStage('cluster', course, async (cluster) => {
    if (cluster.kind !== 'node') await run(cluster);
  });
}

/** The same with a whole node. */
export async function onNode(course: Course, run: (cluster: NodeCluster) => Promise<void>): Promise<void> {
  await onStage('node', course, async (cluster) => {
    if (cluster.kind === 'node') await run(cluster);
  });
}

async function onStage(
  what: 'cluster' | 'node',
  course: Course,
  run: (cluster: Cluster | NodeCluster) => Promise<void>,
): Promise<void> {
  // A cluster that somebody names is not one to drill in.
  const { PODGRAFT_TEST_KUBECONFIG: _, ...env } = process.env;
  const { cluster, end } = await startSupervisedCluster(env, what);
  try {
    if (cluster.kind === 'missing') course.found(cluster.sentence);
    else await run(cluster);
  } finally {
    await end();
  }
}
