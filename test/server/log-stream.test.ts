import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openLogStream } from '../../src/server/log-stream.ts';
import type { LogStream } from '../../src/server/log-stream.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const mebibyte = 1024 * 1024;

describe('log lines', () => {
  test('arrive whole and in order, whatever their length and their script', async () => {
    const file = path.join(await temporaryFolder(), 'log');
    const fd = openSync(file, 'w');
    const lines = Array.from({ length: 4000 }, (_, index) => `${index} ${'añ€😀'.repeat(index % 40)}\n`);
    lines.splice(2000, 0, `${'long €'.repeat(50_000)}\n`);
    const stream = openLogStream(fd);
    for (const line of lines) stream.write(line);
    await stream.flush();
    closeSync(fd);
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''));
  });

  test('that nobody reads are kept, some megabytes of them; the others are lost, whole ones, and the end is not held up', async () => {
    const file = path.join(await temporaryFolder(), 'log');
    expect(spawnSync('mkfifo', [file]).status).toBe(0);
    // Both ends of one pipe: it fills up, and nothing is ever written to nobody.
    const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    const stream = openLogStream(fd);
    const line = (index: number): string => `${String(index).padStart(8, '0')} ${'x'.repeat(990)}\n`;
    for (let index = 0; index < 10_000; index += 1) stream.write(line(index));
    await stream.flush();

    const kept = await readAll(fd, stream);
    const expected = Array.from({ length: Math.floor(kept.length / 1000) }, (_, index) => line(index));
    expect(kept).toBe(expected.join(''));
    expect(kept.length).toBeGreaterThan(3 * mebibyte);
    expect(kept.length).toBeLessThan(5 * mebibyte);

    stream.write('there is room again\n');
    await stream.flush();
    expect(await readAll(fd, stream)).toBe('there is room again\n');
    closeSync(fd);
  });
});

/** All that is written to a pipe, until nothing has come for a second. */
async function readAll(fd: number, stream: LogStream): Promise<string> {
  const buffer = Buffer.alloc(mebibyte);
  let text = '';
  const read = new AbortController();
  // While it is flushed, a stream tries again sooner.
  const flushing = (async (): Promise<void> => {
    for (; !read.signal.aborted; await wait(20)) await stream.flush();
  })();
  for (let quiet = 0; quiet < 50;) {
    try {
      text += buffer.toString('utf8', 0, readSync(fd, buffer));
      quiet = 0;
    } catch {
      // The pipe is empty (EAGAIN).
      quiet += 1;
      await wait(20);
    }
  }
  read.abort();
  await flushing;
  return text;
}
