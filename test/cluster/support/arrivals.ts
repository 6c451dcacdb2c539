import { objectField, stringField } from '../../../src/core/json.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { dryRun, messageOf } from './api.ts';
import type { ApiAnswer } from './api.ts';
import { startOtherWebhook } from './other-webhook.ts';

/** A namespace's pods as the API server hands them to a webhook: defaulted, in-tree plugins done, not validated. */
export interface Arrivals {
  /** Creates a pod, dry-run, and says how it came; the answer is the server's last word. Throws where it came to no webhook. */
  readonly of: (pod: JsonObject) => Promise<{ readonly pod: JsonObject; readonly answer: ApiAnswer }>;
  readonly close: () => Promise<void>;
}

/** Registers a webhook that only looks. */
export async function watchArrivals(name: string, namespace: string): Promise<Arrivals> {
  const webhook = await startOtherWebhook({ name: `podgraft-test-${name}`, namespaces: [namespace] });
  let count = 0;
  return {
    of: async (pod) => {
      const own = `arrival-${++count}`;
      const answer = await dryRun({ ...pod, metadata: { ...objectField(pod, 'metadata'), name: own, namespace } });
      const index = webhook.pods.findLastIndex((seen) => stringField(objectField(seen, 'metadata'), 'name') === own);
      const [seen] = index === -1 ? [] : webhook.pods.splice(index, 1);
      if (seen === undefined) throw new Error(`the pod came to no webhook: ${answer.status} ${messageOf(answer)}`);
      return { pod: seen, answer };
    },
    close: webhook.close,
  };
}
