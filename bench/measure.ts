import type { Body } from './bodies.ts';
import { bodyFile } from './fleet.ts';
import type { Fleet, ServerName, Workspace } from './fleet.ts';
import { driveSlice } from './wrk.ts';

/** One server under one body for a short time. */
export interface Measurement {
  readonly server: ServerName;
  readonly body: Body['name'];
  readonly requestsPerSecond: number;
  readonly cpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type Round = readonly Measurement[];

export interface Pair {
  readonly server: ServerName;
  readonly body: Body;
}

export interface MeasureOptions {
  readonly pairs: readonly Pair[];
  readonly rounds: number;
  readonly sliceSeconds: number;
  readonly wrkCore: number;
  /** How long at most a server is warmed up for each of its bodies. */
  readonly maxWarmSeconds: number;
  readonly onRound: (done: number) => void;
}

/** After so many of a kind V8 has compiled what they need. */
const warmRequests = 10_000;

/** Drives the servers in turns: a slice for each pair and round, the order turned around in every other round. */
export async function measure(fleet: Fleet, workspace: Workspace, options: MeasureOptions): Promise<readonly Round[]> {
  const { rounds, sliceSeconds } = options;
  const pairs = options.pairs.filter(({ server }) => fleet.has(server));
  // Compilers and caches are warm before anything counts: on a busy machine that takes more than one slice.
  for (const pair of pairs) {
    for (let seconds = 0, requests = 0; seconds < options.maxWarmSeconds && requests < warmRequests;) {
      const { requestsPerSecond } = await slice(fleet, workspace, pair, sliceSeconds, options.wrkCore);
      seconds += sliceSeconds;
      requests += requestsPerSecond * sliceSeconds;
    }
  }
  const results: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const measurements: Measurement[] = [];
    for (const pair of round % 2 === 0 ? pairs : pairs.toReversed()) {
      measurements.push(await slice(fleet, workspace, pair, sliceSeconds, options.wrkCore));
    }
    results.push(measurements);
    options.onRound(round + 1);
  }
  return results;
}

/** What is under way when a slice ends isn't counted by wrk: of large bodies, which take long, less of it. */
const connections = { small: 16, unmatched: 16, large: 4, env: 4 } as const;

async function slice(
  fleet: Fleet,
  workspace: Workspace,
  { server, body }: Pair,
  seconds: number,
  core: number,
): Promise<Measurement> {
  const process = fleet.get(server);
  if (process === undefined) throw new Error(`${server} is not running`);
  const before = process.cpuSeconds();
  const file = bodyFile(workspace, body);
  const driven = await driveSlice({
    port: process.port,
    bodyFile: file,
    connections: connections[body.name],
    seconds,
    core,
  });
  const cpuSeconds = process.cpuSeconds() - before;
  return {
    server,
    body: body.name,
    requestsPerSecond: driven.requests / driven.seconds,
    cpuMicroseconds: (cpuSeconds / driven.requests) * 1e6,
    p50Ms: driven.p50Ms,
    p99Ms: driven.p99Ms,
  };
}
