import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Settings } from '../core/settings.ts';
import { withLastGood } from './last-good.ts';
import type { ActiveTemplates } from './last-good.ts';
import { combine } from './template-files.ts';
import type { LoadedTemplates } from './template-files.ts';
import { readTemplateSource } from './template-folder.ts';
import type { TemplateSource } from './template-folder.ts';

/** Templates of files that are read again when they change. */
export interface TemplateWatch {
  readonly active: () => ActiveTemplates;
  /** What the last reading said. */
  readonly loaded: () => LoadedTemplates;
  readonly close: () => void;
}

export interface WatchOptions {
  readonly paths: readonly string[];
  readonly settings: Settings;
  readonly onChange: (loaded: LoadedTemplates, active: ActiveTemplates) => void;
  /** How often at most contents are compared, however quiet the folders are: not every file system tells. */
  readonly pollMs?: number;
}

/** Reading takes at most one part in so many of the time, or ten thousand files would slow the requests down. */
const pollShare = 100;

/** So long contents must stay as they are before they count: an editor writes in several steps. */
const settleMs = 100;
const maxSettling = 20;

/** Reads templates, and reads them again whenever their files change; each broken one keeps its last valid version. */
export async function watchTemplates(options: WatchOptions): Promise<TemplateWatch> {
  const { paths, settings, onChange, pollMs = 2000 } = options;
  let readMs = 0;
  const read = async (): Promise<readonly TemplateSource[]> => {
    const startMs = performance.now();
    const found = await Promise.all(paths.map(readTemplateSource));
    readMs = performance.now() - startMs;
    return found;
  };
  let sources = await read();
  let seen = fingerprint(sources);
  let loaded = combine(sources, settings);
  let active = withLastGood(undefined, loaded);
  let isClosed = false;

  const check = async (): Promise<void> => {
    sources = await read();
    if (fingerprint(sources) === seen) return;
    for (let round = 0, before = ''; round < maxSettling && fingerprint(sources) !== before; round += 1) {
      before = fingerprint(sources);
      await wait(settleMs);
      sources = await read();
    }
    const now = fingerprint(sources);
    if (isClosed || now === seen) return;
    seen = now;
    loaded = combine(sources, settings);
    active = withLastGood(active, loaded);
    onChange(loaded, active);
  };
  // One after the other, so that what was read last counts.
  let checking = Promise.resolve();
  let isWaiting = false;
  const checkNext = async (): Promise<void> => {
    if (isWaiting) return checking;
    isWaiting = true;
    checking = checking.then(async () => {
      isWaiting = false;
      await check();
    });
    return checking;
  };
  const folders = await watchFolders(paths, () => void checkNext());
  let poll: NodeJS.Timeout;
  const pollIn = (ms: number): void => {
    poll = setTimeout(() => void pollNow(), ms);
  };
  const pollNow = async (): Promise<void> => {
    await folders.renew();
    await checkNext();
    if (!isClosed) pollIn(Math.max(pollMs, pollShare * readMs));
  };
  pollIn(pollMs);
  return {
    active: () => active,
    loaded: () => loaded,
    close: () => {
      isClosed = true;
      clearTimeout(poll);
      folders.close();
    },
  };
}

function fingerprint(sources: readonly TemplateSource[]): string {
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex');
}

interface WatchedFolders {
  /** Watches those that have come, or have come back. */
  readonly renew: () => Promise<void>;
  readonly close: () => void;
}

async function watchFolders(paths: readonly string[], onEvent: () => void): Promise<WatchedFolders> {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>();
  const drop = (folder: string): void => {
    watchers.get(folder)?.watcher.close();
    watchers.delete(folder);
  };
  const renew = async (): Promise<void> => {
    for (const source of paths) {
      try {
        const found = await stat(source);
        const folder = found.isDirectory() ? source : path.dirname(source);
        const { ino } = found.isDirectory() ? found : await stat(folder);
        if (watchers.get(folder)?.inode === ino) continue;
        drop(folder);
        const watcher = watch(folder, { persistent: false }, onEvent);
        watcher.on('error', () => drop(folder));
        watchers.set(folder, { watcher, inode: ino });
      } catch {
        drop(source); // the poll goes on looking for it
      }
    }
  };
  await renew();
  return {
    renew,
    close: () => {
      for (const folder of watchers.keys()) drop(folder);
    },
  };
}
