import pc from 'picocolors';

/** Exit codes of every command (specification §14). */
export const exitCodes = { done: 0, refused: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Functions that colour a text, or leave it as it is. */
export type Colors = ReturnType<typeof pc.createColors>;

/** Colours on a terminal, unless NO_COLOR is set; plain text everywhere else. */
export function colorsOf(stream: { readonly isTTY?: boolean }): Colors {
  const isPlain = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  return pc.createColors(stream.isTTY === true && !isPlain);
}

/** What the command is for: to stdout. */
export function write(text: string): void {
  process.stdout.write(text);
}

/** A line about it: to stderr. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A line that begins with `warning:`; on a terminal in yellow. */
export function warn(line: string): void {
  complain(`${colorsOf(process.stderr).yellow('warning:')} ${line}`);
}

/** A server whose reader has gone, or whose disk is full, goes on without a word. */
export function goOnWithoutOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.removeAllListeners('error').on('error', () => undefined);
}

/** When whoever reads our output has seen enough (`| head`), that is no error of anybody's. */
export function endQuietlyOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(exitCodes.done);
    });
  }
}
