import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { announcesBody } from './review-body.ts';

/** How long a client that is still sending may go on, so that it comes to read the answer. */
const lingerMs = 500;

/** Answers HTTP 200 with a review. One write: headers and a string leave together. */
export function sendReview(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/**
 * Answers with one constant line, never with anything of the request. Where a body is on its way that nobody reads,
 * the connection ends with the answer: what still comes is thrown away for a moment, as a socket that is closed over
 * unread bytes takes the answer along with it.
 */
export function sendLine(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  line: string,
  headers: OutgoingHttpHeaders = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const body = `${line}\n`;
  const isUnread = !request.readableEnded && announcesBody(request);
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    ...headers,
    ...(isUnread && { Connection: 'close' }),
  });
  if (!isUnread) {
    response.end(body);
    return;
  }
  response.write(body);
  const { socket } = request;
  const end = (): void => {
    clearTimeout(timer);
    // Node closes the connection after the answer. Not sooner: the one before it may be on its way yet, and this one waits.
    response.end();
  };
  const timer = setTimeout(() => {
    response.end();
    socket.destroy();
  }, lingerMs);
  request.on('error', end).once('end', end).once('close', end).resume();
}
