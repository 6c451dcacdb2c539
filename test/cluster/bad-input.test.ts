import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import type { Json } from '../../src/core/json.ts';
import { run } from '../support/cli.ts';
import { eventually } from './support/api.ts';
import { describeCluster, newFolder } from './support/cluster.ts';
import { startInterruptible } from './support/interruptible.ts';
import type { Interruptible } from './support/interruptible.ts';
import { startReplica } from './support/replica.ts';
import type { Replica } from './support/replica.ts';

// A cluster that lacks what podgraft needs, on a real API server of this test's own: each lack is one line in the log,
// said once however often it is tried, and a reason at /readyz?verbose; as soon as it is mended podgraft is ready, without
// a restart.

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const crdFile = new URL('../../charts/podgraft/files/injectiontemplate.yaml', import.meta.url);
const templates = '/apis/podgraft.dev/v1alpha1/injectiontemplates';
const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
const flowControl = '/apis/flowcontrol.apiserver.k8s.io/v1';
const secrets = '/api/v1/namespaces/podgraft-system/secrets';
const full = { metadata: { name: 'full' } };

let servers: Interruptible;

async function ok(method: string, at: string, body?: Json): Promise<void> {
  const answer = await servers.request(method, at, body);
  if (answer.status >= 300) throw new Error(`${method} ${at}: ${JSON.stringify(answer)}`);
}

async function replicaOf(user: string, certificate: 'files' | 'self-managed' = 'files'): Promise<Replica> {
  const folder = await newFolder();
  const kubeconfig = path.join(folder, 'kubeconfig');
  await writeFile(kubeconfig, servers.kubeconfig(user));
  const replica = await startReplica(folder, kubeconfig, certificate);
  onTestFinished(replica.stop);
  return replica;
}

