import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayField, objectField } from '../../src/core/json.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { template, yamlObject } from '../support/fixtures.ts';
import { names } from '../support/graft.ts';
import { api, dryRun, messageOf } from './support/api.ts';
import { describeCluster, newNamespace } from './support/cluster.ts';
import { startPodgraft } from './support/podgraft.ts';
import type { Podgraft } from './support/podgraft.ts';

// Specification §11: two disjoint webhooks, told apart by matchConditions, which the API server itself evaluates.

let covered = '';
let uncovered = '';
let podgraft: Podgraft;

const byName = template('named', yamlObject('spec: {containers: [{name: named, image: "s:1"}]}'));
const byMatch = template('matched', yamlObject('spec: {containers: [{name: matched, image: "s:1"}]}'), { match: {} });

function podWith(metadata: JsonObject, namespace: string, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', ...metadata, namespace },
    spec: { containers: [{ name: 'main', image: 'app:1' }], ...spec },
  };
}

interface Case {
  readonly what: string;
  readonly metadata: JsonObject;
  readonly spec?: JsonObject;
  /** Who is asked where default and matched templates apply, and where they don't. */
  readonly covered: 'named' | 'matched' | 'nobody';
  readonly uncovered: 'named' | 'nobody';
}

const asks = { 'podgraft.dev/template': 'named' };
const cases: readonly Case[] = [
  { what: 'neither labels nor annotations', metadata: {}, covered: 'matched', uncovered: 'nobody' },
  { what: 'empty maps', metadata: { labels: {}, annotations: {} }, covered: 'matched', uncovered: 'nobody' },
  {
    what: 'null for both maps',
    metadata: { labels: null, annotations: null },
    covered: 'matched',
    uncovered: 'nobody',
  },
  { what: 'labels only, none of ours', metadata: { labels: { a: 'b' } }, covered: 'matched', uncovered: 'nobody' },
  {
    what: 'annotations only, none of ours',
    metadata: { annotations: { a: 'b' } },
    covered: 'matched',
    uncovered: 'nobody',
  },
  { what: 'the value null elsewhere', metadata: { annotations: { a: null } }, covered: 'matched', uncovered: 'nobody' },
  { what: 'our label', metadata: { labels: asks }, covered: 'named', uncovered: 'named' },
  {
    what: 'our label, annotations null',
    metadata: { labels: asks, annotations: null },
    covered: 'named',
    uncovered: 'named',
  },
  {
    what: 'our label, empty',
    metadata: { labels: { 'podgraft.dev/template': '' } },
    covered: 'named',
    uncovered: 'named',
  },
  {
    what: 'our label, null',
    metadata: { labels: { 'podgraft.dev/template': null } },
    covered: 'named',
    uncovered: 'named',
  },
  {
    what: 'our annotation',
    metadata: { annotations: { 'podgraft.dev/templates': 'named' } },
    covered: 'named',
    uncovered: 'named',
  },
  {
    what: 'our annotation, labels null',
    metadata: { labels: null, annotations: { 'podgraft.dev/templates': '' } },
    covered: 'named',
    uncovered: 'named',
  },
  {
    what: 'label and annotation',
    metadata: { labels: asks, annotations: { 'podgraft.dev/templates': 'named' } },
    covered: 'named',
    uncovered: 'named',
  },
  {
    what: 'another key of ours',
    metadata: { labels: { 'podgraft.dev/inject': 'false' } },
    covered: 'matched',
    uncovered: 'nobody',
  },
  {
    what: 'a forged mark',
    metadata: { annotations: { 'podgraft.dev/injected': '{}' } },
    covered: 'matched',
    uncovered: 'nobody',
  },
  {
    what: 'generateName',
    metadata: { name: null, generateName: 'web-', labels: asks },
    covered: 'named',
    uncovered: 'named',
  },
  {
    what: 'a mirror pod that asks',
    metadata: { labels: asks, annotations: { 'kubernetes.io/config.mirror': 'x' } },
    spec: { nodeName: 'n1' },
    covered: 'nobody',
    uncovered: 'nobody',
  },
];

describeCluster('the webhooks', () => {
  beforeAll(async () => {
    covered = await newNamespace({ 'podgraft.dev/injection': 'enabled' });
    uncovered = await newNamespace();
    podgraft = await startPodgraft('webhooks', [covered, uncovered]);
    podgraft.use(byName, byMatch);
  });
  afterAll(async () => podgraft.close());

  describe('a pod with', () => {
    test.each(cases)('$what', async ({ metadata, spec, ...expected }) => {
      const places = { covered, uncovered };
      let before = await calls();
      for (const place of ['covered', 'uncovered'] as const) {
        const answer = await dryRun(podWith(metadata, places[place], spec));
        // Whatever becomes of it, no expression has ended in an error.
        expect(messageOf(answer)).not.toContain('match condition');
        const after = await calls();
        const asked = (['named', 'matched'] as const).filter((name) => after[name] > before[name]);
        expect({ [place]: asked }).toEqual({ [place]: expected[place] === 'nobody' ? [] : [expected[place]] });
        expect(after.errors).toBe(before.errors);
        before = after;
      }
    });
  });

  test("pods that ask for nothing in a namespace that isn't covered cost nothing: the server's own metrics", async () => {
    const before = await calls();
    for (let count = 0; count < 50; count++) {
      expect((await dryRun(podWith({}, uncovered))).status).toBe(201);
    }
    expect(await calls()).toEqual(before);
  });

  test('a pod that names one template and matches another gets both, from one webhook', async () => {
    const { body } = await dryRun(podWith({ labels: asks }, covered));
    expect(names(body, 'containers')).toEqual(['main', 'named', 'matched']);
    expect(arrayField(objectField(body, 'spec'), 'containers')).toHaveLength(3);
  });

  // The last one: afterwards nobody answers any more.
  describe('with podgraft away', () => {
    beforeAll(async () => podgraft.stop());

    test('ordinary and matched pods start', async () => {
      for (const namespace of [covered, uncovered]) {
        const answer = await dryRun(podWith({}, namespace));
        expect({ message: messageOf(answer), containers: names(answer.body, 'containers') }).toEqual({
          message: '',
          containers: ['main'],
        });
      }
    });

    test.each(['covered', 'uncovered'])('a pod that names a template is refused, and told why: %s', async (place) => {
      const answer = await dryRun(podWith({ labels: asks }, place === 'covered' ? covered : uncovered));
      expect(answer.status).toBe(500);
      const message = messageOf(answer).replaceAll(/127\.0\.0\.1:\d+/g, 'HOST:PORT');
      await expect(`${message}\n`).toMatchFileSnapshot('golden/podgraft-away.txt');
    });
  });
});

interface Calls {
  readonly named: number;
  readonly matched: number;
  readonly errors: number;
}

/** What the API server itself has counted so far. */
async function calls(): Promise<Calls> {
  const lines = messageOf(await api('GET', '/metrics')).split('\n');
  const sum = (metric: string, part: string): number =>
    lines
      .filter((line) => line.startsWith(`${metric}{`) && line.includes(part))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  const requests = 'apiserver_admission_webhook_request_total';
  return {
    named: sum(requests, 'name="named.podgraft.dev"'),
    matched: sum(requests, 'name="matched.podgraft.dev"'),
    errors: sum('apiserver_admission_match_condition_evaluation_errors_total', 'podgraft'),
  };
}
