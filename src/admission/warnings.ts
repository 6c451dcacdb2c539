import { byteLength, printable } from '../core/problem.ts';
import { cutCharacters } from './text.ts';

const maxWarnings = 10;
const maxCharacters = 120;
const maxTotalBytes = 2048;

/**
 * Warnings as an API server passes them on (specification §11, contract C19): at most 10 of at most 120 characters and
 * 2 KiB in all, no control characters (one makes it drop the warning), each said once. Where some don't fit,
 * the last says how many.
 */
export function toWarnings(warnings: readonly string[]): readonly string[] {
  if (warnings.length === 0) return warnings;
  const lines = warnings.flatMap((warning) => warning.split(/[\r\n]+/u));
  const wanted = [...new Set(lines.map((line) => cutCharacters(printable(line).trim(), maxCharacters)))].filter(
    (line) => line !== '',
  );
  const fitting = countThatFit(wanted, maxWarnings, maxTotalBytes);
  if (fitting === wanted.length) return wanted;
  const room = maxTotalBytes - byteLength(andMore(wanted.length));
  const kept = wanted.slice(0, countThatFit(wanted, maxWarnings - 1, room));
  return [...kept, andMore(wanted.length - kept.length)];
}

function andMore(count: number): string {
  return count === 1 ? 'and 1 more warning' : `and ${count} more warnings`;
}

function countThatFit(lines: readonly string[], maxLines: number, maxBytes: number): number {
  let bytes = 0;
  let count = 0;
  for (const line of lines) {
    bytes += byteLength(line);
    if (count === maxLines || bytes > maxBytes) break;
    count++;
  }
  return count;
}
