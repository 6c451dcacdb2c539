import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import path from 'node:path';

/** How long a folder must be still before its files are read: certificate and key are written one after the other. */
const settleMs = 50;

/**
 * Calls `reload`, one call after the other, when the files' folders change (the kubelet swaps a link there, never the
 * file) and every `pollMs` (contract P9). The function that comes back ends that.
 */
export function watchFiles(files: readonly string[], reload: () => Promise<void>, pollMs: number): () => void {
  // One after the other, so that what was read last counts.
  let reading = Promise.resolve();
  const reloadNext = (): void => {
    reading = reading.then(reload);
  };
  let settling: NodeJS.Timeout | undefined;
  const onEvent = (): void => {
    clearTimeout(settling);
    settling = setTimeout(reloadNext, settleMs);
  };
  const poll = setInterval(reloadNext, pollMs);
  poll.unref();
  const folders = [...new Set(files.map((file) => path.dirname(file)))];
  const watchers = folders.map((folder) => watchFolder(folder, onEvent)).filter((watcher) => watcher !== undefined);
  return () => {
    clearInterval(poll);
    clearTimeout(settling);
    for (const watcher of watchers) watcher.close();
  };
}

/** Without a watch, where the system allows no more of them, the poll still finds every change. */
function watchFolder(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
