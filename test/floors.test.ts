import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

/** A file, what it says, and the sentence that the linter must answer: a part of it, or undefined for no complaint. */
type Case = readonly [file: string, code: string, sentence: string | undefined];

const pureCore = 'src/core is pure and runs in a browser: it imports only src/core, yaml, fast-json-patch, leven,';
const pureAdmission = 'src/admission is pure: it imports only src/core and src/admission.';
const edges = (edge: string) =>
  `src/${edge} is an edge, and edges don't import each other. Let the edges meet in src/cli/serve.ts`;
const offline = 'Only src/cli/serve*.ts and src/cli/demo*.ts import src/server, src/certs and src/cluster, and';
const look = 'Who looks at a cluster (podgraft check, src/cli/offline-cluster.ts) serves nothing';
const page = 'The page imports src/core and src/web only.';
const client = 'Only src/cluster/client.ts imports @kubernetes/client-node, and by import()';
const noClock = 'Core and admission have no clock: take the time as an argument.';
const noRandomness = 'Core and admission have no randomness';
const noOutput = 'Core and admission print nothing: return a Problem';

const cases: readonly Case[] = [
  ['src/core/a.ts', "import 'node:fs';", pureCore],
  ['src/core/a.ts', "import type { Stats } from 'node:fs';", pureCore],
  ['src/core/a.ts', "import 'fs';", pureCore],
  ['src/core/a.ts', "import 'pino';", pureCore],
  ['src/core/a.ts', "await import('node:fs');", pureCore],
  ['src/core/a.ts', "export * from '../admission/b.ts';", pureCore],
  ['src/core/a.ts', "export { x } from '../server/b.ts';", pureCore],
  ['src/core/a.ts', "void (0 as unknown as import('../cli/b.ts').X);", pureCore],
  ['src/core/convert/a.ts', "import '../../certs/b.ts';", pureCore],
  ['src/core/a.ts', "import '../../package.json';", pureCore],
  ['src/core/convert/a.ts', "import '../json.ts';", undefined],
  ['src/core/a.ts', "import 'yaml'; import 'leven'; import 'fast-json-patch'; import 'ipaddr.js';", undefined],
  ['src/core/a.ts', "import '@noble/hashes/sha2.js';", undefined],
  ['src/core/a.ts', "import '@noble/curves/p256.js';", pureCore],
  ['src/admission/a.ts', "import '../core/b.ts'; import './c.ts';", undefined],
  ['src/admission/a.ts', "import '../server/b.ts';", pureAdmission],
  ['src/admission/a.ts', "import 'yaml';", pureAdmission],
  ['src/admission/a.ts', "import 'node:crypto';", pureAdmission],
  ['src/config/a.ts', "import '../core/b.ts'; import 'yaml';", undefined],
  ['src/config/a.ts', "import '../server/b.ts';", 'src/config reads settings into values'],
  ['src/server/a.ts', "import '../config/b.ts';", undefined],
  ['src/server/a.ts', "import '../admission/b.ts'; import 'node:https'; import 'express';", undefined],
  ['src/server/a.ts', "import '../certs/b.ts';", edges('server')],
  ['src/server/a.ts', "import '../cluster/b.ts';", edges('server')],
  ['src/server/a.ts', "import '../cli/b.ts';", edges('server')],
  ['src/certs/a.ts', "import '../server/b.ts';", edges('certs')],
  ['src/cluster/a.ts', "import '../server/b.ts';", edges('cluster')],
  ['src/cluster/a.ts', "import '../../test/b.ts';", 'The product does not import its tests.'],
  ['src/cli/inject.ts', "import '../core/b.ts'; import '../../package.json';", undefined],
  ['src/cli/inject.ts', "import '../server/b.ts';", offline],
  ['src/cli/inject.ts', "await import('../cluster/b.ts');", offline],
  ['src/cli/serve.ts', "import '../server/b.ts'; import '../certs/b.ts'; import '../cluster/b.ts';", undefined],
  ['src/cli/serve-flags.ts', "import '../server/b.ts';", undefined],
  ['src/cli/demo.ts', "import '../server/b.ts';", undefined],
  ['src/cli/check-output.ts', "import '../cluster/b.ts';", undefined],
  ['src/cli/check.ts', "import '../server/b.ts';", look],
  ['src/cli/offline-cluster.ts', "import '../cluster/b.ts';", undefined],
  ['src/cli/offline-cluster.ts', "import '../certs/b.ts';", look],
  ['src/cli/serve.ts', "import '../web/b.ts';", 'src/cli does not import the page.'],
  ['src/web/a.ts', "import '../core/b.ts';", undefined],
  ['src/web/a.ts', "import '../admission/b.ts';", page],
  ['src/cluster/client.ts', "import type { V1Pod } from '@kubernetes/client-node';", undefined],
  ['src/cluster/client.ts', "await import('@kubernetes/client-node');", undefined],
  ['src/cluster/client.ts', "import '@kubernetes/client-node';", client],
  ['src/cluster/a.ts', "await import('@kubernetes/client-node');", client],
  ['src/cli/serve.ts', "import type { V1Pod } from '@kubernetes/client-node';", client],
  ['test/a.test.ts', "import '@kubernetes/client-node';", client],
  ['src/core/a.ts', 'void Date.now();', noClock],
  ['src/admission/a.ts', 'void new Date();', noClock],
  ['src/core/a.ts', 'void globalThis.Date.now();', noClock],
  ['src/core/a.ts', 'void performance.now();', 'measure in the edge that calls them'],
  ['src/core/a.ts', 'void Math.random();', noRandomness],
  ['src/core/a.ts', 'void crypto.randomUUID();', noRandomness],
  ['src/core/a.ts', "console.log('x');", noOutput],
  ['src/core/a.ts', "void process.env['X'];", 'without a process: take the setting as an argument'],
  ['src/core/a.ts', "void fetch('x');", 'Core and admission do no I/O'],
  ['src/core/a.ts', 'setTimeout(() => undefined, 1);', "Core and admission don't wait"],
  ['src/core/a.ts', "void Buffer.from('x');", 'use Uint8Array'],
  ['src/server/a.ts', 'void Date.now();', undefined],
];

