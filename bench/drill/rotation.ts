import { waitFor } from '../../src/cluster/wait.ts';
import { openApi } from './api.ts';
import { configurationPaths, rootNamespace, startReplicas } from './beside.ts';
import type { Replicas } from './beside.ts';
import type { Course, Drill } from './course.ts';
import { createPods } from './creates.ts';
import { shakeHands } from './handshakes.ts';
import { preparePods, untilGrafted } from './pods.ts';
import { tell } from './report.ts';
import { onControlPlane } from './stage.ts';

/** Contract §2.8. */
const times = { leafLifeMs: 60_000, caLifeMs: 180_000 };
const replicaCount = 3;

/** Certificates rotate while pods are created: every minute a leaf's, every three minutes the CA's (contract §2.4). */
export const rotation: Drill = {
  name: 'rotation',
  letter: 'a',
  title: 'a certificate lives 60 s, a CA 180 s, of 3 replicas beside a control plane',
  run: async (course, seconds, signal) =>
    onControlPlane(course, async (cluster) => {
      const api = openApi(cluster.url);
      const replicas = await startReplicas(cluster, api, replicaCount, times);
      try {
        await preparePods(api, rootNamespace);
        await untilGrafted(api);
        course.begin();
        const over = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
        await Promise.all([
          createPods(api, course, over),
          shakeHands(api, configurationPaths, replicas.ports, course, over),
          watchRotations(replicas, course, over),
        ]);
        course.end();
        if (!replicas.isRunning()) course.found('a replica has ended by itself');
        if (course.summary().reasons.length > 0) {
          for (const line of (await replicas.warnings()).slice(-20)) tell(line);
        }
      } finally {
        await replicas.stop();
      }
    }),
};

async function watchRotations(replicas: Replicas, course: Course, over: AbortSignal): Promise<void> {
  const count = async (phase: string): Promise<number> =>
    replicas.count(`podgraft_cert_rotations_total{phase="${phase}"}`);
  const look = async (): Promise<void> => {
    course.set('leaves issued', await count('leaf'));
    course.set('CAs promoted', await count('promoted'));
    course.set('CAs retired', await count('retired'));
  };
  while (!over.aborted) {
    await look();
    await waitFor(1000, over);
  }
  await look();
}
