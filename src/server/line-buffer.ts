/** Where log lines go until there are enough of them to be worth a write. */
export interface LineBuffer {
  readonly write: (line: string) => void;
  /** Passes on what there is. */
  readonly flush: () => void;
}

/**
 * Collects lines, and passes them on as one text when they have `maxLength` characters, or after `maxWaitMs`. Adding to
 * a text costs next to nothing; pino's own buffer measures all that it holds with each line.
 */
export function newLineBuffer(maxLength: number, maxWaitMs: number, passOn: (lines: string) => void): LineBuffer {
  let lines = '';
  const flush = (): void => {
    if (lines === '') return;
    const text = lines;
    lines = '';
    passOn(text);
  };
  setInterval(flush, maxWaitMs).unref();
  return {
    write: (line) => {
      lines += line;
      if (lines.length >= maxLength) flush();
    },
    flush,
  };
}
