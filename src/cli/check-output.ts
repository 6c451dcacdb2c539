import type { Finding, FindingState } from '../cluster/check/finding.ts';
import { printable } from '../core/problem.ts';
import type { Colors } from './output.ts';

/** The forms of `check -o`. */
export type CheckFormat = 'text' | 'json';

export interface CheckReport {
  /** The API server's address. */
  readonly server: string;
  readonly findings: readonly Finding[];
}

const states: readonly FindingState[] = ['ok', 'warn', 'broken', 'unseen'];
const width = Math.max(...states.map(({ length }) => length));

/** What `check` prints: a line for each thing, what to do about it below, and how many of each kind there are. */
export function formatCheck({ server, findings }: CheckReport, format: CheckFormat, colors: Colors): string {
  if (format === 'json') return `${JSON.stringify({ server, findings }, null, 2)}\n`;
  const paints = { ok: colors.green, warn: colors.yellow, broken: colors.red, unseen: colors.dim };
  const lines = findings.flatMap(({ state, what, detail, todo }) => [
    `${paints[state](state.padEnd(width))}  ${what}: ${printable(detail)}`,
    ...(todo === undefined ? [] : [`${' '.repeat(width)}  -> ${todo}`]),
  ]);
  const counts = states.flatMap((state) => {
    const count = findings.filter((finding) => finding.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return `${lines.join('\n')}\n${server}: ${counts.join(', ')}\n`;
}
