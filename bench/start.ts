import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundle } from './fleet.ts';
import { spreadOf } from './statistics.ts';
import type { Spread } from './statistics.ts';

const example = (file: string): string => fileURLToPath(new URL(`../examples/prefect-dind/${file}`, import.meta.url));
const inject = [bundle, 'inject', '--templates', example('template.yaml'), '-f', example('workload.yaml')];

/**
 * How long `podgraft inject` takes for one small manifest, over what `node -e 0` takes: the two in turns, from the start
 * of the process to its end (specification §14). Throws where one of them fails.
 */
export function measureStart(rounds: number): Spread {
  const one = (): number => timeOf(inject) / timeOf(['-e', '0']);
  // Files are in the page cache before anything counts.
  for (let warm = 0; warm < 2; warm += 1) one();
  return spreadOf(Array.from({ length: rounds }, one));
}

function timeOf(args: readonly string[]): number {
  const startMs = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return performance.now() - startMs;
}
