import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ReviewFacts } from '../admission/decision.ts';
import { decodeReview } from '../admission/decode-review.ts';
import { encodeReview } from '../admission/encode-review.ts';
import type { MutatePodsContext } from '../admission/mutate-pods.ts';
import type { Activity } from './activity.ts';
import type { ClientJudge } from './client-auth.ts';
import { nextStage } from './cohort.ts';
import type { Cohorts } from './cohort.ts';
import type { ReviewEnd } from './log.ts';
import { mediaTypeFault } from './media-type.ts';
import type { Record } from './record.ts';
import { sendLine, sendReview } from './respond.ts';
import { giveUpSlowest, readBody } from './review-body.ts';
import type { BodyLimits } from './review-body.ts';
import type { Webhook } from './webhooks.ts';
import { whereThrown } from './where-thrown.ts';

export interface ReviewDependencies {
  readonly activity: Activity;
  readonly cohorts: Cohorts;
  readonly record: Record;
  readonly maxInFlight: number;
  readonly limits: BodyLimits;
  /** Where clients need a certificate (contract S18). */
  readonly judgeClient?: ClientJudge;
  /** False until all that a decision depends on has been read once (contract R2). */
  readonly isReady: () => boolean;
  /** One consistent snapshot for one request. */
  readonly context: () => MutatePodsContext;
}

/** Express's handler for a webhook's reviews. Never rejects: whatever it can't do is answered with a 500 (T35). */
export function reviewHandler(webhook: Webhook, dependencies: ReviewDependencies): Handler {
  const { activity, record, maxInFlight, judgeClient, isReady } = dependencies;
  return async (request, response) => {
    const startMs = performance.now();
    activity.lastRequestMs = startMs;
    const exchange: Exchange = {
      webhook,
      request,
      response,
      end: (end, facts, endMs = performance.now()) =>
        record({ ...end, webhook: webhook.name, durationMs: endMs - startMs }, facts),
    };
    const clientFault = judgeClient?.(request.socket);
    if (clientFault !== undefined) {
      reject(exchange, 403, 'client', clientFault);
      return;
    }
    if (activity.inFlight >= maxInFlight && !giveUpSlowest(activity)) {
      shed(exchange, 429, 'overloaded');
      return;
    }
    if (!isReady()) {
      shed(exchange, 503, 'not_ready');
      return;
    }
    activity.inFlight++;
    try {
      await review(exchange, dependencies);
    } catch (error) {
      // A bug of ours. What was thrown may hold the pod (contract rule 10): nothing of it is kept but where it came from.
      fail(exchange, 'exception', whereThrown(error));
    } finally {
      activity.inFlight--;
    }
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** One request on its way to its answer. */
interface Exchange {
  readonly webhook: Webhook;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** @param endMs `performance.now()` when it was answered, where that isn't now */
  readonly end: (end: Omit<ReviewEnd, 'webhook' | 'durationMs'>, facts?: ReviewFacts, endMs?: number) => void;
}

async function review(exchange: Exchange, { activity, cohorts, limits, context }: ReviewDependencies): Promise<void> {
  const { request, response, end } = exchange;
  const fault = mediaTypeFault(request.headers);
  if (fault !== undefined) {
    reject(exchange, 415, 'media_type', fault);
    return;
  }
  const body = await readBody(request, limits, activity);
  if (body.kind === 'text') await cohorts.join(body.text.length);
  // A stop may have begun meanwhile; from here on the answer comes without a pause.
  if (activity.isStopping) response.shouldKeepAlive = false;
  switch (body.kind) {
    case 'too_large':
      reject(exchange, 413, 'too_large', `the body must have at most ${limits.maxBytes} bytes`);
      return;
    case 'crowded':
      shed(exchange, 429, 'overloaded');
      return;
    case 'timeout':
      reject(exchange, 408, 'timeout', 'the body did not come in time');
      return;
    case 'aborted':
      end({ outcome: 'aborted', code: 499, reason: 'aborted' });
      return;
    case 'not_utf8':
      reject(exchange, 400, 'not_utf8', 'the body is not UTF-8');
      return;
    case 'text':
      if (response.destroyed) end({ outcome: 'aborted', code: 499, reason: 'aborted' });
      else await answer(exchange, body.text, context());
  }
}

/** Stage by stage, each for all of a cohort. */
async function answer(exchange: Exchange, text: string, context: MutatePodsContext): Promise<void> {
  const { response, webhook, end } = exchange;
  const decoded = decodeReview(text);
  if (decoded.kind === 'invalid') {
    reject(exchange, 400, 'bad_review', decoded.message);
    return;
  }
  await nextStage();
  const decision = webhook.decide(decoded.request, context);
  await nextStage();
  switch (decision.kind) {
    case 'answer': {
      const body = encodeReview(decision.response, toBase64);
      await nextStage();
      sendReview(response, body);
      const endMs = performance.now();
      await nextStage();
      end({ outcome: decision.outcome, code: 200, reason: decision.reason }, decision.facts, endMs);
      return;
    }
    case 'unavailable':
      shed(exchange, 503, decision.reason, decision.facts);
      return;
    case 'error':
      fail(exchange, decision.reason, decision.where, decision.facts);
  }
}

/** The client did something wrong. */
function reject({ request, response, end }: Exchange, code: number, reason: string, line: string): void {
  sendLine(request, response, code, line);
  end({ outcome: 'rejected', code, reason });
}

/** Not now: the API server comes again if it is asked to, over another connection (contract rule 8, specification §11). */
function shed(
  { webhook, request, response, end }: Exchange,
  code: 429 | 503,
  reason: string,
  facts?: ReviewFacts,
): void {
  const headers: OutgoingHttpHeaders = { Connection: 'close', ...(webhook.retries && { 'Retry-After': '1' }) };
  sendLine(request, response, code, code === 429 ? 'too many reviews at once' : 'not ready', headers);
  end({ outcome: 'shed', code, reason }, facts);
}

/** HTTP 500, so that failurePolicy decides (specification §8). */
function fail({ request, response, end }: Exchange, reason: string, fault: string, facts?: ReviewFacts): void {
  sendLine(request, response, 500, 'internal error');
  end({ outcome: 'error', code: 500, reason, fault }, facts);
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
