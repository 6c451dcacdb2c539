import type { Body } from './bodies.ts';
import { serverNames } from './fleet.ts';
import type { ServerName } from './fleet.ts';
import type { Machine } from './machine.ts';
import type { Round } from './measure.ts';
import type { Cost, Profile } from './profile.ts';
import { spreadOf } from './statistics.ts';
import type { Spread } from './statistics.ts';
import { align, figureRows, markdownTable } from './table.ts';
import type { Row } from './table.ts';
import type { Figure } from './targets.ts';

/** All that one run found out. */
export interface Results {
  /** Day of the run. */
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly sliceSeconds: number;
  readonly bodies: readonly { readonly name: Body['name']; readonly title: string }[];
  readonly figures: readonly Figure[];
  readonly servers: readonly ServerRow[];
  /** What was left out, a sentence each. */
  readonly skipped: readonly string[];
  readonly memoryMiB: Readonly<Partial<Record<ServerName, number>>>;
  /** Of podgraft, by body; only with --profile. */
  readonly profiles?: readonly { readonly body: string; readonly profile: Profile }[];
}

/** One server under one body, over all rounds. */
export interface ServerRow {
  readonly server: ServerName;
  readonly body: Body['name'];
  readonly cpuMicroseconds: Spread;
  readonly requestsPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
}

export function serverRows(rounds: readonly Round[], bodies: readonly Body[]): readonly ServerRow[] {
  const rows: ServerRow[] = [];
  for (const { name: body } of bodies) {
    for (const server of serverNames) {
      const found = rounds.flatMap((round) => round.filter((one) => one.server === server && one.body === body));
      if (found.length === 0) continue;
      rows.push({
        server,
        body,
        cpuMicroseconds: spreadOf(found.map((one) => one.cpuMicroseconds)),
        requestsPerSecond: spreadOf(found.map((one) => one.requestsPerSecond)),
        p50Ms: spreadOf(found.map((one) => one.p50Ms)),
        p99Ms: spreadOf(found.map((one) => one.p99Ms)),
      });
    }
  }
  return rows;
}

const serverHead = ['Body', 'Server', 'CPU µs/request', 'p10–p90', 'Requests/s', 'p50 ms', 'p99 ms'];

function serverCells({ body, server, cpuMicroseconds, requestsPerSecond, p50Ms, p99Ms }: ServerRow): Row {
  const cpu = cpuMicroseconds;
  return [
    body,
    server,
    cpu.median.toFixed(1),
    `${cpu.p10.toFixed(1)}–${cpu.p90.toFixed(1)}`,
    requestsPerSecond.median.toFixed(0),
    p50Ms.median.toFixed(2),
    p99Ms.median.toFixed(2),
  ];
}

/** The tables for a terminal; without colour where it is none. */
export function formatText(results: Results, isColored: boolean): string {
  const figures = align(figureRows(results.figures), isColored);
  const servers = align([serverHead, ...results.servers.map(serverCells)]);
  const lines = (costs: readonly Cost[]): readonly string[] =>
    align(costs.map(({ what, percent }) => [percentage(percent), what]));
  const profiles = (results.profiles ?? []).flatMap(({ body, profile }) => [
    '',
    `Where podgraft's CPU goes, ${body}: the parts with all that they call, then functions by themselves`,
    ...lines(profile.parts),
    '',
    ...lines(profile.functions),
  ]);
  return [...figures, '', ...servers, ...profiles, '', ...results.skipped, describe(results), ''].join('\n');
}

function describe({ date, machine, rounds, sliceSeconds }: Results): string {
  const { cpu, cores, memoryGiB, kernel, node, go, wrk } = machine;
  return (
    `Measured on ${date}: ${rounds} rounds of ${sliceSeconds} s slices; ${cpu}, ${cores} cores, ${memoryGiB} GiB, ` +
    `${kernel}, Node ${node}, Go ${go}, wrk ${wrk}.`
  );
}

function percentage(percent: number): string {
  return `${percent.toFixed(1)} %`;
}

/** The same for docs/performance.md. */
export function formatMarkdown(results: Results): string {
  const { bodies, memoryMiB } = results;
  const memory = Object.entries(memoryMiB).map(([name, mebibytes]) => `${name} ${mebibytes} MiB`);
  const rows = (costs: readonly Cost[]): readonly Row[] =>
    costs.map(({ what, percent }) => [percentage(percent), what]);
  const profiles = (results.profiles ?? []).flatMap(({ body, profile }) => [
    `### Where podgraft's CPU goes: ${body}`,
    '',
    ...markdownTable([['With all that it calls', 'Part'], ...rows(profile.parts)]),
    '',
    ...markdownTable([['By itself', 'Function'], ...rows(profile.functions)]),
    '',
  ]);
  return [
    describe(results),
    '',
    '### Figures',
    '',
    ...markdownTable(figureRows(results.figures)),
    '',
    ...results.skipped.flatMap((line) => [`${line}.`, '']),
    '### Servers',
    '',
    ...bodies.map(({ name, title }) => `- \`${name}\`: ${title}`),
    '',
    ...markdownTable([serverHead, ...results.servers.map(serverCells)]),
    '',
    `Resident memory after the run: ${memory.join(', ')}.`,
    '',
    ...profiles,
  ]
    .join('\n')
    .trimEnd();
}
