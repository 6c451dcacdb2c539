/** The server's resident memory at a moment. */
export interface Sample {
  readonly seconds: number;
  readonly mebibytes: number;
}

/** How fast memory grows, in MiB a minute: the median of the slopes of all pairs of samples (Theil–Sen), which outliers don't move. */
export function slopePerMinute(samples: readonly Sample[]): number {
  const slopes: number[] = [];
  for (const [index, a] of samples.entries()) {
    for (const b of samples.slice(index + 1)) {
      slopes.push(((b.mebibytes - a.mebibytes) / (b.seconds - a.seconds)) * 60);
    }
  }
  return medianOf(slopes);
}

function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Growth that the garbage collector's moods explain, as a share of the memory that is in use. */
const allowedShare = 0.1;

/** Why the series is that of a leak, or undefined. The first third is for warming up. */
export function leakIn(samples: readonly Sample[]): string | undefined {
  const warm = samples.slice(Math.ceil(samples.length / 3));
  const [first] = warm;
  const last = warm.at(-1);
  if (first === undefined || last === undefined || warm.length < 3) return undefined;
  const grown = (slopePerMinute(warm) / 60) * (last.seconds - first.seconds);
  const median = medianOf(warm.map(({ mebibytes }) => mebibytes));
  if (grown <= median * allowedShare) return undefined;
  return `resident memory grew by ${grown.toFixed(1)} MiB after warm-up, of ${median.toFixed(0)} MiB`;
}
