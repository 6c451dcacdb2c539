import leven from 'leven';

/** The candidate that is most like a word: what a person who mistyped it meant. */
export function nearest(word: string, candidates: readonly string[]): string {
  const distances = candidates.map((candidate) => leven(word.toLowerCase(), candidate.toLowerCase()));
  return candidates[distances.indexOf(Math.min(...distances))] ?? '';
}
