/**
 * `npm run lockfile`, after `npm install NAME`: makes package-lock.json one that `npm ci` accepts everywhere.
 *
 * Some tools (oxlint, oxfmt, knip's parser) list an optional package per platform, and a registry mirror may lack
 * the rarer ones. npm then writes a lockfile that names them as dependencies but doesn't hold them, and `npm ci`
 * refuses it. This drops those names; test/lockfile.test.ts says when it is to be run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseLockfile, unlocked } from './lockfile-entries.ts';

const text = readFileSync('package-lock.json', 'utf8');
const lockfile = parseLockfile(text);
const dropped = unlocked(lockfile);
for (const { from, name } of dropped) {
  const optional = lockfile.packages[from]?.optionalDependencies;
  if (optional !== undefined) delete optional[name];
}
writeFileSync('package-lock.json', `${JSON.stringify(lockfile, undefined, 2)}\n`);
process.stdout.write(`package-lock.json: ${dropped.length} optional packages that it does not hold were dropped\n`);
