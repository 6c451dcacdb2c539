/** Random numbers from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** Random numbers of a replica's own (contract R15): the same seed gives the same row, another seed another one. */
export function seededRandom(seed: string): Random {
  // FNV-1a for the seed, mulberry32 for the row.
  let state = 2_166_136_261;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Exponential growth from `baseMs` to `maxMs`. */
export interface BackOff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** 0.5 s to 30 s (contract R12). */
export const defaultBackOff: BackOff = { baseMs: 500, maxMs: 30_000 };

/** How long to wait after `failures` failures in a row: full jitter, so that replicas that fail together return apart. */
export function backOffMs({ baseMs, maxMs }: BackOff, failures: number, random: Random): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30));
}