/** The linter's own rules, of which only these are the floors. */
const floorRules = /^floors\(|no-restricted-(globals|properties)\)$/;

interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

// One run of the linter, over a house where each case is a line of its file.
let diagnostics: readonly Diagnostic[];
const files = Map.groupBy(cases, ([file]) => file);

beforeAll(() => {
  const house = mkdtempSync(path.join(tmpdir(), 'podgraft-floors-'));
  try {
    cpSync('.oxlintrc.json', path.join(house, '.oxlintrc.json'));
    cpSync('tsconfig.json', path.join(house, 'tsconfig.json'));
    cpSync('tools/floors.mjs', path.join(house, 'tools/floors.mjs'));
    symlinkSync(path.resolve('node_modules'), path.join(house, 'node_modules'));
    for (const [file, ofFile] of files) {
      mkdirSync(path.dirname(path.join(house, file)), { recursive: true });
      writeFileSync(path.join(house, file), ofFile.map(([, code]) => `${code}\n`).join(''));
    }
    diagnostics = lint(house);
  } finally {
    rmSync(house, { recursive: true });
  }
});

function lint(house: string): readonly Diagnostic[] {
  const oxlint = path.resolve('node_modules/oxlint/bin/oxlint');
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, '--format=json', 'src', 'test'], {
    cwd: house,
    encoding: 'utf8',
  });
  try {
    return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics;
  } catch {
    throw new Error(`oxlint did not answer with JSON: ${stdout.slice(0, 1000)}${stderr}`);
  }
}

test.each(cases)('%s with `%s`', (file, code, sentence) => {
  const line = files.get(file)!.findIndex(([, other]) => other === code) + 1;
  const answers = diagnostics
    .filter(
      ({ filename, labels, ...rest }) =>
        filename === file && labels[0]?.span.line === line && floorRules.test(rest.code),
    )
    .map(({ message, help = '' }) => `${message} ${help}`);
  if (sentence === undefined) expect(answers).toEqual([]);
  else expect(answers).toContainEqual(expect.stringContaining(sentence));
});