/** Everything, to somebody who isn't an administrator: those no priority level keeps waiting. */
async function grantAll(user: string): Promise<void> {
  await ok('POST', bindings, {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
}

/** Others who ask under the same name, again and again: the one seat that even a level of no shares has is taken. */
function newCrowd(user: string): { readonly leave: () => Promise<void> } {
  const gone = new AbortController();
  const request = servers.requestAs(user);
  const members = Array.from({ length: 12 }, async () => {
    while (!gone.signal.aborted) await request('GET', '/api/v1/namespaces');
  });
  return {
    leave: async () => {
      gone.abort();
      await Promise.all(members);
    },
  };
}
let crowd: ReturnType<typeof newCrowd> | undefined;

async function statusOf(at: string): Promise<number> {
  return (await servers.request('GET', at)).status;
}

async function installCrd(): Promise<void> {
  await ok('POST', crds, parse(await readFile(crdFile, 'utf8')) as Json);
  await eventually('the kind is there', async () => ((await statusOf(templates)) === 200 ? true : undefined));
}

interface Lack {
  readonly what: string;
  readonly user: string;
  readonly certificate?: 'self-managed';
  readonly spoil: () => Promise<void>;
  readonly mend: () => Promise<void>;
  /** A whole line of /readyz?verbose. */
  readonly reason: RegExp;
}

const lacks: readonly Lack[] = [
  {
    what: 'the CustomResourceDefinition is missing',
    user: 'admin',
    spoil: async () => {
      await ok('DELETE', `${crds}/injectiontemplates.podgraft.dev`);
      await eventually('the kind is gone', async () => ((await statusOf(templates)) === 404 ? true : undefined));
    },
    mend: installCrd,
    reason:
      /^\[-\]InjectionTemplates the cluster does not know InjectionTemplates: install the CustomResourceDefinition injectiontemplates\.podgraft\.dev \(the chart has it\)$/mu,
  },
  {
    what: 'it may not list anything',
    user: 'stranger',
    spoil: async () => undefined,
    mend: async () => grantAll('stranger'),
    reason:
      /^\[-\]PodTemplates list PodTemplates at https:\S+: HTTP 403, podtemplates is forbidden: User "stranger" cannot list resource "podtemplates" in API group "" at the cluster scope; grant it: the chart's roles do; it is tried again$/mu,
  },
  {
    what: 'the API server has no room for it',
    user: 'crowded',
    spoil: async () => {
      await grantAll('crowded');
      await ok('POST', `${flowControl}/prioritylevelconfigurations`, {
        ...full,
        spec: {
          type: 'Limited',
          limited: { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } },
        },
      });
      await ok('POST', `${flowControl}/flowschemas`, {
        ...full,
        spec: {
          priorityLevelConfiguration: { name: 'full' },
          matchingPrecedence: 2,
          rules: [
            {
              subjects: [{ kind: 'User', user: { name: 'crowded' } }],
              resourceRules: [
                { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
              ],
            },
          ],
        },
      });
      crowd = newCrowd('crowded');
    },
    mend: async () => {
      await ok('DELETE', `${flowControl}/flowschemas/full`);
      await crowd?.leave();
    },
    reason:
      /^\[-\](?<kind>\w+) list \k<kind> at https:\S+: HTTP 429; the API server is overloaded; it is tried again when it says$/mu,
  },
  {
    what: 'the Secret is somebody else’s',
    user: 'admin',
    certificate: 'self-managed',
    spoil: async () =>
      ok('POST', secrets, { metadata: { name: 'podgraft-certificates' }, stringData: { password: 'canary' } }),
    mend: async () => {
      await ok('DELETE', `${secrets}/podgraft-certificates`);
      await ok('POST', secrets, { metadata: { name: 'podgraft-certificates' } });
    },
    reason:
      /^\[-\]trusted certificate Secret podgraft-system\/podgraft-certificates: it has the key password, which is none of ours: podgraft did not write it and leaves it alone; name another with --certificate-secret$/mu,
  },
];

describeCluster('a cluster that lacks something', () => {
  beforeAll(async () => {
    const started = await startInterruptible(await newFolder(), [], ['stranger', 'crowded']);
    if (started === undefined) throw new Error('there are no binaries of etcd and kube-apiserver to start');
    servers = started;
    await installCrd();
    await ok('POST', '/api/v1/namespaces', { metadata: { name: 'podgraft-system' } });
    const leases = '/apis/coordination.k8s.io/v1/namespaces/podgraft-system/leases';
    await ok('POST', leases, { metadata: { name: 'podgraft-status' } });
  });
  afterAll(async () => servers.close());

  test.each(lacks)('$what: one line that says what to do, and ready when it is mended', async (lack) => {
    await lack.spoil();
    const replica = await replicaOf(lack.user, lack.certificate);
    // All from one answer: where there is little room, the next one may speak of another kind.
    const { line, text } = await eventually('it says what is missing', async () => {
      const answer = await replica.ready();
      const [found] = lack.reason.exec(answer) ?? [];
      return found === undefined ? undefined : { line: found, text: answer };
    });
    expect(text).toMatch(/\nnot ready\n$/u);
    const secret = await servers.request('GET', `${secrets}/podgraft-certificates`);
    const message = line.replace(/^\[-\]\S+ (?:certificate )?/u, '');
    const said = (): readonly string[] =>
      replica
        .log()
        .split('\n')
        .filter((entry) => entry.includes(JSON.stringify(message).slice(1, -1)));
    await eventually('the log says it', async () => (said().length > 0 ? true : undefined));
    expect(`${replica.log()}${await replica.ready()}`).not.toContain('canary');
    if (lack.certificate !== undefined) {
      expect((await servers.request('GET', `${secrets}/podgraft-certificates`)).body).toEqual(secret.body);
    }
    await lack.mend();
    await eventually('it is ready', async () => ((await replica.ready()).endsWith('\nok\n') ? true : undefined));
    // However often it was tried.
    expect(said()).toHaveLength(1);
  });

  test.each([
    ['is not there', undefined, /^\S+ cannot be read \(ENOENT\); set KUBECONFIG or --kubeconfig to one that can\n$/u],
    [
      'is none',
      'token: canary\n: {',
      /^\S+ cannot be read \(it is not a kubeconfig\); set KUBECONFIG or --kubeconfig/u,
    ],
  ])('a kubeconfig that %s is one line, and the end', async (_, text, message) => {
    const kubeconfig = path.join(await newFolder(), 'kubeconfig');
    if (text !== undefined) await writeFile(kubeconfig, text);
    const { code, stdout, stderr } = await run(['serve', '--kubeconfig', kubeconfig]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stderr).not.toContain('canary');
  });
});
