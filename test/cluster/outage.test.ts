import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { injectionTemplate } from '../support/fixtures.ts';
import { eventually } from './support/api.ts';
import { describeCluster, newFolder } from './support/cluster.ts';
import { startInterruptible } from './support/interruptible.ts';
import type { Interruptible } from './support/interruptible.ts';
import { startReplica } from './support/replica.ts';
import type { Replica } from './support/replica.ts';

// The API server away for a minute, while templates change and etcd forgets its history: contract T46, on a real etcd and
// API server of this test's own, with three replicas as processes. Lists are counted by the API server's audit log.

const users = ['replica-0', 'replica-1', 'replica-2'];
const awayMs = 60_000;
const convergedMs = 35_000;
const listEveryMs = 30_000;
/** The promise is about when a replica asks; the API server notes when the question has come. */
const onItsWayMs = 1000;
const templates = '/apis/podgraft.dev/v1alpha1/namespaces/podgraft-system/injectiontemplates';
const crdFile = new URL('../../charts/podgraft/files/injectiontemplate.yaml', import.meta.url);

let servers: Interruptible;
let replicas: readonly Replica[] = [];

function sidecar(name: string, image: string): JsonObject {
  const template = injectionTemplate(name, { spec: { containers: [{ name: 'added', image }] } });
  return { ...template, metadata: { name } };
}

/** What each replica makes of a pod that names each of these, one line for each replica. */
async function answers(...names: readonly string[]): Promise<readonly string[]> {
  return Promise.all(
    replicas.map(async ({ ask }) => {
      const each = await Promise.all(names.map(async (name) => `${name}: ${await ask(name)}`));
      return each.join('; ');
    }),
  );
}

function allSay(line: string): readonly string[] {
  return users.map(() => line);
}

describeCluster('while the API server is away', () => {
  beforeAll(async () => {
    const folder = await newFolder();
    const started = await startInterruptible(folder, users);
    if (started === undefined) throw new Error('there are no binaries of etcd and kube-apiserver to start');
    servers = started;
    const made = [
      await servers.request(
        'POST',
        '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
        parse(await readFile(crdFile, 'utf8')) as Json,
      ),
      await servers.request('POST', '/api/v1/namespaces', { metadata: { name: 'podgraft-system' } }),
      await servers.request('POST', '/apis/coordination.k8s.io/v1/namespaces/podgraft-system/leases', {
        metadata: { name: 'podgraft-status' },
      }),
    ];
    if (made.some(({ status }) => status !== 201)) throw new Error(JSON.stringify(made));
    await eventually('templates can be made', async () => {
      const { status } = await servers.request('POST', templates, sidecar('changed', 'a:1'));
      return status === 201 ? true : undefined;
    });
    await servers.request('POST', templates, sidecar('deleted', 'd:1'));
    replicas = await Promise.all(
      users.map(async (user) => {
        const own = await newFolder();
        const kubeconfig = path.join(own, 'kubeconfig');
        await writeFile(kubeconfig, servers.kubeconfig(user));
        return startReplica(own, kubeconfig);
      }),
    );
  });
  afterAll(async () => {
    await Promise.all(replicas.map(async ({ stop }) => stop()));
    await servers.close();
  });

  test(
    'replicas serve from memory; when it is back without its history they are up to date in 35 s, with one list of a kind in 30 s',
    async () => {
      const known = 'changed: a:1; deleted: d:1; new: refused';
      await eventually('all are ready', async () => {
        const states = await Promise.all(replicas.map(async ({ ready }) => ready()));
        return states.every((state) => state.endsWith('\nok\n')) ? true : undefined;
      });
      expect(await answers('changed', 'deleted', 'new')).toEqual(allSay(known));

      await servers.stop();
      const goneMs = performance.now();
      await servers.unseen(async (request) => {
        expect((await request('PUT', `${templates}/changed`, await changedTemplate(request))).status).toBe(200);
        expect((await request('DELETE', `${templates}/deleted`)).status).toBe(200);
        expect((await request('POST', templates, sidecar('new', 'n:1'))).status).toBe(201);
      });
      await servers.compact();
      const seen = new Set<string>();
      do {
        for (const line of await answers('changed', 'deleted', 'new')) seen.add(line);
        for (const { ready } of replicas) seen.add((await ready()).endsWith('\nok\n') ? known : 'not ready');
        await wait(500);
      } while (performance.now() - goneMs < awayMs);
      expect([...seen]).toEqual([known]);

      await servers.start();
      const backMs = Date.now();
      await eventually('all have what is there now', async () => {
        const lines = await answers('changed', 'deleted', 'new');
        return lines.every((line) => line === 'changed: a:2; deleted: refused; new: n:1') ? true : undefined;
      });
      expect(Date.now() - backMs).toBeLessThan(convergedMs);
      for (const { metrics } of replicas) {
        expect(await metrics()).toMatch(/podgraft_watch_restarts_total\{kind="InjectionTemplate",reason="gone"\} 1\n/u);
      }

      const lists = (await servers.audited()).filter(({ user, verb }) => users.includes(user) && verb === 'list');
      const byReplica = Map.groupBy(lists, ({ user, resource }) => `${user} ${resource}`);
      expect([...byReplica.keys()].toSorted()).toEqual(
        users.flatMap((user) => ['injectiontemplates', 'namespaces', 'podtemplates'].map((kind) => `${user} ${kind}`)),
      );
      for (const times of byReplica.values()) {
        const gaps = times.slice(1).map(({ atMs }, index) => atMs - (times[index]?.atMs ?? 0));
        for (const gap of gaps) expect(gap).toBeGreaterThan(listEveryMs - onItsWayMs);
      }
    },
    5 * 60_000,
  );
});

async function changedTemplate(request: Interruptible['request']): Promise<JsonObject> {
  const { body } = await request('GET', `${templates}/changed`);
  return { ...body, spec: sidecar('changed', 'a:2')['spec'] ?? {} };
}
