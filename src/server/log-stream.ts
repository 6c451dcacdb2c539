import { write } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Lines on their way to a file descriptor. */
export interface LogStream {
  /** Takes a line, its newline included; never waits, never throws. */
  readonly write: (line: string) => void;
  /** Writes what is still in memory, for the end of the process: for a second at most, as there may be no reader. */
  readonly flush: () => Promise<void>;
}

/** Characters that are collected before they are written, and how long they wait at most. */
const chunkLength = 64 * 1024;
const flushEveryMs = 250;
/** Where nobody reads, or the disk is full, so much is kept for later. */
const maxLength = 4 * 1024 * 1024;
const patienceMs = 1000;
const pauseMs = 20;

/**
 * Writes lines behind the requests' back, many at a time. Adding to a text costs next to nothing; pino's own destination
 * measures all that it holds with each line. What can't be written is tried again; when too much of it has come together,
 * lines are lost, and the server goes on: at the end of the process pino's destination tries for ever, and a server whose
 * log nobody reads could not be stopped.
 */
export function openLogStream(fd: number): LogStream {
  let lines = '';
  /** What is being written, or could not be written. */
  let chunk: Buffer = Buffer.alloc(0);
  let isWriting = false;

  const writeNext = (): void => {
    if (isWriting) return;
    if (chunk.length === 0) {
      if (lines === '') return;
      chunk = Buffer.from(lines);
      lines = '';
    }
    isWriting = true;
    write(fd, chunk, (error, bytes) => {
      isWriting = false;
      // A pipe that is full, a disk that is full, a reader that has gone: the next turn tries again.
      if (error !== null) return;
      chunk = chunk.subarray(bytes);
      if (chunk.length > 0 || lines.length >= chunkLength) writeNext();
    });
  };
  setInterval(writeNext, flushEveryMs).unref();
  const isDone = (): boolean => chunk.length === 0 && lines === '';

  return {
    write: (line) => {
      if (lines.length + chunk.length + line.length > maxLength) return;
      lines += line;
      if (lines.length >= chunkLength) writeNext();
    },
    flush: async () => {
      const endMs = performance.now() + patienceMs;
      writeNext();
      while (!isDone() && performance.now() < endMs) {
        await wait(pauseMs);
        writeNext();
      }
    },
  };
}
