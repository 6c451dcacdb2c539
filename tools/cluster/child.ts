import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** A server that we started. */
export interface Child {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when it has ended, by itself or not. */
  readonly ended: Promise<void>;
  readonly isRunning: () => boolean;
  /** Asks it to end, ends it after 10 s, and resolves when it has. */
  readonly stop: () => Promise<void>;
}

const graceMs = 10_000;

/** Starts a server whose output goes to a file. In a process group of its own: a terminal's Ctrl-C is for us to hear. */
export function startChild(name: string, file: string, args: readonly string[], logFile: string): Child {
  const log = openSync(logFile, 'a');
  const child = spawn(file, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let isRunning = true;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      isRunning = false;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  return {
    name,
    logFile,
    ended,
    isRunning: () => isRunning,
    stop: async () => {
      if (!isRunning) return;
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(kill);
    },
  };
}

/** How a program ended: its exit code, `absent` where there is no such program, `killed` by a signal. */
export interface Ending {
  readonly exit: number | 'absent' | 'killed';
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly onStart?: (pid: number) => void;
}

/** Runs a program to its end. Never rejects. */
export async function runToEnd(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ending> {
  const { cwd, env, input, onStart } = options;
  const child: ChildProcess = spawn(file, args, {
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) onStart?.(child.pid);
  const texts = { stdout: '', stderr: '', output: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      texts.output += text;
    });
  }
  // A program that doesn't read its input to the end closes the pipe.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input ?? '');
  return new Promise((resolve) => {
    child.once('error', () => resolve({ ...texts, exit: 'absent' }));
    child.once('close', (code) => resolve({ ...texts, exit: code ?? 'killed' }));
  });
}

/** Runs a program that is to end well, and answers what it prints; throws what else it has to say. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exit, stdout, output } = await runToEnd(file, args, options);
  if (exit === 0) return stdout;
  throw new Error(`${file} ${args.join(' ')}: ${exit === 'absent' ? 'there is no such program' : output.trimEnd()}`);
}
