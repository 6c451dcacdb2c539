import { setImmediate as afterSockets, setTimeout as wait } from 'node:timers/promises';
import type { Activity } from './activity.ts';

/** How a stop waits, in milliseconds (contract R7). */
export interface DrainTimes {
  /** At least so long: the API server learns late that this replica is leaving. */
  readonly drainMs: number;
  /** And until no request has come for so long. */
  readonly quietMs: number;
  /** But no longer than this. */
  readonly capMs: number;
}

/** Reviews that are being answered get so long in the end: a webhook's timeoutSeconds is at most 30. */
const inFlightMs = 30_000;
const pollMs = 50;

/** Waits, while requests are still answered, until it is time to close. `signal` ends the waiting at once. */
export async function waitForQuiet(activity: Activity, times: DrainTimes, signal: AbortSignal): Promise<void> {
  const startMs = performance.now();
  while (!signal.aborted && !isTime(performance.now())) {
    await pause(signal);
    // A process that has not run for a while sees its timers first: what lies in its sockets is looked at before this.
    await afterSockets();
  }

  function isTime(nowMs: number): boolean {
    const elapsedMs = nowMs - startMs;
    const quietMs = Math.min(elapsedMs, nowMs - activity.lastRequestMs);
    return elapsedMs >= times.capMs || (elapsedMs >= times.drainMs && quietMs >= times.quietMs);
  }
}

/** Waits for the reviews that are being answered. */
export async function waitForInFlight(activity: Activity, signal: AbortSignal): Promise<void> {
  const startMs = performance.now();
  while (!signal.aborted && activity.inFlight > 0 && performance.now() - startMs < inFlightMs) await pause(signal);
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await wait(pollMs, undefined, { signal });
  } catch {
    // The signal came: the loop that waits looks at it.
  }
}
