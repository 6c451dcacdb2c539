import picocolors from 'picocolors';
import type { Summary } from './course.ts';

/** Tells a person how it goes; what the command is run for goes to stdout. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `rotation  35 s  700 creates  0 failed  leaves issued: 3`. */
export function formatProgress(summary: Summary, isColored: boolean): string {
  const { drill, seconds, creates, failed, reasons } = summary;
  const { red, green, dim } = picocolors.createColors(isColored);
  const counts = [`${creates} creates`, (failed > 0 ? red : green)(`${failed} failed`)];
  const [reason] = reasons;
  const lines = [
    [`${drill.padEnd(8)} ${seconds.toFixed(0).padStart(5)} s`, ...(creates > 0 ? counts : []), ...eventsOf(summary)],
    ...(reason === undefined ? [] : [[`  ${red(reason)}`]]),
  ];
  return lines.map((parts) => parts.join(dim('  '))).join('\n');
}

function eventsOf({ events }: Summary): readonly string[] {
  return Object.entries(events).map(([event, count]) => `${event}: ${count}`);
}

const head = ['Drill', 'Seconds', 'Creates', 'Failed', 'p50 ms', 'p99 ms', 'Max ms', 'Passed', 'Meanwhile'];
const passedColumn = head.indexOf('Passed');

/** The table of all drills, and why those failed that did. */
export function formatTable(summaries: readonly Summary[], isColored: boolean): string {
  const { red, green } = picocolors.createColors(isColored);
  const rows = [head, ...summaries.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row, index) =>
    row
      .map((cell, column) => {
        const isVerdict = index > 0 && column === passedColumn;
        return (isVerdict ? (cell === 'yes' ? green(cell) : red(cell)) : cell) + padding(cell, widths[column]);
      })
      .join('  ')
      .trimEnd(),
  );
  const reasons = summaries.flatMap(({ drill, reasons: found }) => found.map((reason) => `${drill}: ${red(reason)}`));
  return [...lines, ...(reasons.length === 0 ? [] : ['', ...reasons]), ''].join('\n');
}

function padding(cell: string, width = 0): string {
  return ' '.repeat(width - cell.length);
}

function cellsOf(summary: Summary): readonly string[] {
  const { drill, seconds, creates, failed, p50Ms, p99Ms, maxMs, reasons } = summary;
  const times = [p50Ms, p99Ms, maxMs].map((value) => (value === undefined ? '–' : value.toFixed(1)));
  const counts = creates === 0 ? ['–', '–'] : [String(creates), String(failed)];
  const passed = reasons.length === 0 ? 'yes' : 'no';
  return [drill, seconds.toFixed(0), ...counts, ...times, passed, eventsOf(summary).join(', ')];
}
