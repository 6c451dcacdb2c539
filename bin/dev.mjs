// node bin/dev.mjs FILE [ARG...]: runs a file of this checkout on a Node that is new enough,
// with the dependencies that package-lock.json names. All npm scripts go through it, so that
// `npm start` and `npm test` work on a fresh clone whatever the machine's own Node is.
//
// Plain JavaScript for Node 18 and newer: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, noNodeText, runOn } from './node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = path.join(root, 'node_modules', '.podgraft-lock');

/** Installs the dependencies unless node_modules was installed for this very package-lock.json. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (read(stamp) === lock) return;
  process.stderr.write('Installing the dependencies of package-lock.json (npm ci) ...\n');
  // --loglevel=error: npm warns of every package that is too new for this Node, and they won't run on it.
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    process.stderr.write('npm ci did not succeed: its message is above. Nothing was run.\n');
    process.exit(2);
  }
  writeFileSync(stamp, lock);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const args = process.argv.slice(2);
if (args.length === 0) {
  process.stderr.write('usage: node bin/dev.mjs FILE [ARG...]\n');
  process.exit(2);
}
install();
const node = findNode();
if (node === undefined) {
  process.stderr.write(`${noNodeText}\n`);
  process.exit(2);
}
runOn(node, args);
