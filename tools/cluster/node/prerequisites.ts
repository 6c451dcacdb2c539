import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { runToEnd } from '../child.ts';
import { cniPlugins } from './container-runtime.ts';

/** Program → the Debian package that has it. */
const programs = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  ip: 'iproute2',
  buildah: 'buildah',
  busybox: 'busybox-static',
  unshare: 'util-linux',
  nsenter: 'util-linux',
};

/** What `unshare` is asked for: a node's own network, mounts and processes, which the kernel ends with the first of them. */
export const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Why a whole node can't be had here, and what to do, as a sentence; undefined where nothing is in the way. */
export async function whatIsMissing(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'a whole node needs Linux';
  if (process.getuid?.() !== 0) return 'a whole node needs root; run it as root';
  const packages = Object.entries(programs).flatMap(([program, name]) => (isOnPath(program) ? [] : [name]));
  if (!existsSync(path.join(cniPlugins, 'bridge'))) packages.push('containernetworking-plugins');
  if (packages.length > 0)
    return `a whole node needs what Debian has in ${[...new Set(packages)].join(', ')}; install that`;
  const { exit } = await runToEnd('unshare', [...namespaces, 'mount', '-t', 'tmpfs', 'tmpfs', '/run']);
  return exit === 0 ? undefined : 'a whole node needs rights that root lacks in a container; run that as privileged';
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
