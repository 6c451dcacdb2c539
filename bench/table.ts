import picocolors from 'picocolors';
import { isMet } from './targets.ts';
import type { Figure } from './targets.ts';

/** A line of a table; the first of a table is its head. */
export type Row = readonly string[];

const signs = { 'at least': '≥', 'at most': '≤', below: '<' } as const;

/** Figures with their targets, the head first. */
export function figureRows(figures: readonly Figure[]): readonly Row[] {
  return [['Figure', 'Median', 'p10–p90', 'Target', 'Met'], ...figures.map(figureRow)];
}

function figureRow(figure: Figure): Row {
  const { title, spread, bound, target } = figure;
  const wanted = `${signs[bound]} ${target}`;
  if (spread === undefined) return [title, '–', '–', wanted, 'skipped'];
  const { median, p10, p90 } = spread;
  return [title, short(median), `${short(p10)}–${short(p90)}`, wanted, isMet(figure) === true ? 'yes' : 'no'];
}

function short(value: number): string {
  return value.toFixed(2);
}

/** Columns for a terminal, what is met in green and what is missed in red where it has colours. */
export function align(rows: readonly Row[], isColored = false): readonly string[] {
  const colors = picocolors.createColors(isColored);
  const paint = (cell: string): string =>
    cell === 'yes' ? colors.green(cell) : cell === 'no' ? colors.red(cell) : cell;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => paint(cell) + ' '.repeat((widths[column] ?? 0) - cell.length))
      .join('  ')
      .trimEnd(),
  );
}

/** A table in Markdown, a line each. */
export function markdownTable(rows: readonly Row[]): readonly string[] {
  const [head = [], ...body] = rows;
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)];
}
