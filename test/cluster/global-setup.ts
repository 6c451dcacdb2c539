import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import type { SupervisedCluster } from '../../tools/cluster/supervise.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly cluster: SupervisedCluster;
  }
}

let supervisor: ChildProcess | undefined;

/**
 * One cluster for the whole run. Where none can be had the tests are skipped, with a sentence that says what is
 * missing; with CI=true that is a failure.
 */
export async function setup(project: TestProject): Promise<void> {
  const file = fileURLToPath(new URL('../../tools/cluster/supervise.ts', import.meta.url));
  const started = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  supervisor = started;
  const line = await new Promise<string>((resolve, reject) => {
    const lines = createInterface(started.stdout);
    lines.once('line', resolve).once('close', () => reject(new Error('the test cluster did not come up: see above')));
  });
  const cluster = JSON.parse(line) as SupervisedCluster;
  if (cluster.kind === 'missing') {
    if (process.env['CI'] === 'true') throw new Error(cluster.sentence);
    process.stderr.write(`The cluster tests are skipped: ${cluster.sentence}\n`);
  }
  project.provide('cluster', cluster);
}

/** Ends the cluster, and waits until nothing of it is left. */
export async function teardown(): Promise<void> {
  if (supervisor === undefined || supervisor.exitCode !== null) return;
  const ended = once(supervisor, 'exit');
  supervisor.stdin?.end();
  await ended;
}
