/** How many reviews go together at most, and how many characters they have together: what they hold meanwhile stays small. */
const maxSize = 16;
const maxLength = 256 * 1024;

/** Reviews that go through their stages together. */
export interface Cohorts {
  /**
   * Waits for the end of this turn of the event loop, with the others that came in it.
   * @param length characters of the review; one above the limit goes alone
   */
  readonly join: (length: number) => Promise<void>;
}

/**
 * Reviews that come in one turn of the event loop go on together at its end, and between two stages each lets the others
 * pass ({@link nextStage}): all are decoded, then all decided, then all answered. The way of one review is more code than
 * a processor holds near; a stage that is run for many at a time is run in half the time. A review that comes alone goes
 * on at once.
 */
export function newCohorts(): Cohorts {
  let cohort: Promise<void> | undefined;
  let size = 0;
  let total = 0;
  const begin = async (): Promise<void> =>
    new Promise((resolve) => {
      setImmediate(() => {
        cohort = undefined;
        resolve();
      });
    });
  return {
    join: async (length) => {
      if (cohort === undefined || size === maxSize || total + length > maxLength) {
        cohort = begin();
        size = 0;
        total = 0;
      }
      size++;
      total += length;
      return cohort;
    },
  };
}

/** Lets the others of a cohort do what this one has just done. */
export async function nextStage(): Promise<void> {
  return Promise.resolve();
}
