import { run } from '../child.ts';

const images = ['ctr', '--namespace', 'k8s.io', 'images'];

/** Gives a node the images of an OCI archive, under the names that it has for them, and under `alsoAs` too. */
export async function loadImage(pid: number, archive: string, alsoAs: readonly string[] = []): Promise<void> {
  const output = await runInside(pid, [...images, 'import', archive]);
  const [, name = ''] = /^unpacking (\S+)/m.exec(output) ?? [];
  for (const other of alsoAs) await runInside(pid, [...images, 'tag', name, other]);
}

/** Whether a node has an image of this name. */
export async function hasImage(pid: number, name: string): Promise<boolean> {
  return (await runInside(pid, [...images, 'list', '--quiet', `name==${name}`])).trim() === name;
}

/** Runs a program with what a node sees of files and networks. */
async function runInside(pid: number, command: readonly string[]): Promise<string> {
  return run('nsenter', ['--target', String(pid), '--mount', '--net', ...command]);
}
