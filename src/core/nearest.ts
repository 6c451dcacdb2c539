import leven from 'leven';

/** The candidate that a misspelt name was most likely meant to be; `undefined` where none is near. The first of equals. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  // Half the name wrong is no longer a misspelling; long names are compared only with those about as long.
  const limit = Math.max(1, Math.min(4, Math.floor(wanted.length / 2)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > limit) continue;
    const distance = leven(wanted, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
