/** Median, tenth and ninetieth percentile. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

/** The spread of at least one number; between two of them by linear interpolation. */
export function spreadOf(numbers: readonly number[]): Spread {
  const at = (quantile: number): number => quantileOf(numbers, quantile);
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}

/** The number below which a part of all lies, `quantile` from 0 to 1; between two of them by linear interpolation. */
export function quantileOf(numbers: readonly number[], quantile: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * quantile;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}
