import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { localNames } from '../../../src/certs/issue.ts';
import { apiServerClient } from '../../support/api-server-client.ts';
import type { ApiServerClient } from '../../support/api-server-client.ts';
import { newAuthority } from './authority.ts';
import type { Command } from './inside.ts';

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const inside = new URL('inside.ts', import.meta.url).href;

/** How `podgraft serve` is started. */
export interface ServeOptions {
  /** Files below its working folder; those in `templates/` are served. */
  readonly files?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly nodeFlags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where stdout goes: collected, nobody reads it, or a file descriptor. */
  readonly stdout?: 'collect' | 'unread' | number;
  /** Loads `inside.ts`, for {@link ServeProcess.tell}. */
  readonly withInside?: boolean;
  /** `state`: makes its own certificate below its folder. */
  readonly certificate?: 'files' | 'state';
}

export interface ServeProcess {
  readonly folder: string;
  readonly pid: number;
  readonly port: number;
  readonly probePort: number;
  readonly ca: string;
  readonly client: ApiServerClient;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly probe: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
  /** The value of one series; undefined where there is none. */
  readonly metric: (series: string) => Promise<number | undefined>;
  /** Resident memory. */
  readonly rssBytes: () => number;
  /** Does something inside the process; resolves when it is done. */
  readonly tell: (command: Command) => Promise<void>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Reads its stdout and stderr no more: whoever writes there finds a broken pipe. */
  readonly hangUp: () => void;
  /** Resolves with the exit code, or the signal, when all has been read that it wrote. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  readonly end: () => Promise<void>;
}

/** Waits until the condition holds; the test's own time limit ends a wait for ever. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(20);
}

/** A new folder with these files. */
export function newFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'podgraft-fault-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

/** Starts the server from its source, as a process of its own, and waits until it serves. */
export async function startServe(options: ServeOptions = {}): Promise<ServeProcess> {
  const { files = {}, flags = [], certificate = 'files' } = options;
  const authority = await newAuthority();
  const leaf = await authority.server(localNames);
  const folder = newFolder({ 'templates/none.yaml': '', 'tls.crt': leaf.cert, 'tls.key': leaf.key, ...files });
  const pair = certificate === 'files' ? ['--tls-cert', 'tls.crt', '--tls-key', 'tls.key'] : ['--state-dir', 'state'];
  const free = ['--host', 'localhost', '--port', '0', '--probe-port', '0'];
  const quick = ['--drain-seconds', '0', '--quiet-seconds', '0'];
  const child = launch(['serve', '--templates', 'templates', ...free, ...quick, ...pair, ...flags], folder, options);
  const { stderr } = child;
  let hasEnded = false;
  void child.exited.then(() => (hasEnded = true));
  try {
    await until(() => {
      if (hasEnded) throw new Error(`serve ended: ${stderr()}`);
      return /templates {4}\S/u.test(stderr());
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const port = Number(/https:\/\/localhost:(\d+)\//u.exec(stderr())?.[1]);
  const probePort = Number(/http:\/\/localhost:(\d+)\//u.exec(stderr())?.[1]);
  const ca = certificate === 'files' ? authority.ca : readFileSync(path.join(folder, 'state/ca.crt'), 'utf8');
  const client = apiServerClient(port, ca);
  const pid = child.child.pid ?? 0;
  const probe: ServeProcess['probe'] = async (at) => {
    const response = await fetch(`http://localhost:${probePort}${at}`);
    return { status: response.status, text: await response.text() };
  };
  return {
    folder,
    pid,
    port,
    probePort,
    ca,
    client,
    stdout: child.stdout,
    stderr,
    probe,
    metric: async (series) => {
      const { text } = await probe('/metrics');
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
    rssBytes: () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024,
    tell: async (command) => {
      const done = once(child.child, 'message');
      child.child.send(command);
      await done;
    },
    signal: (name) => void child.child.kill(name),
    hangUp: () => {
      child.child.stdout?.destroy();
      child.child.stderr?.destroy();
    },
    exited: child.exited,
    end: async () => {
      client.close();
      child.child.kill('SIGKILL');
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same for one test; ends with it. */
export async function serve(options: ServeOptions = {}): Promise<ServeProcess> {
  const server = await startServe(options);
  onTestFinished(server.end);
  return server;
}

/** The same for all tests of a file. */
export function serveAll(options: ServeOptions = {}): () => ServeProcess {
  let server: ServeProcess | undefined;
  beforeAll(async () => {
    server = await startServe(options);
  });
  afterAll(async () => server?.end());
  return () => {
    if (server === undefined) throw new Error('it has not started yet');
    return server;
  };
}

/** A command of the program as a process of its own. */
export interface Launched {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** As {@link ServeProcess.exited}. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
}

/** Starts the program; `before` is what runs it instead of the shell, such as `unshare --mount`. */
export function launch(
  args: readonly string[],
  cwd: string,
  options: ServeOptions = {},
  before: readonly string[] = [],
): Launched {
  const { nodeFlags = [], env = {}, stdout = 'collect', withInside = false } = options;
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PODGRAFT_')));
  const flags = [...nodeFlags, ...(withInside ? ['--import', inside] : [])];
  const [command = '', ...rest] = [...before, process.execPath, ...flags, main, ...args];
  const stdio: StdioOptions = ['ignore', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'];
  const child = spawn(command, rest, {
    cwd,
    stdio: withInside ? [...stdio, 'ipc'] : stdio,
    env: { ...clean, NODE_OPTIONS: '', NO_COLOR: '1', ...env },
  });
  let out = '';
  let errors = '';
  if (stdout === 'collect') child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    // Not `exit`: what it wrote last may still be on its way then.
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return { child, stdout: () => out, stderr: () => errors, exited };
}
