import type { Logger } from 'pino';
import type { ReviewFacts } from '../admission/decision.ts';
import { newLineBudget } from './line-budget.ts';
import { logRejected, logReview } from './log.ts';
import type { ReviewEnd } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Counts and logs how a request ended; `facts` where it was understood as a review. */
export type Record = (end: ReviewEnd, facts?: ReviewFacts) => void;

/** Lines a second about requests that were no reviews; all of them are counted. */
const rejectedLinesPerSecond = 10;

export function newRecord(logger: Logger, metrics: Metrics): Record {
  const budget = newLineBudget(rejectedLinesPerSecond);
  return (end, facts) => {
    const { webhook, outcome, reason, code, durationMs } = end;
    metrics.countRequest(webhook, outcome, code);
    metrics.observeDuration(webhook, durationMs / 1000);
    if (outcome === 'denied') metrics.countDenial(reason);
    if (outcome === 'patched') metrics.observePatch(facts?.patchBytes ?? 0);
    if (reason === 'self_check') metrics.countSelfCheckFailure();
    if (reason === 'not_pod_creation') metrics.countMisdirected();
    if (facts !== undefined) {
      logReview(logger, end, facts);
      return;
    }
    const swallowed = budget(performance.now());
    if (swallowed !== undefined) logRejected(logger, end, swallowed);
  };
}
