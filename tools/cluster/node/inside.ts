/**
 * `node tools/cluster/node/inside.ts PLAN`: a whole node, in the namespaces of its own that {@link file://./open-node.ts}
 * starts it in. Prints `ready` when the node is; ends everything when its input ends or a server does.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { NodeBinaries } from '../binaries.ts';
import { runToEnd, startChild } from '../child.ts';
import type { Child } from '../child.ts';
import { proxyCommand, untilProxyServes } from '../cluster.ts';
import { startControlPlane, stopChildren } from '../control-plane.ts';
import { removeCgroups } from './cgroups.ts';
import { writeRuntimeConfiguration } from './container-runtime.ts';
import { startDns } from './dns.ts';
import { nodeName, writeKubeletConfiguration } from './kubelet.ts';
import { hideState, nodeAddress, openNetwork, podRange } from './network.ts';
import { openTunnel } from './tunnel.ts';

/** All of it is text, to be handed to this process. */
export interface Plan {
  readonly binaries: NodeBinaries;
  /** Where logs and kubeconfigs are written. It is removed in the end. */
  readonly folder: string;
  /** The API server's, the same inside and outside, so that one kubeconfig serves both. */
  readonly apiPort: number;
}

/**
 * The sockets in the plan's folder that lead to the API server and to a `kubectl proxy` for it: files are seen from both
 * sides, ports aren't.
 */
export const sockets = { api: 'api.sock', proxy: 'proxy.sock' };

if (import.meta.main) {
  await main(JSON.parse(process.argv[2] ?? '') as Plan);
  process.exit();
}

async function main(plan: Plan): Promise<void> {
  const inputEnded = new Promise<void>((resolve) => {
    process.stdin.on('end', resolve).on('error', resolve).resume();
    process.on('SIGTERM', resolve);
  });
  const children: Child[] = [];
  let wasReady = false;
  try {
    await startNode(plan, children);
    wasReady = true;
    process.stdout.write('ready\n');
    const ended = children.map(async ({ ended: hasEnded, name, logFile }) => {
      await hasEnded;
      return `${name} has ended; its log: ${logFile}`;
    });
    const reason = await Promise.race([inputEnded, ...ended]);
    if (reason !== undefined) process.stderr.write(`${reason}\n`);
  } catch (error) {
    // Whoever started this hears why, and the logs are still there to be read.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
  const [runtime, ...others] = children;
  await stopChildren(others);
  // Nobody starts a container any more, and containerd still says which there are.
  const { stdout } = await runToEnd('ctr', ['--namespace', 'k8s.io', 'containers', 'list', '--quiet']);
  await removeCgroups(stdout.split('\n').filter((id) => id !== ''));
  await runtime?.stop();
  // Whoever started this may have been killed. Of a node that did not come up it reads the logs.
  if (wasReady) await rm(plan.folder, { recursive: true, force: true });
}

async function startNode(plan: Plan, children: Child[]): Promise<void> {
  const { binaries, folder, apiPort } = plan;
  const start = (name: string, file: string, args: readonly string[]): void => {
    children.push(startChild(name, file, args, path.join(folder, `${name}.log`)));
  };
  await openNetwork();
  await hideState();
  await openTunnel({ path: path.join(folder, sockets.api) }, { host: '127.0.0.1', port: apiPort });
  start('containerd', 'containerd', ['--config', await writeRuntimeConfiguration(folder)]);
  const flags = [
    '--bind-address=0.0.0.0',
    `--advertise-address=${nodeAddress}`,
    '--kubelet-preferred-address-types=InternalIP',
  ];
  const plane = await startControlPlane(binaries, folder, { host: 'localhost', port: apiPort, flags });
  children.push(...plane.children);
  const { kubeconfig, nodeKubeconfig } = plane;
  const where = [`--unix-socket=${path.join(folder, sockets.proxy)}`];
  const proxy = startChild(...proxyCommand(binaries.kubectl, kubeconfig, where, folder));
  children.push(proxy);
  await untilProxyServes(proxy);
  await startDns(nodeAddress, async (namespace, service) => {
    const get = ['--kubeconfig', kubeconfig, '--namespace', namespace, 'get', 'service', service];
    const { stdout } = await runToEnd(binaries.kubectl, [...get, '--output=jsonpath={.spec.clusterIP}']);
    return /^[\d.]+$/.exec(stdout)?.[0];
  });
  start('kubelet', binaries.kubelet, [
    `--config=${await writeKubeletConfiguration(folder)}`,
    `--kubeconfig=${nodeKubeconfig}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${nodeAddress}`,
  ]);
  start('kube-proxy', binaries['kube-proxy'], [
    `--kubeconfig=${nodeKubeconfig}`,
    `--hostname-override=${nodeName}`,
    '--proxy-mode=iptables',
    `--cluster-cidr=${podRange}`,
    // Pods share a bridge: an answer from one to another would go past the translation of a Service's address.
    '--masquerade-all',
    // Limits of the whole machine, which aren't this namespace's to set.
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0',
    '--conntrack-tcp-timeout-close-wait=0',
  ]);
  start('kube-scheduler', binaries['kube-scheduler'], [
    `--kubeconfig=${nodeKubeconfig}`,
    `--authentication-kubeconfig=${nodeKubeconfig}`,
    `--authorization-kubeconfig=${nodeKubeconfig}`,
    '--leader-elect=false',
  ]);
  await untilNodeIsReady(binaries.kubectl, kubeconfig, children);
}

async function untilNodeIsReady(kubectl: string, kubeconfig: string, servers: readonly Child[]): Promise<void> {
  const giveUpAtMs = performance.now() + 60_000;
  const condition = '{.status.conditions[?(@.type=="Ready")].status}/{.spec.taints}';
  const get = ['--kubeconfig', kubeconfig, 'get', 'node', nodeName, '--output', `jsonpath=${condition}`];
  for (;;) {
    const { stdout } = await runToEnd(kubectl, get);
    if (stdout === 'True/') return;
    const ended = servers.find((server) => !server.isRunning());
    if (ended !== undefined) throw new Error(`${ended.name} has ended; its log: ${ended.logFile}`);
    if (performance.now() > giveUpAtMs) throw new Error(`the node isn't ready after a minute; its log: kubelet.log`);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}
