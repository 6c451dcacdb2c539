import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { connectionFailure } from './api-connection.ts';
import { failure } from './api-failure.ts';
import type { ApiFailure, Asked } from './api-failure.ts';

export type LinesEnd =
  /** The API server ended it, as it does after timeoutSeconds. */
  | { readonly kind: 'ended' }
  /** Whoever reads the lines had enough. */
  | { readonly kind: 'stopped' }
  | ApiFailure;

export interface LinesOptions {
  /** So long without a byte means that nobody is at the other end (contract R13). */
  readonly idleMs: number;
  readonly onLine: (line: string) => boolean;
  readonly signal: AbortSignal;
  readonly asked: Asked;
}

/** No object of the Kubernetes API is larger than etcd's 1.5 MB, some escaping aside. */
const maxLineLength = 16 * 1024 * 1024;

/** Reads the lines of a stream as they come, until it ends, breaks, falls silent, or `onLine` says `false`. */
export async function readLines(response: IncomingMessage, options: LinesOptions): Promise<LinesEnd> {
  const { idleMs, onLine, signal, asked } = options;
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return new Promise((resolve) => {
    let isDone = false;
    const finish = (end: LinesEnd): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(idle);
      response.destroy();
      resolve(end);
    };
    const idle = setTimeout(() => finish(failure(asked, 'timeout', `no byte in ${idleMs / 1000} s`)), idleMs);
    response.on('data', (chunk: Buffer) => {
      if (isDone) return;
      idle.refresh();
      const lines = `${rest}${decoder.write(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.trim() !== '' && !onLine(line)) {
          finish({ kind: 'stopped' });
          return;
        }
      }
      if (rest.length > maxLineLength) finish(failure(asked, 'garbage', 'a line without end'));
    });
    response.on('end', () => finish({ kind: 'ended' }));
    response.on('error', (error) => finish(connectionFailure(error, signal, asked)));
    response.on('close', () => finish(connectionFailure(undefined, signal, asked)));
  });
}
