/** Counts things by a key, to be added to a metric when somebody asks for it: prom-client takes longer than a request may. */
export interface Tally<T> {
  /** One more of what `key` stands for. */
  readonly count: (key: string, what: T) => void;
  /** Tells all counts since the last time, and begins anew. */
  readonly drain: (tell: (what: T, count: number) => void) => void;
}

export function newTally<T>(): Tally<T> {
  const counts = new Map<string, { readonly what: T; count: number }>();
  return {
    count: (key, what) => {
      const found = counts.get(key);
      if (found === undefined) counts.set(key, { what, count: 1 });
      else found.count += 1;
    },
    drain: (tell) => {
      for (const { what, count } of counts.values()) tell(what, count);
      counts.clear();
    },
  };
}
