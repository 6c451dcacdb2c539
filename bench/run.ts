/**
 * `npm run bench`: podgraft beside what it is held against, on this machine. docs/performance.md tells what the figures mean.
 * Options: --quick (fewer rounds), --profile (where podgraft's CPU goes), --write (docs/performance.md), --json FILE;
 * --latency: what is added to a create through a real API server, in place of the rest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { commandLine } from '../tools/command-line.ts';
import { makeBodies } from './bodies.ts';
import type { Body } from './bodies.ts';
import { writeDocument } from './document.ts';
import { bundle, makeWorkspace, startFleet, verify } from './fleet.ts';
import type { Fleet, ServerName } from './fleet.ts';
import { buildGoServer } from './go-server.ts';
import { runLatency } from './latency/run.ts';
import { describeMachine } from './machine.ts';
import { measure } from './measure.ts';
import type { Pair } from './measure.ts';
import { measurePatchCost } from './patch-cost.ts';
import { profilePodgraft } from './profile.ts';
import { formatMarkdown, formatText, serverRows } from './report.ts';
import type { Results } from './report.ts';
import { measureStart } from './start.ts';
import { spreadOf } from './statistics.ts';
import { memoryTarget, patchCostTarget, ratioFigures, startTarget } from './targets.ts';
import { templateName } from './templates.ts';
import { missingProgram } from './wrk.ts';

/** One core serves, the other drives. */
const cores = { server: 0, wrk: 1 };

const measured: Readonly<Record<Body['name'], readonly ServerName[]>> = {
  small: ['limit', 'podgraft', 'naive', 'go', 'podgraft-10', 'podgraft-10000'],
  large: ['limit', 'podgraft', 'naive', 'go'],
  unmatched: ['limit', 'podgraft'],
  env: ['limit', 'podgraft'],
};

const options = commandLine(
  'bench',
  'Measures podgraft beside what it is held against, on this machine. docs/performance.md tells what the figures mean.',
  ['npm run bench', 'npm run bench -- --quick', 'npm run bench -- --latency', 'npm run bench -- --write'],
)
  .option('--quick', 'fewer and shorter rounds: a minute and a half', false)
  .option('--profile', "where podgraft's CPU goes too", false)
  .option('--latency', 'what is added to a create through a real API server, in place of the rest', false)
  .option('--write', 'writes the figures into docs/performance.md', false)
  .option('--json <file>', 'all measurements; reports/bench.json where it is not said')
  .parse()
  .opts<{ quick: boolean; profile: boolean; latency: boolean; write: boolean; json?: string }>();

const json = options.json ?? (options.latency ? 'reports/latency.json' : 'reports/bench.json');

process.exitCode = options.latency
  ? await runLatency({ isQuick: options.quick, isWritten: options.write, json })
  : await main();

async function main(): Promise<number> {
  const missing = missingProgram() ?? whatElseIsMissing();
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`);
    return 2;
  }
  const go = buildGoServer();
  if (go.kind === 'skipped') process.stderr.write(`${go.why}\n`);
  say('starting inject, and node -e 0, in turns');
  const start = measureStart(options.quick ? 5 : 25);
  spawnSync('taskset', ['-cp', String(cores.wrk), String(process.pid)]);
  const folder = mkdtempSync(path.join(tmpdir(), 'podgraft-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

  const template = templateName(4);
  const bodies = makeBodies(template);
  const workspace = await makeWorkspace(folder, bodies);
  const [first] = bodies;
  if (first === undefined) throw new Error('there is no body');
  say('starting the servers');
  const fleet = await startFleet(workspace, cores.server, go, first);
  const pairs: readonly Pair[] = bodies.flatMap((body) => measured[body.name].map((server) => ({ server, body })));
  await verify(fleet, workspace, pairs);
  const rounds = options.quick ? 3 : 12;
  const sliceSeconds = options.quick ? 1 : 2;
  say(`measuring: ${rounds} rounds of ${pairs.length} slices of ${sliceSeconds} s, and one to warm up`);
  const measurements = await measure(fleet, workspace, {
    pairs,
    rounds,
    sliceSeconds,
    wrkCore: cores.wrk,
    maxWarmSeconds: options.quick ? 1 : 8,
    onRound: (done) => say(`round ${done} of ${rounds}`),
  });
  await verify(fleet, workspace, pairs);
  const memory = memoryOf(fleet);
  if (fleet.get('podgraft')?.loggedBytes() === 0) throw new Error('podgraft wrote no log line');
  for (const server of fleet.values()) await server.end('SIGKILL');

  const env = bodies.find(({ name }) => name === 'env');
  const patchCost = env === undefined ? undefined : measurePatchCost(env, template, options.quick ? 5 : 15);
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(go.kind === 'built' ? go.version : 'none'),
    rounds,
    sliceSeconds,
    bodies: bodies.map(({ name, title }) => ({ name, title })),
    figures: [
      ...ratioFigures(measurements),
      { ...patchCostTarget, spread: patchCost },
      { ...startTarget, spread: start },
      { ...memoryTarget, spread: spreadOf([(memory.podgraft ?? 0) / (memory.limit ?? 1)]) },
    ],
    servers: serverRows(measurements, bodies),
    skipped: go.kind === 'skipped' ? [go.why] : [],
    memoryMiB: memory,
    ...((options.profile || options.write) && { profiles: await profileAll() }),
  };
  process.stdout.write(formatText(results, process.stdout.isTTY));
  mkdirSync(path.dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify({ ...results, measurements }, undefined, 2)}\n`);
  say(`all measurements: ${json}`);
  if (options.write) say(`written: ${writeDocument('npm run bench -- --write', formatMarkdown(results))}`);
  return 0;

  async function profileAll(): Promise<NonNullable<Results['profiles']>> {
    const profiles = [];
    for (const body of bodies.filter(({ name }) => name === 'small' || name === 'large')) {
      say(`profiling podgraft: ${body.title}`);
      profiles.push({ body: body.title, profile: await profilePodgraft(workspace, body, cores, 4) });
    }
    return profiles;
  }
}

function whatElseIsMissing(): string | undefined {
  if (!existsSync(bundle)) return 'dist/podgraft.mjs is missing, which is measured: run npm run build first';
  if (availableParallelism() < 2) return 'the bench needs two cores: one for the servers, one for wrk';
  return undefined;
}

function memoryOf(fleet: Fleet): Readonly<Partial<Record<ServerName, number>>> {
  return Object.fromEntries([...fleet].map(([name, server]) => [name, Math.round(server.residentBytes() / 2 ** 20)]));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
