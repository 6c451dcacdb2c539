// node bin/dev.mjs FILE [ARG...]: runs a file of this checkout on a Node that is new enough, with the
// dependencies that package-lock.json names. All npm scripts go through it, so `npm start` and
// `npm test` work on a fresh clone, whatever the machine's own Node is.
//
// Plain JavaScript for Node 18 and newer: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitWithoutNode, findNode, oldestForSource, runOn } from './node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Whether node_modules holds what package-lock.json names. npm keeps a lockfile of what it installed, in
 * node_modules, written last: comparing the two needs no stamp of ours, and believes a person's own `npm ci`.
 */
function isInstalled() {
  const installed = readPackages('node_modules/.package-lock.json');
  return (
    installed !== undefined &&
    Object.entries(readPackages('package-lock.json')).every(([name, wanted]) => {
      if (name === '') return true;
      const found = installed[name];
      // Optional packages are for one platform each: npm leaves out the others'.
      return found === undefined ? wanted.optional === true : found.integrity === wanted.integrity;
    })
  );
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function install() {
  process.stderr.write('Installing the packages of package-lock.json: npm ci\n');
  // Of every package that this Node is too old for, npm would warn; they run on the Node that it installs.
  const options = ['--ignore-scripts', '--include=dev', '--include=optional', '--loglevel=error'];
  const npm = spawnSync('npm', ['ci', ...options], {
    cwd: root,
    stdio: ['ignore', 2, 2], // stdout is for what FILE prints
    shell: process.platform === 'win32', // where npm is a .cmd
  });
  if (npm.status === 0) return;
  process.stderr.write(`npm ci did not succeed${npm.error ? ` (${npm.error.message})` : ''}; nothing was run.\n`);
  process.exit(2);
}

const args = process.argv.slice(2);
if (args.length === 0) {
  process.stderr.write('usage: node bin/dev.mjs FILE [ARG...]\n');
  process.exit(2);
}
if (!isInstalled()) install();
const node = findNode(oldestForSource);
if (node === undefined) exitWithoutNode(oldestForSource);
else runOn(node, args);
