import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '../cluster/child.ts';

/** The image of the Dockerfile, in a store of its own. */
export interface TestImage {
  readonly name: string;
  /** Runs a program of the image as the image's user. */
  readonly run: (command: readonly string[]) => Promise<{ readonly exit: number | string; readonly output: string }>;
  /** What buildah knows of it, as JSON. */
  readonly inspect: () => Promise<string>;
  /** Writes it as an archive that `ctr images import` reads. */
  readonly save: (archive: string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

export type BuiltImage =
  | { readonly kind: 'built'; readonly image: TestImage }
  /** A sentence. */
  | { readonly kind: 'missing'; readonly sentence: string };

const root = fileURLToPath(new URL('../../', import.meta.url));
const modules = path.join(root, 'node_modules');

/**
 * Builds the Dockerfile as it is, with buildah, so that nothing is fetched: on base images that are made of this machine's Node
 * (its Node 24, the libraries that it is linked with, a shell for the build), and on this checkout's packages.
 */
export async function buildTestImage(name = 'docker.io/library/podgraft:test'): Promise<BuiltImage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'podgraft-image-'));
  const remove = async (): Promise<void> => rm(folder, { recursive: true, force: true });
  const store = ['--root', path.join(folder, 'root'), '--runroot', path.join(folder, 'run'), '--storage-driver', 'vfs'];
  const buildah = async (...args: readonly string[]): Promise<string> => {
    const ending = await runToEnd('buildah', [...store, ...args]);
    if (ending.exit !== 0) throw new Error(`buildah ${args.join(' ')}: ${ending.output}`);
    return ending.stdout.trim();
  };
  if ((await runToEnd('buildah', ['--version'])).exit === 'absent') {
    await remove();
    return { kind: 'missing', sentence: 'there is no buildah to build the image with; Debian has it as a package' };
  }
  const runtime = path.join(folder, 'runtime');
  await copyProgram(process.execPath, runtime, '/nodejs/bin/node');
  await writeFile(path.join(runtime, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
  await writeFile(path.join(runtime, '.dockerignore'), 'Dockerfile\n.dockerignore\n');
  const build = path.join(folder, 'build');
  await copyProgram('/bin/sh', build, '/bin/sh');
  await mkdir(path.join(build, 'usr/local/bin'), { recursive: true });
  await symlink('/nodejs/bin/node', path.join(build, 'usr/local/bin/node'));
  // The packages are mounted: npm has nothing to fetch.
  await writeFile(path.join(build, 'usr/local/bin/npm'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(path.join(build, 'Dockerfile'), 'FROM localhost/runtime\nCOPY . /\n');
  await writeFile(path.join(build, '.dockerignore'), 'Dockerfile\n.dockerignore\n');
  try {
    await buildah('bud', '--quiet', '--tag', 'localhost/runtime', runtime);
    await buildah('bud', '--quiet', '--pull-never', '--tag', 'localhost/build', build);
    const bases = ['BUILD_IMAGE=localhost/build', 'RUNTIME_IMAGE=localhost/runtime'];
    const args = ['--isolation', 'chroot', '--pull-never', '--volume', `${modules}:/src/node_modules:ro`];
    await buildah('bud', '--quiet', ...args, ...bases.flatMap((base) => ['--build-arg', base]), '--tag', name, root);
  } catch (error) {
    await remove();
    throw error;
  }
  const run: TestImage['run'] = async (command) => {
    const container = await buildah('from', '--pull-never', name);
    const ending = await runToEnd('buildah', [...store, 'run', '--isolation', 'chroot', container, '--', ...command]);
    await buildah('rm', container);
    return { exit: ending.exit, output: ending.output };
  };
  return {
    kind: 'built',
    image: {
      name,
      run,
      inspect: async () => buildah('inspect', '--type', 'image', name),
      save: async (archive) => {
        await buildah('push', '--quiet', name, `oci-archive:${archive}:${name}`);
      },
      remove,
    },
  };
}

/** Copies a program, and the libraries that it is linked with, to where they are looked for. */
export async function copyProgram(program: string, folder: string, to: string): Promise<void> {
  const { stdout } = await runToEnd('ldd', [program]);
  const libraries = [...stdout.matchAll(/(?:=> |^\s*)(\/\S+)/gm)].map(([, file = '']) => file);
  for (const [from, target] of [[program, to], ...libraries.map((file) => [file, file])] as const) {
    const copy = path.join(folder, target ?? '');
    await mkdir(path.dirname(copy), { recursive: true });
    await copyFile(from ?? '', copy);
  }
}
