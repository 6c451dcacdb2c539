/**
 * `node tools/cluster/supervise.ts [node]`: the cluster of a test run, or a whole node, in a process of its own. Prints one
 * line of JSON, the {@link SupervisedCluster}; stops everything and removes all files when its input ends, which it also
 * does when the test run is killed. A Ctrl-C is for the test run: its end is what counts here.
 */
import { openCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { openNode } from './node/open-node.ts';
import type { NodeCluster } from './node/open-node.ts';

export type SupervisedCluster = Cluster | NodeCluster | { readonly kind: 'missing'; readonly sentence: string };

const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const kubeconfig = process.env['PODGRAFT_TEST_KUBECONFIG'] || undefined;

const inputEnded = new Promise<void>((resolve) => {
  process.stdin.on('end', resolve).on('error', resolve).resume();
  process.on('SIGTERM', resolve);
});
process.on('SIGINT', () => undefined);

const opened = process.argv[2] === 'node' ? await openNode(tell) : await openCluster(kubeconfig, tell);
if (opened.kind === 'missing') {
  process.stdout.write(`${JSON.stringify(opened)}\n`);
} else {
  process.stdout.write(`${JSON.stringify(opened.cluster)}\n`);
  const reason = await Promise.race([inputEnded, opened.broken.then(() => 'a server of the test cluster has ended')]);
  if (typeof reason === 'string') tell(reason);
  await opened.close();
}
process.exit();
