/**
 * `node bin/dev.mjs tools/cluster/with-node.ts -- COMMAND [ARG...]`: runs a command in the network of a whole node that is
 * there for as long as the command runs, with KUBECONFIG set. The exit code is the command's.
 * PODGRAFT_NODE_PID and PODGRAFT_NODE_FOLDER are for what else {@link file://./node/open-node.ts} says of the node.
 */
import { spawn } from 'node:child_process';
import { openNode } from './node/open-node.ts';

const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const separator = process.argv.indexOf('--');
const command = separator < 0 ? [] : process.argv.slice(separator + 1);
if (command.length === 0) {
  tell('usage: node bin/dev.mjs tools/cluster/with-node.ts -- COMMAND [ARG...]');
  process.exit(2);
}

// A Ctrl-C is for the command to hear: when it ends, so do we.
process.on('SIGINT', () => undefined);
const opened = await openNode(tell);
if (opened.kind === 'missing') {
  tell(opened.sentence);
  process.exit(2);
}
const { cluster } = opened;
const child = spawn('nsenter', ['--target', String(cluster.pid), '--net', ...command], {
  stdio: 'inherit',
  env: {
    ...process.env,
    KUBECONFIG: cluster.kubeconfig,
    KUBECTL: cluster.kubectl,
    PODGRAFT_NODE_PID: String(cluster.pid),
    PODGRAFT_NODE_FOLDER: cluster.folder,
  },
});
process.on('SIGTERM', () => child.kill('SIGTERM'));
const code = await new Promise<number>((resolve) => {
  child.once('error', () => resolve(127)).once('exit', (exit) => resolve(exit ?? 1));
});
await opened.close();
process.exit(code);
