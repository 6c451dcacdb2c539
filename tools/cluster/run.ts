/**
 * `npm run cluster`: a real Kubernetes with podgraft in it, until Ctrl-C. Where a whole node can be had podgraft is installed by
 * its chart, and pods run; else it runs as a process beside a control plane, and pods are made and stay Pending.
 */
import { readFile } from 'node:fs/promises';
import { openCluster } from './cluster.ts';
import { exampleWorkload } from './example-templates.ts';
import { installPodgraft } from './node/install.ts';
import { openNode } from './node/open-node.ts';
import { startPodgraftBeside } from './podgraft-beside.ts';

const tell = (line: string): void => void process.stdout.write(`${line}\n`);

// A Ctrl-C may come more than once: from the terminal, and handed on by what started this. None cuts the stopping short.
const interrupted = new Promise<void>((resolve) => {
  process.on('SIGINT', resolve).on('SIGTERM', resolve);
});
const sentence = await runNode();
if (sentence !== undefined) {
  tell(`Without nodes, pods are made and stay Pending: ${sentence}.`);
  await runControlPlane();
}
process.exit();

/** The answer is why there can be no node. */
async function runNode(): Promise<string | undefined> {
  const opened = await openNode(tell);
  if (opened.kind === 'missing') return opened.sentence;
  const { cluster, broken, close } = opened;
  try {
    await installPodgraft(cluster, tell);
    tell(invitation(cluster));
    tell(`  kubectl wait --namespace prefect --for=condition=complete job/prefect-job-docker-build
  kubectl logs --namespace prefect job/prefect-job-docker-build flow

To enter its network: nsenter --target ${cluster.pid} --net
`);
    await Promise.race([interrupted, broken]);
  } finally {
    tell('Stopping');
    await close();
  }
  return undefined;
}

async function runControlPlane(): Promise<void> {
  const opened = await openCluster(undefined, tell);
  if (opened.kind === 'missing') {
    tell(opened.sentence);
    process.exitCode = 2;
    return;
  }
  const { cluster, broken, close } = opened;
  try {
    const podgraft = await startPodgraftBeside(cluster);
    tell(invitation(cluster));
    tell('  kubectl get pods --namespace prefect --output yaml\n');
    await Promise.race([interrupted, broken, podgraft.ended]);
    if (!podgraft.isRunning()) tell(await readFile(podgraft.logFile, 'utf8'));
    await podgraft.stop();
  } finally {
    tell('Stopping');
    await close();
  }
}

function invitation({ kubeconfig, kubectl }: { readonly kubeconfig: string; readonly kubectl: string }): string {
  return `
Kubernetes is up, with podgraft in it; Ctrl-C stops both. In another terminal:

  export KUBECONFIG=${kubeconfig}
  alias kubectl=${kubectl}

To try:
  kubectl create namespace prefect
  kubectl apply -f ${exampleWorkload}`;
}
