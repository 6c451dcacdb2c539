/**
 * `npm run cluster`: a real Kubernetes API server with podgraft in front of it, until Ctrl-C. podgraft runs on this machine,
 * `podgraft serve` over the examples' templates; there are no nodes, so pods are made and stay Pending.
 */
import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { crdFile } from '../crd/definition.ts';
import { runToEnd, startChild } from './child.ts';
import type { Child } from './child.ts';
import { openCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { freePorts } from './control-plane.ts';
import { webhookConfiguration } from './webhook-configuration.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tell = (line: string): void => void process.stdout.write(`${line}\n`);

const interrupted = new Promise<void>((resolve) => {
  process.once('SIGINT', resolve).once('SIGTERM', resolve);
});
const opened = await openCluster(undefined, tell);
if (opened.kind === 'missing') {
  tell(opened.sentence);
  process.exitCode = 2;
} else {
  let podgraft: Child | undefined;
  try {
    podgraft = await installPodgraft(opened.cluster);
    tell(invitation(opened.cluster));
    await Promise.race([interrupted, opened.broken, podgraft.ended]);
    if (!podgraft.isRunning()) tell(await readFile(podgraft.logFile, 'utf8'));
  } finally {
    tell('Stopping');
    await podgraft?.stop();
    await opened.close();
  }
}
process.exit();

/** Starts podgraft on this machine and registers it. */
async function installPodgraft(cluster: Cluster): Promise<Child> {
  const folder = await mkdtemp(path.join(cluster.folder, 'podgraft-'));
  const [port, probePort] = await freePorts(2);
  const examples = path.join(root, 'examples');
  const systems = ['flyte-pod-task', 'flyte-sidecar-task', 'flyte2-pod-template', 'hkube-sidecars', 'prefect-dind'];
  const templates = systems.map((system) => `--templates=${path.join(examples, system, 'template.yaml')}`);
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
    ...templates,
  ];
  const child = startChild('podgraft', process.execPath, args, path.join(folder, 'podgraft.log'));
  await untilReady(`http://127.0.0.1:${probePort}/readyz`, child);
  const configuration = webhookConfiguration({
    name: '00-podgraft',
    url: `https://127.0.0.1:${port}`,
    ca: await readFile(path.join(folder, 'ca.crt'), 'utf8'),
    excludedNamespaces: ['kube-system', 'kube-public', 'kube-node-lease', 'podgraft-system'],
  });
  for (const applied of [
    ['--filename', crdFile],
    ['--filename', '-'],
  ]) {
    const command = ['--kubeconfig', cluster.kubeconfig, 'apply', '--server-side', ...applied];
    const { exit, stderr } = await runToEnd(cluster.kubectl, command, { input: JSON.stringify(configuration) });
    if (exit !== 0) throw new Error(stderr);
  }
  return child;
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

function invitation({ kubeconfig, kubectl }: Cluster): string {
  return `
Kubernetes is up, with podgraft in front of it; Ctrl-C stops both. In another terminal:

  export KUBECONFIG=${kubeconfig}
  alias kubectl=${kubectl}

To try:
  kubectl create namespace prefect
  kubectl apply -f ${path.join(root, 'examples', 'prefect-dind', 'workload.yaml')}
  kubectl get pods --namespace prefect --output yaml
`;
}
