import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findBinaries } from './binaries.ts';
import { runToEnd, startChild } from './child.ts';
import type { Child } from './child.ts';
import { startControlPlane, stopChildren } from './control-plane.ts';

/** A cluster that tests may use. All of it is text, so that it can be handed to another process. */
export interface Cluster {
  /** `own`: a control plane without nodes that nobody else uses; `named`: one that a person named. */
  readonly kind: 'own' | 'named';
  readonly kubeconfig: string;
  /** The path, or the name, of a kubectl that fits the server. */
  readonly kubectl: string;
  /** Where the API answers over plain HTTP, as the kubeconfig's user: a `kubectl proxy`. */
  readonly url: string;
  /** For files that are to go when the cluster does, also where their maker is killed. */
  readonly folder: string;
}

export type OpenedCluster =
  | {
      readonly kind: 'open';
      readonly cluster: Cluster;
      /** Resolves when a server has ended by itself. */
      readonly broken: Promise<void>;
      /** Stops and removes all that was started and written. */
      readonly close: () => Promise<void>;
    }
  /** A sentence: what is missing, and what to do. */
  | { readonly kind: 'missing'; readonly sentence: string };

/**
 * The cluster that `kubeconfig` names, or else a control plane of our own (see {@link findBinaries}).
 * Throws where there should be one and it doesn't come up.
 */
export async function openCluster(
  kubeconfig: string | undefined,
  tell: (line: string) => void,
): Promise<OpenedCluster> {
  const folder = await mkdtemp(path.join(tmpdir(), 'podgraft-cluster-'));
  const children: Child[] = [];
  const close = async (): Promise<void> => {
    await stopChildren(children);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const opened = kubeconfig === undefined ? await openOwn(folder, children, tell) : await openNamed(kubeconfig);
    if (opened.kind === 'missing') {
      await close();
      return opened;
    }
    const url = await startProxy(opened, folder, children);
    const broken = Promise.race(children.map(async ({ ended }) => ended));
    return { kind: 'open', cluster: { ...opened, url, folder }, broken, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Found = Omit<Cluster, 'url' | 'folder'> | { readonly kind: 'missing'; readonly sentence: string };

async function openOwn(folder: string, children: Child[], tell: (line: string) => void): Promise<Found> {
  const found = await findBinaries(tell);
  if (found.kind === 'missing') return found;
  const { binaries } = found;
  const plane = await startControlPlane(binaries, folder);
  children.push(...plane.children);
  return { kind: 'own', kubeconfig: plane.kubeconfig, kubectl: binaries.kubectl };
}

async function openNamed(kubeconfig: string): Promise<Found> {
  const kubectl = process.env['KUBECTL'] ?? 'kubectl';
  const { exit, stderr } = await runToEnd(kubectl, ['--kubeconfig', kubeconfig, 'get', '--raw', '/readyz']);
  if (exit === 0) return { kind: 'named', kubeconfig, kubectl };
  const reason = exit === 'absent' ? `there is no ${kubectl}` : stderr.trimEnd();
  return { kind: 'missing', sentence: `the cluster of ${kubeconfig} doesn't answer: ${reason}` };
}

/** `kubectl proxy` knows each way of logging in that a kubeconfig can ask for. */
async function startProxy(
  { kubeconfig, kubectl }: Omit<Cluster, 'url' | 'folder'>,
  folder: string,
  children: Child[],
): Promise<string> {
  const proxy = startChild(...proxyCommand(kubectl, kubeconfig, ['--port=0', '--address=127.0.0.1'], folder));
  children.push(proxy);
  return `http://${await untilProxyServes(proxy)}`;
}

/** A `kubectl proxy` for {@link startChild}. */
export function proxyCommand(
  kubectl: string,
  kubeconfig: string,
  where: readonly string[],
  folder: string,
): Parameters<typeof startChild> {
  const args = ['--kubeconfig', kubeconfig, 'proxy', '--reject-paths=^$', ...where];
  return ['kubectl proxy', kubectl, args, path.join(folder, 'kubectl-proxy.log')];
}

/** Where it serves, as it says. */
export async function untilProxyServes(proxy: Child): Promise<string> {
  return firstMatch(proxy, /Starting to serve on (\S+)/);
}

async function firstMatch(child: Child, pattern: RegExp): Promise<string> {
  for (;;) {
    const log = await readFile(child.logFile, 'utf8');
    const found = pattern.exec(log)?.[1];
    if (found !== undefined) return found;
    if (!child.isRunning()) throw new Error(`${child.name} has ended: ${log.trimEnd()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
