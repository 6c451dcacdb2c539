import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import fastJsonPatch from 'fast-json-patch';
import { onTestFinished } from 'vitest';
import { issueCa, issueLeaf, localNames } from '../../src/certs/issue.ts';
import type { Issued } from '../../src/certs/issue.ts';
import type { ApiClient } from '../../src/cluster/api-client.ts';
import { openClient } from '../../src/cluster/client.ts';
import { field, isObject, objectField, own, stringField } from '../../src/core/json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

/** A request that came, as tests look at it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly userAgent: string;
  readonly verb: 'list' | 'watch' | 'get' | 'create' | 'put' | 'patch';
  /** performance.now() of its arrival. */
  readonly atMs: number;
}

/** What happens to a request instead of an answer. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly message?: string }
  /** The connection is reset at once. */
  | 'reset'
  /** The head comes, then half a body, then a reset. */
  | 'break off'
  /** Nothing comes, ever. */
  | 'silence'
  /** 200, and something that is no JSON. */
  | 'garbage';

export interface FakeApiServer {
  readonly url: string;
  readonly token: string;
  /** A kubeconfig file for it. */
  readonly kubeconfig: string;
  readonly seen: readonly Seen[];
  /** Puts an object there, as another client would; its watchers are told. */
  readonly apply: (resource: string, object: JsonObject) => JsonObject;
  readonly remove: (resource: string, key: string) => void;
  readonly object: (resource: string, key: string) => JsonObject | undefined;
  /** What clients have created, in order. */
  readonly created: readonly JsonObject[];
  /** Changes the fate of requests until it is undone: the first that says something counts. */
  readonly onRequest: (rule: (seen: Seen) => Fault | undefined) => () => void;
  /** Forgets all history: a watch or a continue token from before is a 410. */
  readonly compact: () => void;
  /** Sends a raw line to all watchers of a resource. */
  readonly say: (resource: string, line: string) => void;
  readonly bookmark: (resource: string) => void;
  /** What happens to the watches that are open: a good end, a reset, or silence with the connection left open. */
  readonly endWatches: (how: 'end' | 'reset' | 'silence') => void;
  readonly watchers: (resource: string) => number;
  /** Stops listening and cuts all connections, like a process that is killed. */
  readonly goAway: () => Promise<void>;
  readonly comeBack: () => Promise<void>;
}

interface Watcher {
  readonly resource: string;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
  isSilent: boolean;
}

interface Change {
  readonly rv: number;
  readonly resource: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: JsonObject;
}

let authority: Promise<{ readonly ca: Issued; readonly leaf: Issued }> | undefined;

async function serverCertificate(): Promise<{ readonly ca: Issued; readonly leaf: Issued }> {
  authority ??= (async () => {
    const nowMs = Date.now();
    const ca = await issueCa(nowMs);
    return { ca, leaf: await issueLeaf({ ...ca, notAfterMs: nowMs + 86_400_000 }, localNames, nowMs) };
  })();
  return authority;
}

/**
 * An API server as far as podgraft's cluster edge talks to one: HTTPS, tokens, list with pages, watch, compare-and-swap,
 * JSON and merge patches, and all the ways in which it can go wrong. Resources are named by their path for all namespaces
 * (`/api/v1/secrets`), objects by `namespace/name`.
 */
