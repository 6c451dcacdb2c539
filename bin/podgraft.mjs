#!/usr/bin/env node
// The command `podgraft`. In a checkout it runs the source, src/cli/main.ts; in the published package
// the bundle, dist/podgraft.mjs. Where this Node is too old for either, on the Node of node-linux-*.
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { exitWithoutNode, findNode, oldestForSource, runOn } from './node.mjs';

const source = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const bundle = fileURLToPath(new URL('../dist/podgraft.mjs', import.meta.url));
const isCheckout = existsSync(source);
const file = isCheckout ? source : bundle;
const oldest = isCheckout ? oldestForSource : '20';

if (isCheckout && !existsSync(new URL('../node_modules', import.meta.url))) {
  process.stderr.write('The packages that podgraft needs are not installed: run `npm ci` first.\n');
  process.exit(2);
}
const node = findNode(oldest);
if (node === undefined) exitWithoutNode(oldest);
else if (node === process.execPath) {
  // The same process: nothing to start, and signals and the exit code are the command's own.
  process.argv[1] = file;
  await import(pathToFileURL(file).href);
} else runOn(node, [file, ...process.argv.slice(2)]);
