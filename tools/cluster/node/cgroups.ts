import { existsSync } from 'node:fs';
import { readdir, readFile, rmdir } from 'node:fs/promises';
import path from 'node:path';

const mount = '/sys/fs/cgroup';

/** Where containerd puts what a kubelet without QoS cgroups asks for. */
const parent = 'k8s.io';

/**
 * Ends all that runs in these containers and removes their cgroups, in each hierarchy that has them: the one thing of a node
 * that is not in a namespace of its own, and stays when its processes have ended.
 */
export async function removeCgroups(containers: readonly string[]): Promise<void> {
  // A process that was killed leaves its cgroup a moment later.
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const parents = await hierarchies();
    const left = parents.flatMap((folder) => containers.map((id) => path.join(folder, id))).filter(existsSync);
    await Promise.all(left.map(removeCgroup));
    // Succeeds once nobody's containers are left.
    for (const folder of parents) await rmdir(folder).catch(() => undefined);
    if (left.length === 0) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

/** Version 1 has a folder for each controller, version 2 is the mount itself. */
async function hierarchies(): Promise<readonly string[]> {
  const controllers = await readdir(mount).catch(() => []);
  return ['.', ...controllers].map((controller) => path.join(mount, controller, parent)).filter(existsSync);
}

/** Those inside first: a container may have made its own. */
async function removeCgroup(cgroup: string): Promise<void> {
  const entries = await readdir(cgroup, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(path.join(cgroup, entry.name));
  const processes = await readFile(path.join(cgroup, 'cgroup.procs'), 'utf8').catch(() => '');
  for (const pid of processes.split('\n').map(Number)) if (pid > 1) kill(pid);
  await rmdir(cgroup).catch(() => undefined);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
