import type { IncomingMessage } from 'node:http';
import type { Activity, Reading } from './activity.ts';

/** A request's body, or why there is none. */
export type ReviewBody =
  | { readonly kind: 'text'; readonly text: string }
  /** More than the limit came, or was announced: what came was dropped. */
  | { readonly kind: 'too_large' }
  /** It is a large one, and too many of those are being read. */
  | { readonly kind: 'crowded' }
  | { readonly kind: 'not_utf8' }
  /** It didn't come within the deadline. */
  | { readonly kind: 'timeout' }
  /** The client went away first (T33). */
  | { readonly kind: 'aborted' };

export interface BodyLimits {
  readonly maxBytes: number;
  readonly deadlineMs: number;
  /** Of all that are being read: beyond it none may have more than `largeBytes`, or a few clients could fill the memory. */
  readonly maxTotalBytes: number;
  readonly largeBytes: number;
}

const mebibyte = 1024 * 1024;

/** Two pods of 3 MiB, which is what an API server takes, and the review around them (contract C4). */
export const bodyLimits: BodyLimits = {
  maxBytes: 7 * mebibyte,
  deadlineMs: 10_000,
  maxTotalBytes: 64 * mebibyte,
  largeBytes: mebibyte,
};

// A byte order mark stays, so that the JSON parser refuses it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** True where the headers announce a body: whoever answers without reading it must not keep the connection. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/**
 * Reads a body of at most `maxBytes` as UTF-8. Never rejects, and never holds more than the limit:
 * as soon as more is announced or comes, it stops listening, and whoever answers ends the connection.
 */
export async function readBody(
  request: IncomingMessage,
  { maxBytes, deadlineMs, maxTotalBytes, largeBytes }: BodyLimits,
  activity: Activity,
): Promise<ReviewBody> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return { kind: 'too_large' };
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    let isDone = false;
    const finish = (body: ReviewBody): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(deadline);
      remove(activity.reading, reading);
      request.off('data', onData);
      chunks = [];
      activity.bodyBytes -= bytes;
      bytes = 0;
      resolve(body);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      activity.bodyBytes += chunk.length;
      if (bytes > maxBytes) finish({ kind: 'too_large' });
      else if (bytes > largeBytes && activity.bodyBytes > maxTotalBytes) finish({ kind: 'crowded' });
      else chunks.push(chunk);
    };
    const onAbort = (): void => finish({ kind: 'aborted' });
    const giveUp = (): void => finish({ kind: 'timeout' });
    const reading = { sinceMs: performance.now(), giveUp };
    activity.reading.push(reading);
    const deadline = setTimeout(giveUp, deadlineMs);
    request.on('data', onData);
    request.on('end', () => finish(decode(chunks)));
    // Both stay: a connection that breaks after the answer is nobody's error.
    request.on('error', onAbort);
    request.on('close', onAbort);
  });
}

/** An API server sends a body in one go; a client that takes longer than this is slow. */
const patienceMs = 2000;

/**
 * Where as many reviews are worked on as may be: ends the one whose body has been on its way longest, if that is long.
 * Else some hundred slow clients would have everybody else sent away (contract T39). False where there is none.
 */
export function giveUpSlowest({ reading }: Activity): boolean {
  let slowest: Reading | undefined;
  for (const each of reading) if (slowest === undefined || each.sinceMs < slowest.sinceMs) slowest = each;
  if (slowest === undefined || performance.now() - slowest.sinceMs < patienceMs) return false;
  slowest.giveUp();
  return true;
}

function remove(all: Reading[], one: Reading): void {
  const last = all.pop();
  if (last !== undefined && last !== one) all[all.indexOf(one)] = last;
}

function decode(chunks: readonly Buffer[]): ReviewBody {
  const [only] = chunks;
  try {
    const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
    return { kind: 'text', text: utf8.decode(bytes) };
  } catch {
    return { kind: 'not_utf8' };
  }
}
