import { hostname } from 'node:os';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { ReviewFacts } from '../admission/decision.ts';
import { openLogStream } from './log-stream.ts';
import type { Outcome } from './metrics.ts';

export interface Log {
  readonly logger: Logger;
  /** Writes what is still in memory; for the end of the process. */
  readonly flush: () => Promise<void>;
}

/**
 * The log: JSON lines on stdout, written behind the requests' back. Nothing is ever logged but what the callers pick
 * by name (contract O4, S24): no errors as objects, no headers, no pods.
 * @param stream where to instead of stdout, for tests
 */
export function createLog(level: string, stream?: DestinationStream): Log {
  const options = {
    level,
    base: { replica: hostname() },
    timestamp: newTimestamp(),
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (stream !== undefined) return { logger: pino(options, stream), flush: async () => Promise.resolve() };
  const stdout = openLogStream(1);
  return { logger: pino(options, stdout), flush: stdout.flush };
}

/** The field `ts` of a line; most come in the millisecond of the line before. */
function newTimestamp(): () => string {
  let lastMs = 0;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== lastMs) {
      lastMs = nowMs;
      text = `,"ts":"${new Date(nowMs).toISOString()}"`;
    }
    return text;
  };
}

/** How a review ended, for its line. */
export interface ReviewEnd {
  readonly webhook: string;
  readonly outcome: Outcome;
  /** A closed word. */
  readonly reason: string;
  readonly code: number;
  readonly durationMs: number;
  /** Of an error of ours: a closed word, or the place in our code. */
  readonly fault?: string;
}

/** One line for a review that was understood: an allow-list of fields, each bounded and printable. */
export function logReview(logger: Logger, end: ReviewEnd, facts: ReviewFacts): void {
  const line = {
    uid: facts.uid,
    webhook: end.webhook,
    namespace: facts.namespace,
    name: facts.name,
    ownerKind: facts.ownerKind,
    operation: facts.operation,
    dryRun: facts.dryRun,
    outcome: end.outcome,
    reason: end.reason,
    code: end.code,
    templates: facts.templates,
    templateHash: facts.templateHashes,
    leftOut: facts.leftOut,
    patchOps: facts.patchOps,
    patchBytes: facts.patchBytes,
    durationMs: roundMs(end.durationMs),
    fault: end.fault,
  };
  if (end.outcome === 'error') logger.error(line, 'review');
  else if (logger.isLevelEnabled('debug')) logger.debug({ ...line, username: facts.username }, 'review');
  else logger.info(line, 'review');
}

/**
 * One line for a request that never became a review.
 * @param swallowed how many such lines were left out before this one
 */
export function logRejected(logger: Logger, end: ReviewEnd, swallowed: number): void {
  const { webhook, outcome, reason, code, durationMs, fault } = end;
  const times = { durationMs: roundMs(durationMs), ...(swallowed > 0 && { swallowed }) };
  const line = { webhook, outcome, reason, code, fault, ...times };
  if (outcome === 'error') logger.error(line, 'request');
  else logger.warn(line, 'request');
}

function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
