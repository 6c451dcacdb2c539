import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';
import type { SupervisedCluster } from '../../tools/cluster/supervise.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly cluster: SupervisedCluster;
  }
}

/**
 * One cluster for the whole run. Where none can be had the tests are skipped, with a sentence that says what is
 * missing; with CI=true that is a failure.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const file = new URL('../../tools/cluster/supervise.ts', import.meta.url).pathname;
  const supervisor = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(supervisor, 'exit');
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(supervisor.stdout)
      .once('line', resolve)
      .once('close', () => reject(new Error('no test cluster')));
  });
  const teardown = async (): Promise<void> => {
    supervisor.stdin.end();
    await ended;
  };
  const cluster = JSON.parse(line) as SupervisedCluster;
  if (cluster.kind === 'missing') {
    await teardown();
    if (process.env['CI'] === 'true') throw new Error(cluster.sentence);
    process.stderr.write(`The cluster tests are skipped: ${cluster.sentence}\n`);
  }
  project.provide('cluster', cluster);
  return teardown;
}
