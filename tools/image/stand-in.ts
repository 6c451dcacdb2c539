import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runToEnd } from '../cluster/child.ts';

/**
 * Makes an image that stands in for others where nothing can be pulled: a static busybox that sleeps until it is asked to end.
 * A pod says what it runs in it.
 * @returns the path of an OCI archive in `folder`, which is made for it, with the image under `name`
 */
export async function buildStandIn(folder: string, name: string): Promise<string> {
  const context = path.join(folder, 'context');
  const bin = path.join(context, 'bin');
  await mkdir(bin, { recursive: true });
  await copyFile('/bin/busybox', path.join(bin, 'busybox'));
  const { stdout } = await runToEnd('busybox', ['--list']);
  const applets = stdout.split('\n').filter((applet) => applet !== '' && applet !== 'busybox');
  for (const applet of applets) await symlink('busybox', path.join(bin, applet));
  // The first process of a container hears only the signals that it asks for.
  const command = ['/bin/sh', '-c', "trap 'exit 0' TERM INT; sleep 2147483647 & wait"];
  await writeFile(path.join(context, 'Dockerfile'), `FROM scratch\nCOPY bin /bin/\nCMD ${JSON.stringify(command)}\n`);
  const roots = ['--root', path.join(folder, 'root'), '--runroot', path.join(folder, 'run')];
  const buildah = async (...args: readonly string[]): Promise<void> => {
    const { exit, output } = await runToEnd('buildah', [...roots, '--storage-driver', 'vfs', ...args]);
    if (exit !== 0) throw new Error(`buildah ${args.join(' ')}: ${output}`);
  };
  const archive = path.join(folder, 'stand-in.tar');
  await buildah('bud', '--quiet', '--tag', name, context);
  await buildah('push', '--quiet', name, `oci-archive:${archive}:${name}`);
  await rm(path.join(folder, 'root'), { recursive: true, force: true });
  return archive;
}
