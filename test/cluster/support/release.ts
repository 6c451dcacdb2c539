import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { inject } from 'vitest';
import { parse, stringify } from 'yaml';
import { arrayField, field, isObject, objectField, stringField } from '../../../src/core/json.ts';
import type { Json } from '../../../src/core/json.ts';
import { api } from './api.ts';

/** A kubeconfig for an account of the cluster, as its pods would have it. */
export async function kubeconfigOf(namespace: string, account: string): Promise<string> {
  const cluster = inject('cluster');
  if (cluster.kind === 'missing') throw new Error(cluster.sentence);
  const answer = await api('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600 },
  });
  const token = stringField(objectField(answer.body, 'status'), 'token') ?? '';
  const config = parse(await readFile(cluster.kubeconfig, 'utf8')) as Json;
  const [first] = isObject(config) ? arrayField(config, 'clusters') : [];
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: field(first, 'cluster') }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  });
}

const given = new Set<number>();

/** A port that nobody listens on, and another one each time: it may be a while until somebody does. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, resolve);
    });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => {
      server.close(resolve);
    });
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}
