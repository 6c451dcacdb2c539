import { spawnSync } from 'node:child_process';
import os from 'node:os';

/** Where figures were measured: nothing that names the machine or its user. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly go: string;
  readonly wrk: string;
}

export function describeMachine(go: string): Machine {
  const version = spawnSync('wrk', ['--version'], { encoding: 'utf8' });
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.cpus().length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    go,
    wrk: /\d+\.\d+\.\d+/u.exec(version.stdout + version.stderr)?.[0] ?? 'unknown',
  };
}
