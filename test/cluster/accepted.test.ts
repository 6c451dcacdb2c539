import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { objectField, stringField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { parseTemplate } from '../../src/core/register/parse-template.ts';
import { asking, namespace as namespaceInfo, settings } from '../support/fixtures.ts';
import { decide } from '../support/graft.ts';
import { api, create, dryRun, messageOf, remove } from './support/api.ts';
import { pod, templateDocuments } from './support/arbitrary.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { startOtherWebhook } from './support/other-webhook.ts';
import type { OtherWebhook } from './support/other-webhook.ts';

/** How long cases are generated, in seconds; PROPERTY_SECONDS says another number. */
const timeLimitMs = Number(process.env['PROPERTY_SECONDS'] ?? '45') * 1000;
const classes = { 'podgraft-test-high': 1000, 'podgraft-test-low': -1000 };
let namespace = '';
let arrivals: OtherWebhook;
let judged = 0;

describeCluster('pods and templates out of pieces that are each fine alone', () => {
  beforeAll(async () => {
    namespace = await newNamespace();
    await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } });
    arrivals = await startOtherWebhook({ name: 'podgraft-test-arrivals', namespaces: [namespace] });
    for (const [name, value] of Object.entries(classes)) {
      const priorityClass = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value };
      await api('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', priorityClass);
    }
  });
  afterAll(async () => {
    await arrivals.close();
    for (const name of Object.keys(classes)) await remove(`/apis/scheduling.k8s.io/v1/priorityclasses/${name}`);
  });

  test(
    'what podgraft lets through, Kubernetes takes wherever it takes the pod alone; and the next round finds nothing to do',
    async () => {
      const counts = { refusedAlone: 0, invalid: 0, refused: 0, grafted: 0 };
      await fc.assert(
        fc.asyncProperty(pod, templateDocuments, async (given, documents) => {
          counts[await judge(given, documents)] += 1;
        }),
        { numRuns: 1_000_000, interruptAfterTimeLimit: timeLimitMs, examples: [foundBefore] },
      );
      // The generators are worth something only where most cases come to the point.
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(counts.grafted).toBeGreaterThan(total / 10);
    },
    timeLimitMs + 60_000,
  );
});

/** A limit of huge pages that the server gives to the pod as well: the cluster refuses what `inject` lets through. */
const foundBefore: [JsonObject, JsonObject[]] = [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: {
      resources: { limits: { cpu: '1' } },
      containers: [{ name: 'web', image: 'app', resources: { limits: { 'hugepages-2Mi': '2Mi', memory: '1Gi' } } }],
      initContainers: [{ name: 'setup', image: 'app' }],
    },
  },
  [
    {
      apiVersion: 'podgraft.dev/v1alpha1',
      kind: 'InjectionTemplate',
      metadata: { name: 'more' },
      spec: {
        template: {
          spec: {
            initContainers: [
              { name: 'default-init', resources: { limits: { 'hugepages-2Mi': '4Mi', memory: '1Gi' } } },
            ],
          },
        },
      },
    },
  ],
];

async function judge(
  given: JsonObject,
  documents: readonly JsonObject[],
): Promise<'refusedAlone' | 'invalid' | 'refused' | 'grafted'> {
  const templates = documents.flatMap((document) => {
    const parsed = parseTemplate(document, settings);
    return parsed.kind === 'template' ? [parsed.template] : [];
  });
  if (templates.length === 0) return 'invalid';
  const asked = asking(given, ...templates.map(({ name }) => name));
  const name = `pod-${++judged}`;
  const byHand: JsonObject = { ...asked, metadata: { ...objectField(asked, 'metadata'), name, namespace } };
  const alone = await dryRun(byHand);
  if (alone.status >= 300) return 'refusedAlone';

  const around = { namespace: namespaceInfo(namespace) };
  const asItCame = arrivedAs(name);
  const arrived = decide(asItCame, templates, around);
  const written = decide(byHand, templates, around);
  // What the server derives (a hostPort, say) can make one problem more or less of a kind.
  const gained = gainsLimit(byHand, asItCame) ? ['PG020'] : [];
  expect({ byHand: distinct(written.codes, gained) }).toEqual({ byHand: distinct(arrived.codes, gained) });
  if (arrived.kind !== 'graft') return 'refused';

  const after = await dryRun(arrived.pod);
  if (after.status >= 300) throw new Error(messageOf(after));
  const again = decide(arrivedAs(name), templates, around);
  expect({ kind: again.kind, patch: again.patch, problems: again.problems }).toEqual({
    kind: 'graft',
    patch: [],
    problems: [],
  });
  return 'grafted';
}

/** Whether the server has given the pod a limit of huge pages, which nothing tells from the author's (docs/problems/PG020.md). */
function gainsLimit(written: JsonObject, arrived: JsonObject): boolean {
  const limits = (of: JsonObject): readonly string[] =>
    Object.keys(objectField(objectField(objectField(of, 'spec'), 'resources'), 'limits'));
  return limits(arrived).some((name) => name.startsWith('hugepages-') && !limits(written).includes(name));
}

function distinct(codes: readonly string[], without: readonly string[]): readonly string[] {
  return [...new Set(codes)].filter((code) => !without.includes(code)).toSorted();
}

/** The pod as the server handed it to a webhook, defaulted and not yet judged. */
function arrivedAs(name: string): JsonObject {
  const found = arrivals.pods.findLast((seen) => stringField(objectField(seen, 'metadata'), 'name') === name);
  arrivals.pods.length = 0;
  if (found === undefined) throw new Error(`${name} came to no webhook`);
  return found;
}
