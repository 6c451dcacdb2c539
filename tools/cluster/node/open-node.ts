import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildStandIn } from '../../image/stand-in.ts';
import { findNodeBinaries } from '../binaries.ts';
import type { Cluster } from '../cluster.ts';
import { freePorts } from '../control-plane.ts';
import { pauseImage } from './container-runtime.ts';
import { sockets } from './inside.ts';
import type { Plan } from './inside.ts';
import { loadImage } from './load-image.ts';
import { namespaces, whatIsMissing } from './prerequisites.ts';
import { openTunnel } from './tunnel.ts';

/** A whole node. All of it is text and numbers, so that it can be handed to another process. */
export interface NodeCluster extends Omit<Cluster, 'kind'> {
  readonly kind: 'node';
  /** A process in the node's namespaces, as it is known outside of them: for `nsenter --target`. */
  readonly pid: number;
}

export type OpenedNode =
  | {
      readonly kind: 'open';
      readonly cluster: NodeCluster;
      /** Resolves when a server has ended by itself. */
      readonly broken: Promise<void>;
      /** Stops and removes all that was started and written, the pods' processes and mounts included. */
      readonly close: () => Promise<void>;
    }
  /** A sentence: what is missing, and what to do. */
  | { readonly kind: 'missing'; readonly sentence: string };

/**
 * Starts a whole node: control plane, scheduler, containerd, kubelet and kube-proxy, in namespaces of their own for network,
 * mounts and processes. Nothing of it can reach another network, and the kernel ends all of it with its first process.
 * The API server is reached from here at the kubeconfig's port of localhost, and so it is by what runs in the node's network.
 * Throws where there should be one and it doesn't come up.
 */
export async function openNode(tell: (line: string) => void): Promise<OpenedNode> {
  const sentence = await whatIsMissing();
  if (sentence !== undefined) return { kind: 'missing', sentence };
  const found = await findNodeBinaries(tell);
  if (found.kind === 'missing') return found;
  const { binaries } = found;
  const folder = await mkdtemp(path.join(tmpdir(), 'podgraft-node-'));
  const [apiPort = 0, proxyPort = 0] = await freePorts(2);
  const tunnels: (() => void)[] = [];
  let node: ChildProcess | undefined;
  const close = async (): Promise<void> => {
    for (const closeTunnel of tunnels) closeTunnel();
    if (node !== undefined) await end(node);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const started = startInside({ binaries, folder, apiPort });
    node = started;
    const broken = new Promise<void>((resolve) => void started.once('exit', () => resolve()));
    const standIn = buildStandIn(path.join(folder, 'stand-in'), { name: pauseImage });
    const [archive] = await Promise.all([standIn, untilReady(started, folder)]);
    const pid = await pidInside(started);
    await loadImage(pid, archive);
    for (const [port, socket] of [
      [apiPort, sockets.api],
      [proxyPort, sockets.proxy],
    ] as const) {
      tunnels.push(await openTunnel({ host: '127.0.0.1', port }, { path: path.join(folder, socket) }));
    }
    const url = `http://127.0.0.1:${proxyPort}`;
    const kubeconfig = path.join(folder, 'admin.kubeconfig');
    const cluster = { kind: 'node', kubeconfig, kubectl: binaries.kubectl, url, folder, pid } as const;
    return { kind: 'open', cluster, broken, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Starts {@link file://./inside.ts} in its namespaces, as a child of a shell: the first process of a process namespace
 * has to see off those that lose their parents, which a shell does and Node doesn't.
 */
function startInside(plan: Plan): ChildProcess {
  const log = openSync(logFile(plan.folder), 'a');
  const file = fileURLToPath(new URL('./inside.ts', import.meta.url));
  const shell = ['sh', '-c', '"$@" <&3 & wait $!', 'sh'];
  const child = spawn('unshare', [...namespaces, ...shell, process.execPath, file, JSON.stringify(plan)], {
    // A terminal's Ctrl-C is for us to hear.
    detached: true,
    // A shell gives its background children no input of its own: it is passed as another file.
    stdio: ['ignore', 'pipe', log, 'pipe'],
  });
  closeSync(log);
  return child;
}

function logFile(folder: string): string {
  return path.join(folder, 'node.log');
}

async function untilReady(node: ChildProcess, folder: string): Promise<void> {
  const isReady = await new Promise<boolean>((resolve) => {
    if (node.stdout !== null) createInterface(node.stdout).once('line', () => resolve(true));
    node.once('error', () => resolve(false)).once('exit', () => resolve(false));
  });
  if (!isReady) throw new Error(`the node did not come up: ${(await readFile(logFile(folder), 'utf8')).trimEnd()}`);
}

/** The first process in the namespaces: `unshare --fork` has one child. */
async function pidInside({ pid }: ChildProcess): Promise<number> {
  return Number(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}

/** Lets it end by itself for half a minute. */
async function end(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null) return;
  const ended = new Promise((resolve) => node.once('exit', resolve));
  const input = node.stdio[3];
  if (input !== null && input !== undefined) input.destroy();
  const kill = setTimeout(() => node.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(kill);
}
