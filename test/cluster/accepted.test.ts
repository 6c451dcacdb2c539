import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { objectField } from '../../src/core/json.ts';
import type { JsonObject, MutableJsonObject } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/parse-template.ts';
import { asking, namespace as namespaceInfo, settings } from '../support/fixtures.ts';
import { decide } from '../support/graft.ts';
import { api, create, dryRun, messageOf } from './support/api.ts';
import type { ApiAnswer } from './support/api.ts';
import { pod, templateDocuments } from './support/arbitrary.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';

/** How long cases are generated, in seconds; PROPERTY_SECONDS says another number. */
const timeLimitMs = Number(process.env['PROPERTY_SECONDS'] ?? '45') * 1000;
let namespace = '';

describeCluster('pods and templates out of pieces that are each fine alone', () => {
  beforeAll(async () => {
    namespace = await newNamespace();
    await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } });
    for (const [name, value] of Object.entries({ 'podgraft-test-high': 1000, 'podgraft-test-low': -1000 })) {
      const priorityClass = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value };
      await api('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', priorityClass);
    }
  });

  test(
    'what podgraft lets through, Kubernetes takes wherever it takes the pod alone; and the next round finds nothing to do',
    async () => {
      const counts = { refusedAlone: 0, invalid: 0, refused: 0, grafted: 0 };
      await fc.assert(
        fc.asyncProperty(pod, templateDocuments, async (given, documents) => {
          counts[await judge(given, documents)] += 1;
        }),
        { numRuns: 1_000_000, interruptAfterTimeLimit: timeLimitMs },
      );
      // The generators are worth something only where most cases come to the point.
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(counts.grafted).toBeGreaterThan(total / 10);
    },
    timeLimitMs + 60_000,
  );
});

async function judge(given: JsonObject, documents: readonly JsonObject[]): Promise<'refusedAlone' | 'invalid' | 'refused' | 'grafted'> {
  const templates = documents.flatMap((document) => {
    const parsed = parseTemplate(document, settings);
    return parsed.kind === 'template' ? [parsed.template] : [];
  });
  if (templates.length === 0) return 'invalid';
  const asked = asking(given, ...templates.map(({ name }) => name));
  const byHand: JsonObject = { ...asked, metadata: { ...objectField(asked, 'metadata'), namespace } };
  const alone = await dryRun(byHand);
  if (alone.status >= 300) return 'refusedAlone';

  const around = { namespace: namespaceInfo(namespace) };
  const arrived = decide(toPod(alone), templates, around);
  const written = decide(byHand, templates, around);
  expect(written.codes.toSorted(), 'by hand and as it arrives').toEqual(arrived.codes.toSorted());
  if (arrived.kind !== 'graft') return 'refused';

  const after = await dryRun(arrived.pod);
  expect(messageOf(after)).toBe('');
  const again = decide(toPod(after), templates, around);
  expect({ kind: again.kind, patch: again.patch, problems: again.problems }).toEqual({
    kind: 'graft',
    patch: [],
    problems: [],
  });
  return 'grafted';
}

/** The pod of an answer, as a webhook gets it: what only the server writes is not there yet. */
function toPod({ body }: ApiAnswer): JsonObject {
  const { status: _status, ...rest } = body;
  const metadata: MutableJsonObject = { ...objectField(rest, 'metadata') };
  for (const key of ['uid', 'creationTimestamp', 'resourceVersion', 'generation', 'managedFields']) delete metadata[key];
  return { ...rest, metadata };
}
