import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Binaries } from './binaries.ts';
import { startChild } from './child.ts';
import type { Child } from './child.ts';
import { getReady } from './ready.ts';

/** Running servers, the last started first to stop. */
export interface ControlPlane {
  readonly children: readonly Child[];
  /** The administrator's kubeconfig, a file. */
  readonly kubeconfig: string;
  /** That of what runs on a node. */
  readonly nodeKubeconfig: string;
}

/** Where the API server is. */
export interface Reach {
  /** What clients on this machine call it: the name for which it makes its certificate depends on what it binds to. */
  readonly host: '127.0.0.1' | 'localhost';
  readonly port: number;
  /** What it binds to and says of itself. */
  readonly flags: readonly string[];
}

/** Who may do what: all that is asked for here is done by an administrator, by the controllers, or by a node. */
const tokens = { admin: 'kubernetes-admin', controllers: 'system:kube-controller-manager', node: 'system:node:node' };

/**
 * Starts etcd, a kube-apiserver with its default admission plugins and a kube-controller-manager, all they write in
 * `folder`. No root is needed. Without a `reach` they are on ports of their own on 127.0.0.1. There is no node: pods stay
 * Pending.
 */
export async function startControlPlane(binaries: Binaries, folder: string, reach?: Reach): Promise<ControlPlane> {
  const children: Child[] = [];
  const start = (name: string, file: string, args: readonly string[]): Child => {
    const child = startChild(name, file, args, path.join(folder, `${name}.log`));
    children.push(child);
    return child;
  };
  const inFolder = (name: string): string => path.join(folder, name);
  try {
    const [clientPort, peerPort, freePort = 0] = await freePorts(3);
    const { host, port, flags } = reach ?? onLoopback(freePort);
    const etcd = `http://127.0.0.1:${clientPort}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    start('etcd', binaries.etcd, [
      `--data-dir=${inFolder('etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--log-level=warn',
    ]);

    await writeFile(inFolder('sa.key'), serviceAccountKey(), { mode: 0o600 });
    const users = Object.entries(tokens).map(([token, user]) => `${token},${user},${token},"system:masters"\n`);
    await writeFile(inFolder('tokens.csv'), users.join(''), { mode: 0o600 });
    const apiServer = start('kube-apiserver', binaries['kube-apiserver'], [
      `--etcd-servers=${etcd}`,
      `--secure-port=${port}`,
      ...flags,
      `--cert-dir=${inFolder('certificates')}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--authorization-mode=RBAC',
      `--token-auth-file=${inFolder('tokens.csv')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${inFolder('sa.key')}`,
      `--service-account-signing-key-file=${inFolder('sa.key')}`,
      '--allow-privileged=true',
    ]);
    const server = `https://${host}:${port}`;
    const kubeconfigs = await writeKubeconfigs(folder, server, apiServer);
    const ca = await readFile(inFolder('certificates/apiserver.crt'), 'utf8');
    await getReady({ url: `${server}/readyz`, ca, token: 'admin' }, children);

    start('kube-controller-manager', binaries['kube-controller-manager'], [
      `--kubeconfig=${kubeconfigs.controllers}`,
      `--authentication-kubeconfig=${kubeconfigs.controllers}`,
      `--authorization-kubeconfig=${kubeconfigs.controllers}`,
      '--leader-elect=false',
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${inFolder('sa.key')}`,
      `--root-ca-file=${inFolder('certificates/apiserver.crt')}`,
      // Its own server, health and metrics, nobody asks for.
      '--secure-port=0',
      // A test waits for each object; the default of 20 per second is meant to spare a server that others use too.
      '--kube-api-qps=500',
      '--kube-api-burst=500',
    ]);
    const account = `${server}/api/v1/namespaces/default/serviceaccounts/default`;
    await getReady({ url: account, ca, token: 'admin' }, children);
    return { children, kubeconfig: kubeconfigs.admin, nodeKubeconfig: kubeconfigs.node };
  } catch (error) {
    await stopChildren(children);
    throw error;
  }
}

function onLoopback(port: number): Reach {
  const flags = ['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'];
  return { host: '127.0.0.1', port, flags };
}

/** Stops what was started, in the reverse order. */
export async function stopChildren(children: readonly Child[]): Promise<void> {
  for (const child of children.toReversed()) await child.stop();
}

/** Ports of 127.0.0.1 that nobody listens on. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  // All at once, so that no port comes twice.
  const ports = await Promise.all(
    servers.map(
      async (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map(async (server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function serviceAccountKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}

/** The server makes its certificate as it starts: a kubeconfig that trusts it can be written only then. */
async function writeKubeconfigs(
  folder: string,
  server: string,
  apiServer: Child,
): Promise<Readonly<Record<keyof typeof tokens, string>>> {
  const certificate = path.join(folder, 'certificates', 'apiserver.crt');
  await waitForFile(certificate, apiServer);
  const write = async (token: string): Promise<string> => {
    const file = path.join(folder, `${token}.kubeconfig`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'podgraft-test', cluster: { server, 'certificate-authority': certificate } }],
      users: [{ name: token, user: { token } }],
      contexts: [{ name: 'podgraft-test', context: { cluster: 'podgraft-test', user: token } }],
      'current-context': 'podgraft-test',
    };
    await writeFile(file, JSON.stringify(config, undefined, 2), { mode: 0o600 });
    return file;
  };
  return { admin: await write('admin'), controllers: await write('controllers'), node: await write('node') };
}

async function waitForFile(file: string, writer: Child): Promise<void> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.includes('-----END CERTIFICATE-----')) return;
    if (!writer.isRunning()) throw new Error(`${writer.name} ended at its start; its log: ${writer.logFile}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
