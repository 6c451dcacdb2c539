import { waitFor } from '../../src/cluster/wait.ts';
import type { Api } from './api.ts';
import type { Course } from './course.ts';
import { drillPods, faultOf, podsPath } from './pods.ts';

/** As many as issue and contract ask for. */
const perSecond = 20;

/**
 * Creates pods, dry-run, at an even pace whatever becomes of those before, as users do; each must come back grafted.
 * Resolves when the signal has come and all are answered.
 */
export async function createPods(api: Api, course: Course, over: AbortSignal): Promise<void> {
  const pending = new Set<Promise<void>>();
  const startMs = performance.now();
  for (let index = 0; !over.aborted; index += 1) {
    const dueMs = startMs + (index * 1000) / perSecond;
    await waitFor(dueMs - performance.now(), over);
    const drillPod = drillPods[index % drillPods.length];
    if (over.aborted || drillPod === undefined) break;
    const one = api.call('POST', podsPath, drillPod.pod).then((said) => {
      pending.delete(one);
      const fault = faultOf(said, drillPod);
      // Since it was due: a client that came late because all was slow has waited too.
      if (fault === undefined) course.answered(performance.now() - dueMs);
      else course.failed(fault);
    });
    pending.add(one);
  }
  await Promise.all(pending);
}
