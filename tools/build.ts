/**
 * `npm run build`: dist/podgraft.mjs, the whole program in one file that runs alone, without node_modules,
 * on Node 20 and newer; and dist/LICENSES.txt, the licenses of the packages in it.
 */
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import type { BuildOptions, BuildResult, Metafile, Plugin } from 'esbuild';

const outfile = 'dist/podgraft.mjs';

/**
 * Of @kubernetes/client-node only what reads kubeconfigs and credentials is used (docs/adr/0011), and of express not the
 * parsers of bodies: the rest is never called, and would be two thirds of the program. And commander would load
 * node:child_process at each start, for commands that are programs of their own: we have none.
 */
const withoutUncalled: Plugin = {
  name: 'without what is never called',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^(?:undici|\.\/gen\/.*|\.\/middleware\.js)$/ }, ({ importer, path: name }) =>
      /@kubernetes.client-node.dist.[^/\\]*\.js$/.test(importer) ? { path: name, namespace: 'left-out' } : undefined,
    );
    bundler.onResolve({ filter: /^body-parser$/ }, ({ path: name }) => ({ path: name, namespace: 'left-out' }));
    bundler.onResolve({ filter: /^node:child_process$/ }, ({ importer, path: name }) =>
      /node_modules.commander.lib.[^/\\]*\.js$/.test(importer) ? { path: name, namespace: 'left-out' } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

/** What serves or asks a cluster: that is three quarters of the program, and the other commands shouldn't pay for it. */
const servers = ['serve', 'demo', 'check', 'offline-cluster'];

/** Where the offline commands' part asks for one of them, it gets it from the other part. */
const serversApart: Plugin = {
  name: 'the commands that serve, apart',
  setup: (bundler) => {
    bundler.onResolve({ filter: new RegExp(`^\\./(?:${servers.join('|')})\\.ts$`) }, ({ path: name, kind }) =>
      kind === 'dynamic-import' ? { path: name, namespace: 'apart' } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'apart' }, () => ({
      contents: 'module.exports = servers();',
      loader: 'js',
    }));
  },
};

const common = {
  // Its own build of ES modules: those of Node's build would each be wrapped, and read twice at each start.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
  bundle: true,
  platform: 'node',
  // As CommonJS inside, a package of Node's is loaded when the code that needs it runs: as an ES module all of them would
  // be loaded at each start, and offline commands need few.
  format: 'cjs',
  target: 'node20',
  // Smaller loads faster. Names stay, for stack traces that can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  write: false,
  define: { 'import.meta.url': 'bundleUrl' },
} satisfies BuildOptions;

const offline = await build({
  ...common,
  entryPoints: ['src/cli/main.ts'],
  plugins: [withoutUncalled, serversApart],
});
const serving = await build({
  ...common,
  stdin: {
    contents: servers.map((name) => `export * from './src/cli/${name}.ts';`).join('\n'),
    resolveDir: '.',
    loader: 'ts',
  },
  plugins: [withoutUncalled],
});

mkdirSync(path.dirname(outfile), { recursive: true });
/**
 * One file: the part that serves stands at its end, compressed, in a comment, and is compiled when it is asked for. As
 * program text V8 would read through all of it at each start of an offline command.
 */
writeFileSync(
  outfile,
  `#!/usr/bin/env node
import { createRequire } from 'node:module';
const bundleUrl = import.meta.url;
const require = createRequire(bundleUrl);
const module = { exports: {} };
const __filename = import.meta.filename ?? new URL(bundleUrl).pathname;
const __dirname = __filename.slice(0, __filename.lastIndexOf('/'));
function servers() {
  const vm = require('node:vm');
  const bundle = require('node:fs').readFileSync(__filename, 'latin1');
  const part = Buffer.from(bundle.slice(bundle.lastIndexOf('/*') + 2, bundle.lastIndexOf('*/')), 'base64');
  const source = require('node:zlib').brotliDecompressSync(part).toString();
  const served = { exports: {} };
  const names = ['module', 'exports', 'require', '__filename', '__dirname', 'bundleUrl'];
  const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const run = vm.compileFunction(source, names, { filename: __filename, importModuleDynamically });
  run(served, served.exports, require, __filename, __dirname, bundleUrl);
  return served.exports;
}
${textOf(offline)}
// The commands that serve, compressed with brotli, in base64 (tools/build.ts):
/*
${brotliCompressSync(textOf(serving)).toString('base64')}
*/
`,
);
chmodSync(outfile, 0o755);
writeFileSync('dist/LICENSES.txt', licenses({ ...offline.metafile.inputs, ...serving.metafile.inputs }));

function textOf({ outputFiles }: BuildResult): string {
  return outputFiles?.[0]?.text ?? '';
}

/** The license texts of the packages that the bundle holds, in the order of their names. */
function licenses(inputs: Metafile['inputs']): string {
  const folders = Object.keys(inputs).map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .toSorted()
    .map((folder) => {
      const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
      const text = file === undefined ? 'See its package.json.' : readFileSync(path.join(folder, file), 'utf8').trim();
      return `## ${folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)}\n\n${text}\n`;
    })
    .join('\n');
}

process.stdout.write(`${outfile}: ${Math.round(readFileSync(outfile).length / 1024)} KiB\n`);
