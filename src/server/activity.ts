/** What the webhook server is doing: counted by the handlers, read by the cap, the probes and the stop. */
export interface Activity {
  inFlight: number;
  /** Of the bodies that are being read. */
  bodyBytes: number;
  /** `performance.now()` when the last request came. */
  lastRequestMs: number;
  /** From the moment a stop began: every answer then ends its connection (contract R7). */
  isStopping: boolean;
}

export function newActivity(): Activity {
  return { inFlight: 0, bodyBytes: 0, lastRequestMs: 0, isStopping: false };
}
