import { waitFor } from '../../src/cluster/wait.ts';
import type { NodeCluster } from '../../tools/cluster/node/open-node.ts';
import { openApi } from './api.ts';
import type { Course } from './course.ts';
import { createPods } from './creates.ts';
import { preparePods, untilGrafted } from './pods.ts';
import { installRelease, replicaCount } from './release.ts';
import type { Release } from './release.ts';
import { tell } from './report.ts';
import { onNode } from './stage.ts';

/** Longer than a replica may take to go (the chart's terminationGracePeriodSeconds). */
const settleMs = 90_000;

/**
 * Installs the chart on a whole node and creates pods there for as long as `disturb` runs, and then until the release is as
 * it was: whoever has been told to go is gone, and the replicas are ready.
 */
export async function disturbRelease(
  course: Course,
  signal: AbortSignal,
  disturb: (release: Release, cluster: NodeCluster, api: ReturnType<typeof openApi>) => Promise<void>,
): Promise<void> {
  await onNode(course, async (cluster) => {
    const api = openApi(cluster.url);
    const release = await installRelease(cluster, api);
    await preparePods(api, release.namespace);
    await untilGrafted(api);
    if (signal.aborted) return;
    course.begin();
    const over = new AbortController();
    const creates = createPods(api, course, AbortSignal.any([signal, over.signal]));
    try {
      await disturb(release, cluster, api);
      await settle(release, course, signal);
    } finally {
      over.abort();
      await creates;
      course.end();
    }
  });
}

async function settle(release: Release, course: Course, signal: AbortSignal): Promise<void> {
  const giveUpAtMs = performance.now() + settleMs;
  while (!signal.aborted) {
    const replicas = await release.replicas();
    if (replicas.length === replicaCount && replicas.every(({ isReady }) => isReady)) return;
    if (performance.now() > giveUpAtMs) {
      course.found(`after ${settleMs / 1000} s the replicas are not what they were`);
      tell(JSON.stringify(replicas));
      return;
    }
    await waitFor(500, signal);
  }
}
