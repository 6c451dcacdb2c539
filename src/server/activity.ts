/** A body on its way. */
export interface Reading {
  /** `performance.now()` when it began. */
  readonly sinceMs: number;
  /** Ends the reading, as if its deadline had come. */
  readonly giveUp: () => void;
}

/** What the webhook server is doing: counted by the handlers, read by the cap, the probes and the stop. */
export interface Activity {
  inFlight: number;
  /** Of the bodies that are being read. */
  bodyBytes: number;
  /** The bodies that are being read, in no order. (A Set that loses as fast as it gains makes garbage that lives long.) */
  readonly reading: Reading[];
  /** `performance.now()` when the last request came. */
  lastRequestMs: number;
  /** From the moment a stop began: every answer then ends its connection (contract R7). */
  isStopping: boolean;
}

export function newActivity(): Activity {
  return { inFlight: 0, bodyBytes: 0, reading: [], lastRequestMs: 0, isStopping: false };
}
