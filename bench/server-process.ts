import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A server that the bench has started. */
export interface ServerProcess {
  readonly port: number;
  /** Seconds of CPU that the process has used so far, all its threads, user and system. */
  readonly cpuSeconds: () => number;
  readonly residentBytes: () => number;
  /** Bytes that it has written to stdout. */
  readonly loggedBytes: () => number;
  /** The end of what it has written to stderr. */
  readonly complaints: () => string;
  /** Sends the signal and waits for the end; the exit code, or null where the signal ended it. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<number | null>;
}

interface StartOptions {
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly port: number;
  /** The core that it runs on; any where it is absent. */
  readonly core?: number;
  /** True as soon as it answers as it shall. */
  readonly isReady: () => Promise<boolean>;
}

/** Loading 10,000 templates takes its time. */
const startMs = 120_000;

/** Starts a server, pinned to one core, and waits until it is ready. Its stdout is read and thrown away. */
export async function startServer({ name, command, env, port, core, isReady }: StartOptions): Promise<ServerProcess> {
  const [program = '', ...given] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const child = spawn(program, given, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let logged = 0;
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => (logged += chunk.length));
  child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-100_000)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} cannot be started`);
  // Nothing that was started outlives the bench, however it ends.
  process.once('exit', () => child.kill('SIGKILL'));

  const sinceMs = performance.now();
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${complaints.slice(-2000)}`);
    if (performance.now() - sinceMs > startMs)
      throw new Error(`${name} is not ready after ${startMs} ms:\n${complaints.slice(-2000)}`);
    await wait(50);
  }
  return {
    port,
    // taskset becomes the program that it is given, so this is the server's own process id.
    cpuSeconds: () => readCpuSeconds(pid),
    residentBytes: () => readResidentBytes(pid),
    loggedBytes: () => logged,
    complaints: () => complaints,
    end: async (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout || '100');

function readCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command stands in parentheses and may hold anything; utime and stime are fields 14 and 15 of proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function readResidentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}

/** Ports of 127.0.0.1 that are free now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports = await Promise.all(
    servers.map(
      async (server) =>
        new Promise<number>((resolve) => {
          server.once('listening', () => {
            const address = server.address();
            const port = typeof address === 'object' && address !== null ? address.port : 0;
            server.close(() => resolve(port));
          });
        }),
    ),
  );
  return ports;
}
