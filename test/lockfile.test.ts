import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseLockfile, unlocked } from '../tools/lockfile-entries.ts';

const lockfile = parseLockfile(readFileSync('package-lock.json', 'utf8'));
const entries = Object.entries(lockfile.packages).filter(([place]) => place !== '');

test('the lockfile holds every optional package that it names (if not: npm run lockfile)', () => {
  expect(unlocked(lockfile)).toEqual([]);
});

test('every package in the lockfile has a hash and no address', () => {
  expect(entries.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
  expect(entries.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test.each(['x64', 'arm64'])('the lockfile holds what the tools need on Linux %s', (arch) => {
  const names = entries.map(([place]) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length));
  expect(names).toEqual(
    expect.arrayContaining([
      `node-linux-${arch}`,
      `@esbuild/linux-${arch}`,
      `@oxfmt/binding-linux-${arch}-gnu`,
      `@oxlint-tsgolint/linux-${arch}`,
      `@oxlint/binding-linux-${arch}-gnu`,
      `@oxc-parser/binding-linux-${arch}-gnu`,
      `@rolldown/binding-linux-${arch}-gnu`,
      `@typescript/typescript-linux-${arch}`,
    ]),
  );
});

test('an optional package is found beside its owner or above it', () => {
  const packages = {
    'node_modules/a/node_modules/b': { optionalDependencies: { c: '1', d: '1', e: '1', f: '1' } },
    'node_modules/a/node_modules/b/node_modules/c': {},
    'node_modules/a/node_modules/d': {},
    'node_modules/e': {},
  };
  expect(unlocked({ packages })).toEqual([{ from: 'node_modules/a/node_modules/b', name: 'f' }]);
});
