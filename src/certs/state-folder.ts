import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Where state is kept that should outlive the process: `$XDG_STATE_HOME/podgraft`, else below `home`. */
export function defaultStateFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = env['XDG_STATE_HOME'];
  // The XDG base directory specification ignores a relative one.
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(home, '.local', 'state'), 'podgraft');
}

/** Older than this, a lock is left over, whatever process has its number now: holding it takes a second. */
const staleMs = 30_000;
const retryMs = 25;

/**
 * Does `work` while no other process works on the folder, which is made where it isn't there.
 * Rejects with the system's error where the folder can't be used.
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = path.join(folder, 'lock');
  while (!(await take(lock))) {
    if (!(await removeIfStale(lock))) await wait(retryMs);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Makes the lock, with our process id, if it isn't there: written beside it first, as a link appears at once and whole. */
async function take(lock: string): Promise<boolean> {
  const temporary = `${lock}.${randomUUID()}`;
  await writeFile(temporary, String(process.pid), { mode: 0o600 });
  try {
    await link(temporary, lock);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Removes a lock whose process is gone. Of several who see that at once one moves it away; what it moved is looked at again. */
async function removeIfStale(lock: string): Promise<boolean> {
  if (!(await isStale(lock))) return false;
  const moved = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, moved);
    if (!(await isStale(moved))) await link(moved, lock);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'EEXIST')) return true;
    throw error;
  } finally {
    await rm(moved, { force: true });
  }
}

async function isStale(lock: string): Promise<boolean> {
  try {
    const [{ mtimeMs }, owner] = await Promise.all([stat(lock), readFile(lock, 'utf8')]);
    return Date.now() - mtimeMs > staleMs || !isRunning(Number(owner));
  } catch {
    // It is gone: try to take it.
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isCode(error, 'ESRCH');
  }
}

/** A file's text; undefined where there is no such file. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Writes a file so that whoever reads it sees all of the old or all of the new. */
export async function writeAtomically(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  try {
    await writeFile(temporary, text, { mode, flush: true });
    await chmod(temporary, mode);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
