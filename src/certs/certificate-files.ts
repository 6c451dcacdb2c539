import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { toPair } from './certificate-pair.ts';
import type { CertificatePair } from './certificate-pair.ts';
import { holdPair } from './certificate-source.ts';
import type { OpenedCertificate } from './certificate-source.ts';

export interface CertificateFiles {
  readonly certPath: string;
  readonly keyPath: string;
  /** Told once about each state of the files that is no pair, while the old pair stays in use (T41). */
  readonly onProblem: (message: string) => void;
  /** How often the contents are compared, however quiet the folder is (contract P9). */
  readonly pollMs?: number;
}

/** How long a folder must be still before its files are read: certificate and key are written one after the other. */
const settleMs = 50;

type Read =
  | { readonly kind: 'pair'; readonly pair: CertificatePair }
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * Opens a certificate that somebody else keeps in files: cert-manager, the kubelet, a person. Read again when their
 * folders change (the kubelet swaps a link there, never the file) and every `pollMs`; certificate and key count only
 * as a pair.
 */
export async function openCertificateFiles(files: CertificateFiles): Promise<OpenedCertificate> {
  const { certPath, keyPath, onProblem, pollMs = 10_000 } = files;
  const first = await readPair(certPath, keyPath);
  if (first.kind === 'invalid') return { kind: 'failed', message: first.message };
  const held = holdPair(first.pair);
  let lastProblem: string | undefined;

  let isClosed = false;
  const reload = async (): Promise<void> => {
    const read = await readPair(certPath, keyPath);
    if (isClosed) return;
    if (read.kind === 'pair') {
      lastProblem = undefined;
      held.replace(read.pair);
      return;
    }
    if (read.message !== lastProblem) onProblem(`${read.message}; the certificate from before stays in use`);
    lastProblem = read.message;
  };
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
  const folders = [...new Set([certPath, keyPath].map((file) => path.dirname(file)))];
  const watchers = folders.map((folder) => watchFolder(folder, onEvent)).filter((watcher) => watcher !== undefined);

  return {
    kind: 'open',
    source: {
      current: held.current,
      onChange: held.onChange,
      close: () => {
        isClosed = true;
        clearInterval(poll);
        clearTimeout(settling);
        for (const watcher of watchers) watcher.close();
      },
    },
  };
}

async function readPair(certPath: string, keyPath: string): Promise<Read> {
  const [cert, key] = await Promise.all([readText(certPath, '--tls-cert'), readText(keyPath, '--tls-key')]);
  if (typeof cert !== 'string') return cert;
  if (typeof key !== 'string') return key;
  const result = toPair(cert, key);
  if (result.kind === 'pair') return result;
  return { kind: 'invalid', message: `${certPath} and ${keyPath}: ${result.message}` };
}

async function readText(file: string, flag: string): Promise<string | (Read & { kind: 'invalid' })> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    return { kind: 'invalid', message: `${file} cannot be read (${codeOf(error)}); see ${flag}` };
  }
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
