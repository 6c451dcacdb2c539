import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { crdFile } from '../crd/definition.ts';
import { run, startChild } from './child.ts';
import type { Child } from './child.ts';
import type { Cluster } from './cluster.ts';
import { freePorts } from './control-plane.ts';
import { exampleTemplates } from './example-templates.ts';
import { webhookConfiguration } from './webhook-configuration.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Starts `podgraft serve` over the examples' templates, as a process of this machine beside a control plane, and registers it. */
export async function startPodgraftBeside(cluster: Cluster): Promise<Child> {
  const folder = await mkdtemp(path.join(cluster.folder, 'podgraft-'));
  const [port, probePort] = await freePorts(2);
  const args = [
    path.join(root, 'bin', 'podgraft.mjs'),
    'serve',
    '--host=127.0.0.1',
    `--port=${port}`,
    `--probe-port=${probePort}`,
    `--state-dir=${folder}`,
    '--allow=privileged',
    '--drain-seconds=0',
    '--quiet-seconds=0',
    ...exampleTemplates.map((file) => `--templates=${file}`),
  ];
  const child = startChild('podgraft', process.execPath, args, path.join(folder, 'podgraft.log'));
  try {
    await untilReady(`http://127.0.0.1:${probePort}/readyz`, child);
    await register(cluster, `https://127.0.0.1:${port}`, await readFile(path.join(folder, 'ca.crt'), 'utf8'));
  } catch (error) {
    await child.stop();
    throw error;
  }
  return child;
}

async function register({ kubeconfig, kubectl }: Cluster, url: string, ca: string): Promise<void> {
  const excludedNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'podgraft-system'];
  const configuration = webhookConfiguration({ name: '00-podgraft', url, ca, excludedNamespaces });
  for (const file of [crdFile, '-']) {
    const apply = ['--kubeconfig', kubeconfig, 'apply', '--server-side', '--filename', file];
    await run(kubectl, apply, { input: JSON.stringify(configuration) });
  }
}

async function untilReady(url: string, child: Child): Promise<void> {
  for (;;) {
    const isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (!child.isRunning()) throw new Error(await readFile(child.logFile, 'utf8'));
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}
