import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../tools/cluster/control-plane.ts';

const bundle = fileURLToPath(new URL('../../dist/podgraft.mjs', import.meta.url));

/** A `podgraft serve` that reads a cluster and looks after its certificate itself. */
export interface Replica {
  readonly port: number;
  readonly isReady: () => Promise<boolean>;
  readonly stop: () => Promise<void>;
}

/** Starts so many, as processes of the bundle. */
export async function startReplicas(count: number, kubeconfig: string): Promise<readonly Replica[]> {
  const ports = await freePorts(count * 2);
  return Array.from({ length: count }, (_, index) => {
    const [port = 0, probePort = 0] = ports.slice(index * 2);
    const flags = ['--host', '127.0.0.1', '--port', String(port), '--probe-port', String(probePort)];
    const own = ['--cluster', 'true', '--kubeconfig', kubeconfig, '--tls-names', '127.0.0.1', '--log-level', 'error'];
    const child = spawn(process.execPath, [bundle, 'serve', ...own, ...flags], {
      stdio: 'ignore',
    });
    return {
      port,
      isReady: async () =>
        fetch(`http://127.0.0.1:${probePort}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      stop: async () => end(child),
    };
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGKILL');
  await ended;
}
