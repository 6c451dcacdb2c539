import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What wrk says of one slice. */
export interface Slice {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What is missing of the programs that drive the servers, as one line that says what to do; undefined where all is there. */
export function missingProgram(): string | undefined {
  const has = (name: string): boolean => spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
  if (process.platform !== 'linux') return 'the bench reads /proc and pins processes to cores: run it on Linux';
  if (!has('wrk')) return 'wrk is missing, which drives the servers: install it (apt-get install wrk)';
  if (!has('taskset'))
    return 'taskset is missing, which pins processes to cores: install it (apt-get install util-linux)';
  return undefined;
}

interface SliceOptions {
  readonly port: number;
  readonly bodyFile: string;
  readonly connections: number;
  readonly seconds: number;
  /** The core that wrk runs on. */
  readonly core: number;
}

const run = promisify(execFile);
const script = fileURLToPath(new URL('post.lua', import.meta.url));

/** Drives one server for whole seconds, over HTTPS with keep-alive. Throws where an answer was not 2xx or a connection broke. */
export async function driveSlice({ port, bodyFile, connections, seconds, core }: SliceOptions): Promise<Slice> {
  const url = `https://127.0.0.1:${port}/mutate/pods`;
  const wrk = [
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    '10s',
    '-s',
    script,
    url,
    '--',
    bodyFile,
  ];
  const { stdout } = await run('taskset', ['-c', String(core), ...wrk]);
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`wrk printed no counts:\n${stdout}`);
  const counts = JSON.parse(line) as Record<'requests' | 'microseconds' | 'non2xx' | 'broken' | 'p50' | 'p99', number>;
  if (counts.non2xx > 0) throw new Error(`${counts.non2xx} of ${counts.requests} answers of ${url} were not 2xx`);
  if (counts.broken > 0) throw new Error(`${counts.broken} connections to ${url} broke`);
  return {
    requests: counts.requests,
    seconds: counts.microseconds / 1e6,
    p50Ms: counts.p50 / 1000,
    p99Ms: counts.p99 / 1000,
  };
}
