import { rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../cluster/child.ts';
import { copyProgram } from './test-image.ts';

/** What an image that stands in for others has beside busybox. */
export interface StandIn {
  readonly name: string;
  /** What it runs where a pod doesn't say; it sleeps until it is asked to end if this is absent. */
  readonly script?: string;
  /** Name → script of a program on its path. */
  readonly programs?: Readonly<Record<string, string>>;
}

// The first process of a container hears only the signals that it asks for.
const sleep = 'sleep 2147483647';

/**
 * Makes an image that stands in for others where nothing can be pulled: a busybox, and scripts for it.
 * @returns the path of an OCI archive in `folder`, which is made for it
 */
export async function buildStandIn(folder: string, { name, script = sleep, programs = {} }: StandIn): Promise<string> {
  const context = path.join(folder, 'context');
  const bin = path.join(context, 'bin');
  await copyProgram('/bin/busybox', context, '/bin/busybox');
  const applets = (await run('busybox', ['--list']))
    .split('\n')
    .filter((applet) => applet !== '' && applet !== 'busybox');
  for (const applet of applets) await symlink('busybox', path.join(bin, applet));
  for (const [program, text] of Object.entries(programs)) {
    await writeFile(path.join(bin, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const command = ['/bin/sh', '-c', `trap 'exit 0' TERM INT; ${script} & wait`];
  await writeFile(path.join(context, 'Dockerfile'), `FROM scratch\nCOPY . /\nCMD ${JSON.stringify(command)}\n`);
  await writeFile(path.join(context, '.dockerignore'), 'Dockerfile\n.dockerignore\n');
  const roots = ['--root', path.join(folder, 'root'), '--runroot', path.join(folder, 'run')];
  const buildah = async (...args: readonly string[]): Promise<string> =>
    run('buildah', [...roots, '--storage-driver', 'vfs', ...args]);
  const archive = path.join(folder, 'stand-in.tar');
  await buildah('bud', '--quiet', '--tag', name, context);
  await buildah('push', '--quiet', name, `oci-archive:${archive}:${name}`);
  await rm(path.join(folder, 'root'), { recursive: true, force: true });
  return archive;
}
