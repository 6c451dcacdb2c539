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
}

/** Which of the sources there is: `file` a kubeconfig, `pod` the service account of the pod that we run in. */
export type FoundConfig =
  | { readonly kind: 'file'; readonly path: string }
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
  const named = kubeconfig ?? env['KUBECONFIG']?.split(path.delimiter).find((file) => file !== '');
  if (named !== undefined) return { kind: 'file', path: named };
  if ((env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && (await exists(tokenFile))) return { kind: 'pod' };
  const own = path.join(env['HOME'] ?? '', '.kube', 'config');
  return (await exists(own)) ? { kind: 'file', path: own } : { kind: 'none' };
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
  const where = found.kind === 'file' ? found.path : "the pod's service account";
  // The package's index would bring the typed API along: 5 MB, which every command of the one-file program would read.
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  try {
    if (found.kind === 'file') config.loadFromFile(found.path);
    else config.loadFromCluster();
  } catch (error) {
    // What a parser says shows the lines around the error, and in a kubeconfig these are credentials.
    const detail = codeOf(error) ?? 'it is not a kubeconfig';
    return {
      kind: 'failed',
      message: `${where} cannot be read (${detail}); set KUBECONFIG or --kubeconfig to one that can`,
    };
  }
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
  const client = toApiClient(server.origin, `podgraft/${sources.version}`, connect);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? '';
  return { kind: 'open', client, close: agents.close, ...(namespace !== '' && { namespace }) };
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
