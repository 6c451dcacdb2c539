/**
 * `npm run build`: dist/podgraft.mjs, the whole program in one file that runs alone, without node_modules,
 * on Node 20 and newer; and dist/LICENSES.txt, the licenses of the packages in it.
 */
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import type { Metafile, Plugin } from 'esbuild';

const outfile = 'dist/podgraft.mjs';

/**
 * Of @kubernetes/client-node only what reads kubeconfigs and credentials is used (docs/adr/0011): its typed API and the
 * HTTP client of that are never called, and every command would read their 1.6 MB when it starts.
 */
const withoutTypedApi: Plugin = {
  name: 'without the typed API of @kubernetes/client-node',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^(?:undici|\.\/gen\/.*|\.\/middleware\.js)$/ }, ({ importer, path: name }) =>
      /@kubernetes.client-node.dist.[^/\\]*\.js$/.test(importer) ? { path: name, namespace: 'left-out' } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

const { metafile } = await build({
  entryPoints: ['src/cli/main.ts'],
  outfile,
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
  plugins: [withoutTypedApi],
  define: { 'import.meta.url': 'bundleUrl' },
  banner: {
    js: [
      '#!/usr/bin/env node',
      "import { createRequire } from 'node:module';",
      'const bundleUrl = import.meta.url;',
      'const require = createRequire(bundleUrl);',
      'const module = { exports: {} };',
      'const __filename = import.meta.filename ?? new URL(bundleUrl).pathname;',
      "const __dirname = __filename.slice(0, __filename.lastIndexOf('/'));",
    ].join('\n'),
  },
});
chmodSync(outfile, 0o755);
writeFileSync('dist/LICENSES.txt', licenses(metafile));

/** The license texts of the packages that the bundle holds, in the order of their names. */
function licenses({ inputs }: Metafile): string {
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
