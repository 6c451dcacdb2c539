import { access } from 'node:fs/promises';
import https from 'node:https';
import type { RequestOptions } from 'node:https';
import path from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { toApiClient } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import type { Connection } from './api-connection.ts';

/** Where the way to a cluster can be written down. */
export interface ClientSources {
  /** A kubeconfig that somebody names; before all else. */
  readonly kubeconfig?: string;
  /** The context to use of a kubeconfig; its current one where it is absent. */
  readonly context?: string;
  /** KUBECONFIG, KUBERNETES_SERVICE_HOST and HOME are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the User-Agent. */
  readonly version: string;
  /** Whether nobody tries again what brought nothing: a command that a person waits for. */
  readonly isOnce?: boolean;
}

/** Which of the sources there is: `files` kubeconfigs, the first of which counts most; `pod` the service account of the pod that we run in. */
export type FoundConfig =
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  | { readonly kind: 'pod' }
  | { readonly kind: 'none' };

export type OpenedClient =
  | {
      readonly kind: 'open';
      readonly client: ApiClient;
      /** The namespace that the context names, as kubectl uses it. */
      readonly namespace?: string;
      readonly close: () => void;
    }
  /** One line: what is wrong, where, what to do. */
  | { readonly kind: 'failed'; readonly message: string };

const tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Finds the way to a cluster, in kubectl's order: named, $KUBECONFIG, the pod's own account, ~/.kube/config. */
export async function findConfig({ kubeconfig, env }: Pick<ClientSources, 'kubeconfig' | 'env'>): Promise<FoundConfig> {
  if (kubeconfig !== undefined) return { kind: 'files', paths: [kubeconfig] };
  const named = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  if (named.length > 0) return { kind: 'files', paths: [...new Set(named)] };
  if ((env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && (await exists(tokenFile))) return { kind: 'pod' };
  const own = path.join(env['HOME'] ?? '', '.kube', 'config');
  return (await exists(own)) ? { kind: 'files', paths: [own] } : { kind: 'none' };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/**
 * Opens the API of a cluster.
 *
 * @kubernetes/client-node reads kubeconfigs and credentials, which it knows well (tokens that are renewed, exec plugins,
 * OIDC, proxies); the requests are our own over node:https, because its typed API drops fields that it doesn't know and
 * its Watch swallows lines that it can't read and ends without saying why (contract R12).
 */
export async function openClient(sources: ClientSources): Promise<OpenedClient> {
  const found = await findConfig(sources);
  if (found.kind === 'none') {
    return {
      kind: 'failed',
      message: 'there is no cluster to reach: set KUBECONFIG, name one with --kubeconfig, or run in a pod',
    };
  }
  const where = found.kind === 'files' ? found.paths.join(path.delimiter) : "the pod's service account";
  const loaded = await loadConfig(found);
  if (loaded.kind === 'failed') return loaded;
  const { config } = loaded;
  const { context } = sources;
  if (context !== undefined) {
    const contexts = config.getContexts().map(({ name }) => name);
    if (!contexts.includes(context)) {
      const known = contexts.length === 0 ? 'none' : contexts.join(', ');
      return { kind: 'failed', message: `${where} has no context ${context}; name one that it has: ${known}` };
    }
    config.setCurrentContext(context);
  }
  const server = serverOf(config);
  if (server === undefined) {
    return {
      kind: 'failed',
      message: `${where} names no cluster and user to use; set its current-context (kubectl config use-context NAME)`,
    };
  }
  const agents = newAgents();
  const connect = async (): Promise<Connection | { readonly message: string }> => {
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      return { message: `the credentials of ${where} cannot be read (${codeOf(error) ?? 'unknown error'})` };
    }
    const isProxied = (config.getCurrentCluster()?.proxyUrl ?? '') !== '' || server.protocol === 'http:';
    return { server, options: isProxied ? options : { ...options, agent: agents.forOptions(options) } };
  };
  const caller = { userAgent: `podgraft/${sources.version}`, isOnce: sources.isOnce === true };
  const client = toApiClient(server.origin, caller, connect);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? '';
  return { kind: 'open', client, close: agents.close, ...(namespace !== '' && { namespace }) };
}

/**
 * Reads what was found. Several kubeconfigs are one, as kubectl has it: of two things of one name the first counts, and
 * files that are not there are skipped, unless none is.
 */
async function loadConfig(
  found: Exclude<FoundConfig, { readonly kind: 'none' }>,
): Promise<
  { readonly kind: 'loaded'; readonly config: KubeConfig } | { readonly kind: 'failed'; readonly message: string }
> {
  // The package's index would bring the typed API along: 5 MB, which every command of the one-file program would read.
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  const paths = found.kind === 'files' ? found.paths : [];
  const there: string[] = [];
  for (const file of paths) if (await exists(file)) there.push(file);
  // Where none is there, reading the first says so.
  const [first = paths[0], ...others] = there;
  let where = first ?? "the pod's service account";
  try {
    if (first === undefined) config.loadFromCluster();
    else config.loadFromFile(first);
    for (const file of others) {
      where = file;
      const other = new KubeConfig();
      other.loadFromFile(file);
      addConfig(config, other);
    }
    return { kind: 'loaded', config };
  } catch (error) {
    // What a parser says shows the lines around the error, and in a kubeconfig these are credentials.
    const detail = codeOf(error) ?? 'it is not a kubeconfig';
    return {
      kind: 'failed',
      message: `${where} cannot be read (${detail}); set KUBECONFIG or --kubeconfig to one that can`,
    };
  }
}

/** Adds what `config` hasn't got yet. */
function addConfig(config: KubeConfig, other: KubeConfig): void {
  const isNew = (all: readonly { readonly name: string }[], { name }: { readonly name: string }): boolean =>
    !all.some((each) => each.name === name);
  for (const cluster of other.getClusters()) if (isNew(config.getClusters(), cluster)) config.addCluster(cluster);
  for (const user of other.getUsers()) if (isNew(config.getUsers(), user)) config.addUser(user);
  for (const context of other.getContexts()) if (isNew(config.getContexts(), context)) config.addContext(context);
  if ((config.getCurrentContext() ?? '') === '') config.setCurrentContext(other.getCurrentContext());
}

function serverOf(config: KubeConfig): URL | undefined {
  const address = config.getCurrentUser() === null ? undefined : config.getCurrentCluster()?.server;
  return address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
}

interface Agents {
  /** An agent that keeps connections; another one when CA, certificate or key have changed on disk. */
  readonly forOptions: (options: RequestOptions) => https.Agent;
  readonly close: () => void;
}

// client-node's own agent opens a connection for each request, and stays with the files of the first.
function newAgents(): Agents {
  let current: { readonly key: string; readonly agent: https.Agent } | undefined;
  return {
    forOptions: ({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }) => {
      const tls = { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized };
      const kept = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
      const fingerprint = JSON.stringify(kept);
      if (current?.key === fingerprint) return current.agent;
      current?.agent.destroy();
      current = { key: fingerprint, agent: new https.Agent({ keepAlive: true, ...kept }) };
      return current.agent;
    },
    close: () => current?.agent.destroy(),
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
