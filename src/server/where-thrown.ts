/**
 * The place in our code where an error was thrown, `patch.ts:31:10`, and no more: its message may hold the pod.
 * `unknown` where the stack doesn't begin with the message, so that message and frames can't be told apart.
 */
export function whereThrown(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return 'unknown';
  const header = `${error.name}: ${error.message}\n`;
  if (!error.stack.startsWith(header)) return 'unknown';
  const [frame = ''] = error.stack.slice(header.length).split('\n');
  return /[\w.-]{1,64}:\d{1,7}:\d{1,7}(?=\)?$)/u.exec(frame)?.[0] ?? 'unknown';
}
