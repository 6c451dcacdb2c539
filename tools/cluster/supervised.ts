import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SupervisedCluster } from './supervise.ts';

/** A cluster whose process ends with ours, however ours ends. */
export interface Supervised {
  readonly cluster: SupervisedCluster;
  /** Ends it, and resolves when nothing of it is left. */
  readonly end: () => Promise<void>;
}

/**
 * Starts `supervise.ts` and waits for its cluster, or its whole node. Rejects where there should be one and it doesn't come up; why, it has
 * said on stderr.
 */
export async function startSupervisedCluster(
  env: NodeJS.ProcessEnv = process.env,
  what: 'cluster' | 'node' = 'cluster',
): Promise<Supervised> {
  const file = fileURLToPath(new URL('supervise.ts', import.meta.url));
  const supervisor = spawn(process.execPath, [file, what], { stdio: ['pipe', 'pipe', 'inherit'], env });
  const line = await new Promise<string>((resolve, reject) => {
    const lines = createInterface(supervisor.stdout);
    lines.once('line', resolve).once('close', () => reject(new Error('the cluster did not come up: see above')));
  });
  return {
    cluster: JSON.parse(line) as SupervisedCluster,
    end: async () => {
      if (supervisor.exitCode !== null) return;
      const ended = once(supervisor, 'exit');
      supervisor.stdin.end();
      await ended;
    },
  };
}
