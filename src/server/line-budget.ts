/**
 * Keeps a flood of bad requests from filling the log: at most `perSecond` lines in each second.
 * Returns how many lines were swallowed since the last one that was let through, or undefined where this one is.
 */
export function newLineBudget(perSecond: number): (nowMs: number) => number | undefined {
  let second = -1;
  let used = 0;
  let swallowed = 0;
  return (nowMs) => {
    const current = Math.floor(nowMs / 1000);
    if (current !== second) {
      second = current;
      used = 0;
    }
    if (used === perSecond) {
      swallowed++;
      return undefined;
    }
    used++;
    const before = swallowed;
    swallowed = 0;
    return before;
  };
}
