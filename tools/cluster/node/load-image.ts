import { run } from './network.ts';

/** Gives a node the images of an OCI archive, under the names that it has for them, and under `alsoAs` too. */
export async function loadImage(pid: number, archive: string, alsoAs: readonly string[] = []): Promise<void> {
  const ctr = ['--target', String(pid), '--mount', '--net', 'ctr', '--namespace', 'k8s.io', 'images'];
  const output = await run('nsenter', [...ctr, 'import', archive]);
  const [, name = ''] = /^unpacking (\S+)/m.exec(output) ?? [];
  for (const other of alsoAs) await run('nsenter', [...ctr, 'tag', name, other]);
}
