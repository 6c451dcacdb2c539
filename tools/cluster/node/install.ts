import { fileURLToPath } from 'node:url';
import { buildHelm, helmPath, helmVersions } from '../../helm/binaries.ts';
import { run } from '../child.ts';
import { exampleTemplates } from '../example-templates.ts';
import { loadExampleImages } from './example-images.ts';
import type { NodeCluster } from './open-node.ts';
import { loadPodgraftImage } from './podgraft-image.ts';

const chart = fileURLToPath(new URL('../../../charts/podgraft', import.meta.url));
const namespace = 'podgraft-system';

/**
 * Installs podgraft on a node as a user would, by its chart and with the image of its Dockerfile, and registers the examples'
 * templates; resolves when it is ready. Throws what stands in the way.
 */
export async function installPodgraft(
  { kubeconfig, kubectl, folder, pid }: NodeCluster,
  tell: (line: string) => void,
): Promise<void> {
  const version = helmVersions.at(-1) ?? 'v4.3.1';
  const problem = await buildHelm(version, tell);
  if (problem !== undefined) throw new Error(problem);
  tell('Building the image of the Dockerfile, and some that stand in for those of the examples');
  const image = await loadPodgraftImage(pid, folder);
  await loadExampleImages(pid, folder);
  tell('Installing the chart');
  const values = [...image, 'settings.allow={privileged}'].flatMap((value) => ['--set', value]);
  const install = ['install', 'podgraft', chart, '--namespace', namespace, '--create-namespace', ...values];
  await run(helmPath(version), install, { env: { ...process.env, KUBECONFIG: kubeconfig } });
  const ours = ['--kubeconfig', kubeconfig, '--namespace', namespace];
  // Before it is ready: then it knows them when it is.
  await run(kubectl, [...ours, 'apply', ...exampleTemplates.flatMap((file) => ['--filename', file])]);
  await run(kubectl, [...ours, 'rollout', 'status', 'deployment/podgraft', '--timeout=120s']);
}
