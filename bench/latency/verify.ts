import { equal } from '../../src/core/json.ts';
import type { ApiClient } from './api-client.ts';
import type { BenchPod } from './measure.ts';
import { graftOf } from './pods.ts';
import { createDryRun, eventually } from './stage.ts';
import { namespaceOf } from './ways.ts';
import type { Way } from './ways.ts';

/**
 * Creates each pod each way and throws where an answer is wrong: all grafts are alike, and `none` has none. The API server
 * learns of webhooks and policies a moment after they were made, so this waits until it knows them.
 */
export async function verifyWays(api: ApiClient, ways: readonly Way[], pods: readonly BenchPod[]): Promise<void> {
  for (const pod of pods) {
    const graftBy = async (way: Way) => graftOf((await createDryRun(api, namespaceOf(way), pod.text)).text);
    const none = await graftBy('none');
    if (none !== undefined) throw new Error(`a ${pod.name} pod that nobody grafts has the sidecar`);
    const grafting = ways.filter((way) => way !== 'none');
    for (const way of grafting) {
      await eventually(`${way} grafts`, async () => (await graftBy(way)) !== undefined);
    }
    const policys = await graftBy('policy');
    for (const way of grafting) {
      if (!equal(await graftBy(way), policys))
        throw new Error(`${way} and the policy graft a ${pod.name} pod differently`);
    }
  }
}
