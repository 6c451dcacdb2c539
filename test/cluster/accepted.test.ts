import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { objectField } from '../../src/core/json.ts';
import type { JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import type { Template } from '../../src/core/template.ts';
import { pod as podOfPools, templates as templatesOfPools } from '../support/arbitrary.ts';
import { namespace as namespaceInfo } from '../support/fixtures.ts';
import { decide } from '../support/graft.ts';
import { api, create, dryRun, messageOf } from './support/api.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';

const timeLimitMs = Number(process.env['PROPERTY_SECONDS'] ?? '30') * 1000;
let namespace = '';

describeCluster('what podgraft lets through, Kubernetes takes', () => {
  beforeAll(async () => {
    namespace = await newNamespace();
    const metadata = { name: 'robot', namespace };
    await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    for (const [name, value] of Object.entries({ high: 1000, low: -1000 })) {
      await api('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', {
        apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value,
      });
    }
  });

  test('pods and templates of the properties', async () => {
    await holds(podOfPools, templatesOfPools);
  }, timeLimitMs + 60_000);
});

async function holds(pods: fc.Arbitrary<JsonObject>, registered: fc.Arbitrary<readonly Template[]>): Promise<void> {
  const counts = { refusedByServer: 0, refused: 0, skipped: 0, grafted: 0 };
  const reasons = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(pods, registered, async (given, templates) => {
      const mine = inNamespace(given);
      const arrived = await dryRun(mine);
      if (arrived.status >= 300) {
        counts.refusedByServer++;
        const m = messageOf(arrived).replace(/^Pod "web" is invalid: /, '').replace(/\d+/g, 'N').slice(0, 150);
        reasons.set(m, (reasons.get(m) ?? 0) + 1);
        return;
      }
      const around = { namespace: namespaceInfo(namespace, { 'podgraft.dev/injection': 'enabled' }) };
      const result = decide(asSent(arrived.body), templates, around);
      const byHand = decide(mine, templates, around);
      expect({ kind: byHand.kind, templates: byHand.templates, leftOut: byHand.leftOut }).toEqual({ kind: result.kind, templates: result.templates, leftOut: result.leftOut });
      if (result.kind !== 'graft') { counts[result.kind === 'skip' ? 'skipped' : 'refused']++; return; }
      counts.grafted++;
      const after = await dryRun(result.pod);
      expect(messageOf(after)).toBe('');
      const again = decide(asSent(after.body), templates, around);
      expect({ kind: again.kind, patch: again.patch, problems: again.problems }).toEqual({ kind: 'graft', patch: [], problems: [] });
    }),
    { numRuns: 1_000_000, interruptAfterTimeLimit: timeLimitMs },
  ).finally(() => console.log(counts, [...reasons].toSorted((a,b)=>b[1]-a[1]).slice(0,10)));
}

/** The pod in the test's namespace, its owner one that could be there. */
function inNamespace(given: JsonObject): JsonObject {
  return { ...given, metadata: { ...objectField(given, 'metadata'), namespace } };
}

/** What the server answered, as it would be sent again. */
function asSent(answered: JsonObject): JsonObject {
  const { status, ...pod } = answered;
  const metadata: MutableJsonObject = { ...objectField(pod, 'metadata') };
  for (const key of ['uid', 'creationTimestamp', 'resourceVersion', 'generation', 'managedFields']) delete metadata[key];
  return { ...pod, metadata };
}