export async function startFakeApiServer(): Promise<FakeApiServer> {
  const { ca, leaf } = await serverCertificate();
  const token = 'the-token';
  const store = new Map<string, Map<string, JsonObject>>();
  const seen: Seen[] = [];
  const createdByClients: JsonObject[] = [];
  const rules = new Set<(seen: Seen) => Fault | undefined>();
  const watchers = new Set<Watcher>();
  let history: Change[] = [];
  let compactedRv = 0;
  let rv = 100;

  const keyOf = (object: JsonObject): string => {
    const metadata = objectField(object, 'metadata');
    return `${stringField(metadata, 'namespace') ?? ''}/${stringField(metadata, 'name') ?? ''}`;
  };
  const isSelected = (query: URLSearchParams, object: JsonObject): boolean => {
    const metadata = objectField(object, 'metadata');
    const byField = query.get('fieldSelector')?.split('=');
    const byLabel = query.get('labelSelector')?.split('=');
    return (
      (byField === undefined || stringField(metadata, 'name') === byField[1]) &&
      (byLabel === undefined || own(objectField(metadata, 'labels'), byLabel[0] ?? '') === byLabel[1])
    );
  };
  const record = (change: Change): void => {
    history.push(change);
    for (const watcher of watchers) tell(watcher, change);
  };
  const tell = ({ resource, query, response, isSilent }: Watcher, { type, object, ...change }: Change): void => {
    if (isSilent || change.resource !== resource || !isSelected(query, object)) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const write = (resource: string, object: JsonObject): JsonObject => {
    const objects = store.get(resource) ?? new Map<string, JsonObject>();
    store.set(resource, objects);
    const key = keyOf(object);
    const old = objects.get(key);
    rv += 1;
    const before = objectField(old, 'metadata');
    const isSameSpec = JSON.stringify(own(old ?? {}, 'spec')) === JSON.stringify(own(object, 'spec'));
    const generation = Number(own(before, 'generation') ?? 0) + (old !== undefined && isSameSpec ? 0 : 1);
    const created = { uid: `uid-${rv}`, creationTimestamp: new Date(1_700_000_000_000 + rv * 1000).toISOString() };
    const metadata = {
      ...created,
      ...objectField(object, 'metadata'),
      ...(old !== undefined && {
        uid: own(before, 'uid') ?? '',
        creationTimestamp: own(before, 'creationTimestamp') ?? '',
      }),
      generation,
      resourceVersion: String(rv),
    };
    const stored = { ...object, metadata };
    objects.set(key, stored);
    record({ rv, resource, type: old === undefined ? 'ADDED' : 'MODIFIED', object: stored });
    return stored;
  };

  const answer = (response: ServerResponse, status: number, body: Json, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
  const refuse = (response: ServerResponse, code: number, message: string, headers?: Record<string, string>): void => {
    answer(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message }, headers);
  };

  const list = (response: ServerResponse, { resource, namespace }: Target, query: URLSearchParams): void => {
    const isWanted = (object: JsonObject): boolean =>
      isSelected(query, object) && (namespace === '' || keyOf(object).startsWith(`${namespace}/`));
    const all = [...(store.get(resource)?.values() ?? [])].filter(isWanted);
    const [tokenRv, offset] = (query.get('continue') ?? `${rv}:0`).split(':').map(Number) as [number, number];
    if (query.has('continue') && tokenRv < compactedRv) {
      refuse(response, 410, 'The provided continue parameter is too old');
      return;
    }
    const limit = Number(query.get('limit') ?? 0) || Infinity;
    const items = all.slice(offset, offset + limit);
    const isMore = offset + items.length < all.length;
    const metadata = {
      resourceVersion: String(tokenRv),
      ...(isMore && { continue: `${tokenRv}:${offset + items.length}` }),
    };
    answer(response, 200, { kind: 'List', apiVersion: 'v1', metadata, items });
  };
  const watch = (response: ServerResponse, resource: string, query: URLSearchParams): void => {
    const from = Number(query.get('resourceVersion'));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    if (from < compactedRv) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })}\n`);
      return;
    }
    const watcher = { resource, query, response, isSilent: false };
    watchers.add(watcher);
    response.on('close', () => watchers.delete(watcher));
    for (const change of history) if (change.rv > from) tell(watcher, change);
    const end = setTimeout(() => !watcher.isSilent && response.end(), Number(query.get('timeoutSeconds')) * 1000);
    response.on('close', () => clearTimeout(end));
  };
  const change = (request: Seen, response: ServerResponse, target: Target, body: Json): void => {
    const old = store.get(target.resource)?.get(target.key);
    if (old === undefined) {
      refuse(response, 404, 'not found');
      return;
    }
    let next: Json;
    try {
      if (request.verb === 'put') next = body;
      else if (request.contentType === 'application/json-patch+json') {
        const patched = fastJsonPatch.applyPatch(structuredClone(old), body as never, true);
        next = patched.newDocument as Json;
      } else next = mergePatch(old, body);
    } catch {
      refuse(response, 422, 'the patch cannot be applied');
      return;
    }
    const version = field(field(next, 'metadata'), 'resourceVersion');
    if (!isObject(next) || (version !== undefined && version !== field(field(old, 'metadata'), 'resourceVersion'))) {
      refuse(response, 409, 'the object has been modified');
      return;
    }
    const { status, ...others } = old;
    answer(
      response,
      200,
      write(target.resource, target.isStatus ? { ...others, status: next['status'] ?? status ?? {} } : next),
    );
  };

  const handle = (request: IncomingMessage, response: ServerResponse, text: string): void => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const target = toTarget(url.pathname);
    const isWatch = url.searchParams.get('watch') === '1';
    const method = request.method ?? '';
    const entry: Seen = {
      method,
      path: url.pathname,
      query: url.searchParams,
      accept: request.headers.accept ?? '',
      contentType: request.headers['content-type'] ?? '',
      userAgent: request.headers['user-agent'] ?? '',
      verb:
        method === 'PUT'
          ? 'put'
          : method === 'PATCH'
            ? 'patch'
            : method === 'POST'
              ? 'create'
              : target.key !== ''
                ? 'get'
                : isWatch
                  ? 'watch'
                  : 'list',
      atMs: performance.now(),
    };
    seen.push(entry);
    const fault = [...rules].map((rule) => rule(entry)).find((found) => found !== undefined);
    if (fault !== undefined) {
      misbehave(request, response, fault);
      return;
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      refuse(response, 401, 'Unauthorized');
      return;
    }
    switch (entry.verb) {
      case 'list':
        list(response, target, url.searchParams);
        return;
      case 'watch':
        watch(response, target.resource, url.searchParams);
        return;
      case 'get': {
        const found = store.get(target.resource)?.get(target.key);
        if (found === undefined) refuse(response, 404, 'not found');
        else answer(response, 200, found);
        return;
      }
      case 'create': {
        const object = JSON.parse(text) as JsonObject;
        if (store.get(target.resource)?.has(keyOf(object)) === true) refuse(response, 409, 'it is there already');
        else {
          const stored = write(target.resource, object);
          createdByClients.push(stored);
          answer(response, 201, stored);
        }
        return;
      }
      case 'put':
      case 'patch':
        change(entry, response, target, JSON.parse(text) as Json);
    }
  };
  const misbehave = (request: IncomingMessage, response: ServerResponse, fault: Fault): void => {
    switch (fault) {
      case 'reset':
        reset(request.socket);
        return;
      case 'break off':
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
        response.write('{"items": [');
        setTimeout(() => reset(request.socket), 20);
        return;
      case 'silence':
        return;
      case 'garbage':
        response.end('<html>not an API server</html>\n');
        return;
      default:
        refuse(response, fault.status, fault.message ?? 'no', { ...fault.headers });
    }
  };

  // A TLS socket can't be reset, the one below it can.
  const sockets = new Map<number, Socket>();
  const reset = (socket: Socket | null): void => void sockets.get(socket?.remotePort ?? 0)?.resetAndDestroy();
  let port = 0;
  let server = listenable();
  function listenable(): https.Server {
    const made = https.createServer({ key: leaf.key, cert: leaf.cert }, (request, response) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (text += chunk));
      request.on('end', () => handle(request, response, text));
    });
    made.on('connection', (socket: Socket) => {
      const { remotePort = 0 } = socket;
      sockets.set(remotePort, socket);
      socket.on('close', () => sockets.delete(remotePort));
    });
    return made;
  }
  const listen = async (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, 'localhost', () => {
        ({ port } = server.address() as AddressInfo);
        resolve();
      });
    });
  const goAway = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    // Those in the middle of a handshake too, of which the HTTP server knows nothing yet.
    for (const socket of sockets.values()) socket.destroy();
    await closed;
  };
  await listen();
  onTestFinished(goAway);

  const folder = await temporaryFolder();

  const kubeconfig = path.join(folder, 'kubeconfig');
  const url = `https://localhost:${port}`;
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'c', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca.cert).toString('base64') } },
      ],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return {
    url,
    token,
    kubeconfig,
    seen,
    apply: write,
    remove: (resource, key) => {
      const object = store.get(resource)?.get(key);
      if (object === undefined) return;
      store.get(resource)?.delete(key);
      rv += 1;
      const metadata = { ...objectField(object, 'metadata'), resourceVersion: String(rv) };
      record({ rv, resource, type: 'DELETED', object: { ...object, metadata } });
    },
    object: (resource, key) => store.get(resource)?.get(key),
    created: createdByClients,
    onRequest: (rule) => {
      rules.add(rule);
      return () => rules.delete(rule);
    },
    compact: () => {
      history = [];
      rv += 1;
      compactedRv = rv;
    },
    say: (resource, line) => {
      for (const watcher of watchers) if (watcher.resource === resource) watcher.response.write(`${line}\n`);
    },
    bookmark: (resource) => {
      const object = { kind: 'X', metadata: { resourceVersion: String(rv) } };
      for (const watcher of watchers) {
        if (watcher.resource === resource) watcher.response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
      }
    },
    endWatches: (how) => {
      for (const watcher of watchers) {
        if (how !== 'silence') watchers.delete(watcher);
        if (how === 'end') watcher.response.end();
        else if (how === 'reset') reset(watcher.response.socket);
        else watcher.isSilent = true;
      }
    },
    watchers: (resource) => [...watchers].filter((watcher) => watcher.resource === resource).length,
    goAway,
    comeBack: async () => {
      // Meanwhile a server of another test may have been given its port.
      await until('its port is free', async () => {
        server = listenable();
        return listen().then(
          () => true,
          () => false,
        );
      });
    },
  };
}

/** A client of the server, closed with the test. */
export async function clientOf({ kubeconfig }: Pick<FakeApiServer, 'kubeconfig'>): Promise<ApiClient> {
  const opened = await openClient({ kubeconfig, env: {}, version: '0.0.0' });
  if (opened.kind === 'failed') throw new Error(opened.message);
  onTestFinished(opened.close);
  return opened.client;
}

interface Target {
  readonly resource: string;
  /** Empty for all objects. */
  readonly key: string;
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly isStatus: boolean;
}

function toTarget(pathname: string): Target {
  const match =
    /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/.))?\/([^/]+)(?:\/([^/]+))?(\/status)?$/u.exec(
      pathname,
    );
  const [, group = '', namespace = '', plural = '', name = '', status] = match ?? [];
  return {
    resource: `${group}/${plural}`,
    key: name === '' ? '' : `${namespace}/${name}`,
    namespace,
    isStatus: status !== undefined,
  };
}

function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key] ?? null, value);
  }
  return result;
}
