import type { Machine } from '../machine.ts';
import { align, figureRows, markdownTable } from '../table.ts';
import type { Row } from '../table.ts';
import type { Figure } from '../targets.ts';
import type { LatencyRow, PodName } from './rounds.ts';
import type { Way } from './ways.ts';

/** All that one run found out. */
export interface LatencyResults {
  /** Day of the run. */
  readonly date: string;
  readonly machine: Machine;
  /** The API server's version. */
  readonly kubernetes: string;
  readonly rounds: number;
  readonly pods: readonly { readonly name: PodName; readonly title: string }[];
  readonly figures: readonly Figure[];
  readonly rows: readonly LatencyRow[];
  /** Reviews per create, of the ways that are webhooks. */
  readonly calls: Readonly<Partial<Record<Way, number>>>;
  /** What was left out, a sentence each. */
  readonly skipped: readonly string[];
}

/** The tables for a terminal; without colour where it is none. */
export function formatLatencyText(results: LatencyResults, isColored: boolean): string {
  const { figures, pods, skipped } = results;
  const bodies = pods.map(({ name, title }) => `${name}: ${title}`);
  const rows = align(wayRows(results));
  return [...align(figureRows(figures), isColored), '', ...rows, '', ...bodies, ...skipped, describe(results), ''].join(
    '\n',
  );
}

/** The same for docs/performance.md. */
export function formatLatencyMarkdown(results: LatencyResults): string {
  const { figures, pods, skipped } = results;
  return [
    describe(results),
    '',
    ...markdownTable(figureRows(figures)),
    '',
    ...skipped.flatMap((line) => [`${line}.`, '']),
    ...pods.map(({ name, title }) => `- \`${name}\`: ${title}`),
    '',
    ...markdownTable(wayRows(results)),
  ].join('\n');
}

function wayRows({ rows, calls }: LatencyResults): readonly Row[] {
  const head = ['Pod', 'Way', 'Reviews per create', 'p50 ms', 'Added ms', 'p10–p90'];
  return [
    head,
    ...rows.map(({ pod, way, p50Ms, addedMs }) => [
      pod,
      way,
      calls[way]?.toFixed(1) ?? '–',
      p50Ms.median.toFixed(2),
      addedMs?.median.toFixed(2) ?? '–',
      addedMs === undefined ? '–' : `${addedMs.p10.toFixed(2)}–${addedMs.p90.toFixed(2)}`,
    ]),
  ];
}

function describe({ date, machine, kubernetes, rounds }: LatencyResults): string {
  const { cpu, cores, memoryGiB, kernel, node, go } = machine;
  return (
    `Measured on ${date}: ${rounds} rounds; ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}, ` +
    `Kubernetes ${kubernetes}, Node ${node}, Go ${go}.`
  );
}
