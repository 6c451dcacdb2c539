import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
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

/** Why a whole node can't be had here, and what to do, as a sentence; undefined where nothing is in the way. */
export function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'a whole node needs Linux';
  if (process.getuid?.() !== 0) return 'a whole node needs root; run it as root, or in a container that is privileged';
  const packages = Object.entries(programs).flatMap(([program, name]) => (isOnPath(program) ? [] : [name]));
  if (!existsSync(path.join(cniPlugins, 'bridge'))) packages.push('containernetworking-plugins');
  if (packages.length === 0) return undefined;
  return `a whole node needs what Debian has in ${[...new Set(packages)].join(', ')}; install that`;
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
