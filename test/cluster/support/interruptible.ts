import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseJson } from '../../../src/cluster/api-client.ts';
import { isObject, stringField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { findBinaries } from '../../../tools/cluster/binaries.ts';
import { startChild } from '../../../tools/cluster/child.ts';
import type { Child } from '../../../tools/cluster/child.ts';
import { freePorts } from '../../../tools/cluster/control-plane.ts';
import { getReady } from '../../../tools/cluster/ready.ts';

/** An etcd and API servers over it that can go and come back, beside the cluster that all tests share. */
export interface Interruptible {
  /** The API server that clients know comes (back); resolves when it is ready. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Does something by another API server over the same etcd, of which clients know nothing. */
  readonly unseen: (work: (request: Request) => Promise<void>) => Promise<void>;
  /** Asks the API server that clients know, as an administrator. */
  readonly request: Request;
  readonly requestAs: (user: string) => Request;
  /** Forgets all history up to now. */
  readonly compact: () => Promise<void>;
  /** A kubeconfig for one of the users. */
  readonly kubeconfig: (user: string) => string;
  /** What the API server noted of requests, oldest first: who, verb, resource, when in milliseconds since the epoch. */
  readonly audited: () => Promise<readonly Audited[]>;
  readonly close: () => Promise<void>;
}

export type Request = (
  method: string,
  path: string,
  body?: Json,
) => Promise<{ readonly status: number; readonly body: JsonObject }>;

export interface Audited {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly atMs: number;
}

const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['ResponseStarted', 'ResponseComplete', 'Panic'],
  rules: [{ level: 'Metadata', verbs: ['list', 'watch'] }],
};

/**
 * Starts an etcd, and the first API server over it. Undefined where the binaries are missing.
 * @param users who may do everything
 * @param strangers who may do what RBAC grants them
 */
export async function startInterruptible(
  folder: string,
  users: readonly string[],
  strangers: readonly string[] = [],
): Promise<Interruptible | undefined> {
  const found = await findBinaries(() => undefined);
  if (found.kind === 'missing') return undefined;
  const { binaries } = found;
  const inFolder = (name: string): string => path.join(folder, name);
  const [etcdPort, peerPort, port, hiddenPort] = (await freePorts(4)) as [number, number, number, number];
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  await writeFile(inFolder('audit.yaml'), JSON.stringify(policy));
  const tokens = [
    ...['admin', ...users].map((user) => `${user},${user},${user},"system:masters"\n`),
    ...strangers.map((user) => `${user},${user},${user}\n`),
  ];
  await writeFile(inFolder('tokens.csv'), tokens.join(''));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(inFolder('sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  const etcd = startChild(
    'etcd',
    binaries.etcd,
    [
      ['--data-dir', inFolder('etcd'), '--unsafe-no-fsync', '--log-level', 'warn'],
      ['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
      [
        '--listen-peer-urls',
        peerUrl,
        '--initial-advertise-peer-urls',
        peerUrl,
        '--initial-cluster',
        `default=${peerUrl}`,
      ],
    ].flat(),
    inFolder('etcd.log'),
  );
  const run = async (at: number, audit: readonly string[]): Promise<Child> => {
    const server = startChild(
      'kube-apiserver',
      binaries['kube-apiserver'],
      [
        `--etcd-servers=${etcdUrl}`,
        `--secure-port=${at}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        '--endpoint-reconciler-type=none',
        `--cert-dir=${inFolder('certificates')}`,
        '--service-cluster-ip-range=10.96.0.0/16',
        '--authorization-mode=RBAC',
        `--token-auth-file=${inFolder('tokens.csv')}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${inFolder('sa.key')}`,
        `--service-account-signing-key-file=${inFolder('sa.key')}`,
        // The history is the test's to compact.
        '--etcd-compaction-interval=0',
        ...audit,
      ],
      inFolder(`kube-apiserver-${at}.log`),
    );
    const certificate = inFolder('certificates/apiserver.crt');
    let ca = '';
    while (!ca.includes('-----END CERTIFICATE-----') && server.isRunning()) {
      await wait(50);
      ca = await readFile(certificate, 'utf8').catch(() => '');
    }
    await getReady({ url: `https://127.0.0.1:${at}/readyz`, ca, token: 'admin' }, [etcd, server]);
    return server;
  };
  const requestAt = (at: number, token = 'admin'): Request => {
    return async (method, asked, body) => {
      const ca = await readFile(inFolder('certificates/apiserver.crt'), 'utf8');
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      return new Promise((resolve, reject) => {
        const sent = https.request(
          `https://127.0.0.1:${at}${asked}`,
          { ca, method, agent: false, headers: { Authorization: `Bearer ${token}`, 'Content-Type': type } },
          (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
            response.on('end', () => {
              const answer = parseJson(text);
              resolve({ status: response.statusCode ?? 0, body: isObject(answer) ? answer : {} });
            });
          },
        );
        sent.on('error', reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      });
    };
  };
  const auditFlags = [`--audit-policy-file=${inFolder('audit.yaml')}`, `--audit-log-path=${inFolder('audit.log')}`];
  let known: Child | undefined;
  const start = async (): Promise<void> => {
    known = await run(port, auditFlags);
  };
  await start();
  const ask = async (method: string, body: Json): Promise<JsonObject> => {
    const response = await fetch(`${etcdUrl}/v3/kv/${method}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd: ${response.status} ${await response.text()}`);
    const answer = (await response.json()) as Json;
    return isObject(answer) ? answer : {};
  };
  const kubeconfig = (user: string): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: {
            server: `https://127.0.0.1:${port}`,
            'certificate-authority': inFolder('certificates/apiserver.crt'),
          },
        },
      ],
      users: [{ name: 'u', user: { token: user } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'c',
    });
  return {
    start,
    stop: async () => known?.stop(),
    unseen: async (work) => {
      const hidden = await run(hiddenPort, []);
      try {
        await work(requestAt(hiddenPort));
      } finally {
        await hidden.stop();
      }
    },
    request: requestAt(port),
    requestAs: (user) => requestAt(port, user),
    compact: async () => {
      const { header } = await ask('range', { key: Buffer.from('x').toString('base64') });
      const revision = isObject(header) ? (stringField(header, 'revision') ?? '') : '';
      await ask('compaction', { revision, physical: true });
    },
    kubeconfig,
    audited: async () => (await readFile(inFolder('audit.log'), 'utf8')).split('\n').filter(Boolean).map(toAudited),
    close: async () => {
      await known?.stop();
      await etcd.stop();
    },
  };
}

function toAudited(line: string): Audited {
  const event = JSON.parse(line) as {
    readonly user: { readonly username: string };
    readonly verb: string;
    readonly objectRef?: { readonly resource: string };
    readonly requestReceivedTimestamp: string;
  };
  return {
    user: event.user.username,
    verb: event.verb,
    resource: event.objectRef?.resource ?? '',
    atMs: Date.parse(event.requestReceivedTimestamp),
  };
}
