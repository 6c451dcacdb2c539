// The floors of the house, as a lint rule: which folder may import which. Arrows go down only,
//
//     core  <-  admission, config  <-  cluster, certs, server, cli, web
//
// and the edges don't import each other: `serve` (and the demo that runs it) is the one place where
// they meet. A floor's sentence is what a person reads whose import was refused: it says what to do.
//
// Plain JavaScript, so that an editor's linter can load it on whatever Node the editor has.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The one file that imports the Kubernetes client, and by `import()`: offline commands start without it. */
const clientFile = 'src/cluster/client.ts';

const meetingPlace =
  'Let the edges meet in src/cli/serve.ts: it imports both and passes values or functions between them.';

/**
 * The floors, first match wins.
 * `files`: whose rule it is · `floors`: the folders they may import · `packages`: the packages, `any` of them if absent.
 */
const floors = [
  {
    files: /^src\/core\//,
    floors: ['src/core'],
    packages: ['yaml', 'fast-json-patch', 'leven', 'ipaddr.js', '@noble/hashes'],
    sentence:
      'src/core is pure and runs in a browser: it imports only src/core, yaml, fast-json-patch, leven, ipaddr.js and @noble/hashes. Take the value as an argument, or do this in an edge and hand the core its result.',
  },
  {
    files: /^src\/admission\//,
    floors: ['src/core', 'src/admission'],
    packages: [],
    sentence:
      'src/admission is pure: it imports only src/core and src/admission. Take the value as an argument, or do this in src/server or src/cli.',
  },
  {
    files: /^src\/config\//,
    floors: ['src/core', 'src/config'],
    sentence:
      'src/config reads settings into values: it imports src/core and src/config only. Hand its values to the edge that acts on them.',
  },
  {
    files: /^src\/web\//,
    floors: ['src/core', 'src/web'],
    sentence:
      'The page imports src/core and src/web only. What both the page and another edge need belongs in src/core.',
  },
  {
    files: /^src\/cli\/(serve|demo)[^/]*(\/|$)/,
    floors: ['src/core', 'src/admission', 'src/config', 'src/cli', 'src/server', 'src/certs', 'src/cluster'],
    sentence: 'src/cli does not import the page. What both need belongs in src/core.',
  },
  {
    files: /^src\/cli\/(check|offline-cluster)[^/]*$/,
    floors: ['src/core', 'src/config', 'src/cli', 'src/cluster'],
    sentence:
      'Who looks at a cluster (podgraft check, src/cli/offline-cluster.ts) serves nothing: it imports src/cluster, and neither src/server nor src/certs.',
  },
  {
    files: /^src\/cli\//,
    floors: ['src/core', 'src/admission', 'src/config', 'src/cli'],
    sentence: `Only src/cli/serve*.ts and src/cli/demo*.ts import src/server, src/certs and src/cluster, and src/cli/check*.ts and src/cli/offline-cluster*.ts src/cluster: all else works offline. ${meetingPlace}`,
  },
  ...['cluster', 'certs', 'server'].map((edge) => ({
    files: new RegExp(`^src/${edge}/`),
    floors: ['src/core', 'src/admission', 'src/config', `src/${edge}`],
    sentence: `src/${edge} is an edge, and edges don't import each other. ${meetingPlace}`,
  })),
];

/** `@noble/hashes` of `@noble/hashes/sha2.js`. */
function packageOf(specifier) {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** What is wrong with `file` importing `specifier`, as a sentence, or undefined. Both as in the source. */
function refuse(file, specifier, isDynamic, isType) {
  if (specifier === '@kubernetes/client-node' || specifier.startsWith('@kubernetes/client-node/')) {
    if (file === clientFile && (isDynamic || isType)) return undefined;
    return `Only ${clientFile} imports @kubernetes/client-node, and by import(), so that the offline commands start without it. Use what ${clientFile} exports, or add to it.`;
  }
  const floor = floors.find(({ files }) => files.test(file));
  if (floor === undefined) return undefined;
  if (!specifier.startsWith('.')) {
    return floor.packages === undefined || floor.packages.includes(packageOf(specifier)) ? undefined : floor.sentence;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (target.startsWith('test/')) return 'The product does not import its tests. Move what both need into src.';
  const isAllowed = floor.floors.some((folder) => target.startsWith(`${folder}/`));
  // Beside src there is data (package.json, examples): the edges may read it, the pure floors may not.
  const isDataBesideSrc = floor.packages === undefined && !target.startsWith('src/');
  return isAllowed || isDataBesideSrc ? undefined : floor.sentence;
}

const imports = {
  create(context) {
    const file = path.relative(root, context.filename).split(path.sep).join('/');
    const check = (node, { isDynamic = false, isType = false } = {}) => {
      if (typeof node?.value !== 'string') return;
      const message = refuse(file, node.value, isDynamic, isType);
      if (message !== undefined) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node.source, { isType: node.importKind === 'type' }),
      ExportNamedDeclaration: (node) => check(node.source, { isType: node.exportKind === 'type' }),
      ExportAllDeclaration: (node) => check(node.source, { isType: node.exportKind === 'type' }),
      ImportExpression: (node) => check(node.source, { isDynamic: true }),
      TSImportType: (node) => check(node.source, { isType: true }),
    };
  },
};

export default { meta: { name: 'floors' }, rules: { imports } };
