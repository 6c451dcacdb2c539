import { write } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Lines on their way to a file descriptor. */
export interface LogStream {
  /** Takes a line, its newline included; never waits, never throws. */
  readonly write: (line: string) => void;
  /** Writes what is still in memory, for the end of the process: for a second at most, as there may be no reader. */
  readonly flush: () => Promise<void>;
}

/** Bytes that are collected before they are written, and how long they wait at most. */
const chunkBytes = 64 * 1024;
const flushEveryMs = 250;
/** Where nobody reads, or the disk is full, so much is kept for later. */
const maxChunks = 64;
const patienceMs = 1000;
const pauseMs = 20;

/**
 * Writes lines behind the requests' back, many at a time; pino's own destination measures all that it holds with each
 * line. A line is copied at once: as text it would outlive its request by some hundred others, in all the pieces that it
 * was put together from, and the garbage collector would carry them around. What can't be written is tried again; when
 * too much of it has come together, lines are lost, and the server goes on: at the end of the process pino's destination
 * tries for ever, and a server whose log nobody reads could not be stopped.
 */
export function openLogStream(fd: number): LogStream {
  let collecting = Buffer.allocUnsafe(chunkBytes);
  let used = 0;
  /** The oldest first; of the first one there is what could not be written yet. */
  const chunks: Buffer[] = [];
  let isWriting = false;

  const endChunk = (): void => {
    if (used === 0) return;
    chunks.push(collecting.subarray(0, used));
    collecting = Buffer.allocUnsafe(chunkBytes);
    used = 0;
  };
  const writeNext = (): void => {
    if (isWriting) return;
    if (chunks.length === 0) endChunk();
    const [chunk] = chunks;
    if (chunk === undefined) return;
    isWriting = true;
    write(fd, chunk, (error, bytes) => {
      isWriting = false;
      // A pipe that is full, a disk that is full, a reader that has gone: the next turn tries again.
      if (error !== null) return;
      if (bytes < chunk.length) chunks[0] = chunk.subarray(bytes);
      else chunks.shift();
      if (chunks.length > 0) writeNext();
    });
  };
  setInterval(writeNext, flushEveryMs).unref();
  const isDone = (): boolean => chunks.length === 0 && used === 0;

  return {
    write: (line) => {
      // A character takes at most three bytes.
      const most = line.length * 3;
      if (used + most > chunkBytes) {
        endChunk();
        writeNext();
      }
      if (chunks.length >= maxChunks) return;
      if (most > chunkBytes) chunks.push(Buffer.from(line));
      else used += collecting.write(line, used);
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
