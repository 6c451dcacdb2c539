import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringField } from '../../src/core/json.ts';
import type { Json } from '../../src/core/json.ts';
import { startSupervisedCluster } from '../../tools/cluster/supervised.ts';
import { makeBodies } from '../bodies.ts';
import type { Body } from '../bodies.ts';
import { writeDocument } from '../document.ts';
import { bundle, makeWorkspace } from '../fleet.ts';
import { buildGoServer } from '../go-server.ts';
import { describeMachine } from '../machine.ts';
import { templateName } from '../templates.ts';
import { openApiClient } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { readCallCounts } from './api-metrics.ts';
import { createsIn, measureLatency, warmUp } from './measure.ts';
import { podToCreate } from './pods.ts';
import { formatLatencyMarkdown, formatLatencyText } from './report.ts';
import type { LatencyResults } from './report.ts';
import { latencyFigures, latencyRows, podNames } from './rounds.ts';
import type { LatencyRound } from './rounds.ts';
import { measureReviews, setStage } from './stage.ts';
import { verifyWays } from './verify.ts';
import { ways } from './ways.ts';

export interface LatencyRun {
  readonly isQuick: boolean;
  /** Into docs/performance.md. */
  readonly isWritten: boolean;
  /** Where all measurements go: a file. */
  readonly json: string;
}

/**
 * `npm run bench -- --latency`: what podgraft adds to the creation of a pod, beside a policy that does the same in the
 * API server and the Go webhook, all in one real API server. Returns the exit code.
 */
export async function runLatency(run: LatencyRun): Promise<number> {
  if (!existsSync(bundle)) {
    say('dist/podgraft.mjs is missing, which is measured: run npm run build first');
    return 2;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'podgraft-latency-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // What was started ends with this process; nothing is asked again.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  say('starting etcd and the API server');
  // Figures are of a server that nobody else uses, whichever cluster tests may use.
  const supervised = await startSupervisedCluster({ ...process.env, PODGRAFT_TEST_KUBECONFIG: '' });
  try {
    const { cluster } = supervised;
    if (cluster.kind === 'missing') {
      say(cluster.sentence);
      return 2;
    }
    const api = openApiClient(cluster.kubeconfig);
    const { results, rounds } = await measureAll(api, folder, run.isQuick);
    api.close();
    process.stdout.write(formatLatencyText(results, process.stdout.isTTY));
    mkdirSync(path.dirname(run.json), { recursive: true });
    writeFileSync(run.json, `${JSON.stringify({ ...results, measurements: rounds }, undefined, 2)}\n`);
    say(`all measurements: ${run.json}`);
    if (run.isWritten) {
      say(`written: ${writeDocument('npm run bench -- --latency --write', formatLatencyMarkdown(results))}`);
    }
    return 0;
  } finally {
    await supervised.end();
  }
}

async function measureAll(
  api: ApiClient,
  folder: string,
  isQuick: boolean,
): Promise<{ readonly results: LatencyResults; readonly rounds: readonly LatencyRound[] }> {
  const go = buildGoServer();
  const all = makeBodies(templateName(4));
  const bodies = podNames.map((name) => bodyOf(all, name));
  const pods = podNames.map((name) => ({ name, text: podToCreate(bodyOf(all, name)) }));
  const workspace = await makeWorkspace(folder, bodies);
  const { servers } = await setStage(api, workspace, go, bodyOf(all, 'small'));
  const sizes = await measureReviews(
    api,
    workspace,
    pods.map(({ text }) => text),
  );
  const present = ways.filter((way) => way !== 'go' || go.kind === 'built');
  await verifyWays(api, present, pods);

  const warmSeconds = isQuick ? 3 : 10;
  const count = isQuick ? 16 : 60;
  say(`warming up: ${warmSeconds} s for each of ${present.length} ways and ${pods.length} pods`);
  await warmUp(api, { ways: present, pods }, warmSeconds);
  const before = await readCallCounts(api);
  const rounds = await measureLatency(api, {
    ways: present,
    pods,
    rounds: count,
    onRound: (done) => {
      if (done % 10 === 0) say(`round ${done} of ${count}`);
    },
  });
  const after = await readCallCounts(api);
  await verifyWays(api, present, pods);
  for (const server of servers) await server.end('SIGKILL');

  const creates = createsIn(count);
  const calls = {
    ...(go.kind === 'built' && { go: (after.go - before.go) / creates }),
    podgraft: (after.podgraft - before.podgraft) / creates,
  };
  const version = JSON.parse((await api.send('GET', '/version')).text) as Json;
  const results: LatencyResults = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(go.kind === 'built' ? go.version : 'none'),
    kubernetes: stringField(version, 'gitVersion') ?? 'unknown',
    rounds: count,
    pods: bodies.map(({ title }, index) => ({
      name: podNames[index] ?? 'small',
      title: `${title.split(', ')[0]}, of which the API server makes a review of ${((sizes[index] ?? 0) / 1000).toFixed(1)} KB`,
    })),
    figures: latencyFigures(rounds),
    rows: latencyRows(rounds),
    calls,
    skipped: go.kind === 'skipped' ? [go.why] : [],
  };
  return { results, rounds };
}

function bodyOf(bodies: readonly Body[], name: Body['name']): Body {
  const body = bodies.find((each) => each.name === name);
  if (body === undefined) throw new Error(`there is no body ${name}`);
  return body;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
