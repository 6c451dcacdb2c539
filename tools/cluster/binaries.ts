import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, setPriority } from 'node:os';
import path from 'node:path';
import { runToEnd } from './child.ts';

/** What a control plane consists of, and the client of it: paths of executables. */
export interface Binaries {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager': string;
  readonly kubectl: string;
}

/** What a whole node consists of besides. */
export interface NodeBinaries extends Binaries {
  readonly 'kube-scheduler': string;
  readonly kubelet: string;
  readonly 'kube-proxy': string;
}

export type FoundBinaries<T extends Binaries> =
  | { readonly kind: 'found'; readonly binaries: T }
  /** A sentence: what is missing, and what to do. */
  | { readonly kind: 'missing'; readonly sentence: string };

/** A Go module of this folder, committed with its go.sum, and the commands that are built from it. */
interface GoModule {
  readonly folder: string;
  /** The requirement whose version is the commands'. */
  readonly requirement: string;
  /** Name → package. */
  readonly commands: Readonly<Record<string, string>>;
  readonly flags: (version: string) => readonly string[];
}

const kubernetes = { folder: 'kubernetes', requirement: 'k8s.io/kubernetes', flags: kubernetesFlags };

const modules: readonly GoModule[] = [
  {
    ...kubernetes,
    commands: {
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      kubectl: 'k8s.io/kubernetes/cmd/kubectl',
    },
  },
  {
    folder: 'etcd',
    requirement: 'go.etcd.io/etcd/server/v3',
    commands: { etcd: 'go.etcd.io/etcd/server/v3' },
    flags: () => [],
  },
];

/** Apart from the others: who runs no node doesn't build them. */
const nodeModule: GoModule = {
  ...kubernetes,
  commands: {
    'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
    kubelet: 'k8s.io/kubernetes/cmd/kubelet',
    'kube-proxy': 'k8s.io/kubernetes/cmd/kube-proxy',
  },
};

/** Without these, a server that isn't built by Kubernetes' own scripts says that it is v0.0.0, and refuses to start. */
function kubernetesFlags(version: string): readonly string[] {
  const [major, minor] = version.slice(1).split('.');
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const settings = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((target) =>
    Object.entries(values).map(([name, value]) => `-X ${target}.${name}=${value}`),
  );
  return ['-ldflags', `-s -w ${settings.join(' ')}`];
}

/**
 * The binaries of a control plane: those that the folder KUBEBUILDER_ASSETS has, the others built from the Go modules
 * beside this file, once: they are kept in the user's cache folder, by version.
 */
export async function findBinaries(tell: (line: string) => void): Promise<FoundBinaries<Binaries>> {
  const found = await find(modules, tell);
  if (found.kind === 'missing') return found;
  const { get } = found;
  return {
    kind: 'found',
    binaries: {
      etcd: get('etcd'),
      'kube-apiserver': get('kube-apiserver'),
      'kube-controller-manager': get('kube-controller-manager'),
      kubectl: get('kubectl'),
    },
  };
}

/** The binaries of a whole node, found or built like those of {@link findBinaries}. */
export async function findNodeBinaries(tell: (line: string) => void): Promise<FoundBinaries<NodeBinaries>> {
  const plane = await findBinaries(tell);
  if (plane.kind === 'missing') return plane;
  const found = await find([nodeModule], tell);
  if (found.kind === 'missing') return found;
  const { get } = found;
  return {
    kind: 'found',
    binaries: {
      ...plane.binaries,
      'kube-scheduler': get('kube-scheduler'),
      kubelet: get('kubelet'),
      'kube-proxy': get('kube-proxy'),
    },
  };
}

type Found =
  | { readonly kind: 'found'; readonly get: (name: string) => string }
  | { readonly kind: 'missing'; readonly sentence: string };

async function find(wanted: readonly GoModule[], tell: (line: string) => void): Promise<Found> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const found = new Map<string, string>();
  for (const module of wanted) {
    const names = Object.keys(module.commands);
    const given = names.filter((name) => assets !== undefined && isExecutable(path.join(assets, name)));
    for (const name of given) found.set(name, path.join(assets ?? '', name));
    if (given.length === names.length) continue;
    const built = await build(module, tell);
    if (built.kind === 'missing') return built;
    for (const name of names.filter((each) => !given.includes(each))) found.set(name, path.join(built.folder, name));
  }
  return { kind: 'found', get: (name) => found.get(name) ?? '' };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

type Built =
  | { readonly kind: 'built'; readonly folder: string }
  | { readonly kind: 'missing'; readonly sentence: string };

const advice =
  'install Go 1.26 (any from 1.21 on fetches it), let KUBEBUILDER_ASSETS name a folder with ' +
  'etcd, kube-apiserver, kube-controller-manager and kubectl, or let PODGRAFT_TEST_KUBECONFIG name a cluster';

async function build(module: GoModule, tell: (line: string) => void): Promise<Built> {
  const source = path.join(import.meta.dirname, 'binaries', module.folder);
  const goMod = readFileSync(path.join(source, 'go.mod'), 'utf8');
  const version = versionOf(goMod, module.requirement);
  const flags = module.flags(version);
  const goSum = readFileSync(path.join(source, 'go.sum'), 'utf8');
  const key = createHash('sha256')
    .update(JSON.stringify([goMod, goSum, module.commands, flags]))
    .digest('hex')
    .slice(0, 12);
  const cache = path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'podgraft', 'cluster');
  const folder = path.join(cache, `${module.folder}-${version}-${key}`);
  if (existsSync(folder)) return { kind: 'built', folder };

  tell(`Building ${module.folder} ${version} once, which takes some minutes: ${folder}`);
  await mkdir(cache, { recursive: true });
  // Built aside and moved when complete: two runs that start at once don't meet, one that is ended leaves nothing half.
  const aside = await mkdtemp(path.join(cache, 'building-'));
  for (const [name, goPackage] of Object.entries(module.commands)) {
    const output = path.join(aside, name);
    const args = ['build', '-mod=readonly', '-buildvcs=false', '-trimpath', ...flags, '-o', output, goPackage];
    const ending = await runToEnd('go', args, {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0' },
      onStart: (pid) => setPriority(pid, 10),
    });
    if (ending.exit === 0) continue;
    await rm(aside, { recursive: true, force: true });
    const reason = ending.exit === 'absent' ? 'there is no Go' : `go build says: ${lastLine(ending.output)}`;
    return { kind: 'missing', sentence: `${name} ${version} can't be built here (${reason}); ${advice}` };
  }
  await rename(aside, folder).catch(async () => rm(aside, { recursive: true, force: true }));
  return { kind: 'built', folder };
}

function versionOf(goMod: string, requirement: string): string {
  const version = goMod
    .split('\n')
    .find((line) => line.startsWith(`require ${requirement} `))
    ?.split(' ')
    .at(-1);
  if (version === undefined) throw new Error(`go.mod doesn't require ${requirement}`);
  return version;
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
