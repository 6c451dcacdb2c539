import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { arrayField, objectField, stringField } from '../../../src/core/json.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { run } from '../../../tools/cluster/child.ts';
import type { NodeCluster } from '../../../tools/cluster/node/open-node.ts';
import { eventually } from '../support/api.ts';
import { describeCluster } from '../support/cluster.ts';
import { phaseOf } from './support/pods.ts';

// A node leaves nothing behind on the machine, whether it is told to end or whoever started it is killed: no process, no
// folder, no cgroup. (Its mounts and its network are in namespaces, which end with their last process.)

const supervise = fileURLToPath(new URL('../../../tools/cluster/supervise.ts', import.meta.url));

describeCluster('a node', () => {
  test.each([
    ['is told to end', (supervisor: ReturnType<typeof start>): unknown => supervisor.stdin.end()],
    [
      'loses the process that started it',
      (supervisor: ReturnType<typeof start>): unknown => supervisor.kill('SIGKILL'),
    ],
  ])('that %s leaves nothing behind', async (_how, end) => {
    const supervisor = start();
    const [line] = (await once(createInterface(supervisor.stdout), 'line')) as [string];
    const node = JSON.parse(line) as NodeCluster;
    const containers = await runPod(node);
    expect(containers.length).toBeGreaterThan(0);
    const look = { folder: node.folder, namespace: await namespaceOf(node.pid) };
    expect((await leftOf(look, containers)).length).toBeGreaterThan(10);
    end(supervisor);
    await eventually('nothing is left', async () => ((await leftOf(look, containers)).length === 0 ? true : undefined));
  });
});

function start(): ReturnType<typeof spawn> & {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
} {
  return spawn(process.execPath, [supervise, 'node'], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Runs a pod; the answer is the ids of its containers. */
async function runPod({ kubeconfig, kubectl }: NodeCluster): Promise<readonly string[]> {
  const ask = async (...args: readonly string[]): Promise<string> =>
    run(kubectl, ['--kubeconfig', kubeconfig, ...args]);
  await eventually('pods can be created', async () =>
    ask('get', 'serviceaccount', 'default').then(
      () => true,
      () => undefined,
    ),
  );
  await ask('run', 'sleeper', '--image=docker.io/library/busybox:pause');
  const pod = await eventually('the pod runs', async () => {
    const read = JSON.parse(await ask('get', 'pod', 'sleeper', '--output=json')) as JsonObject;
    return phaseOf(read) === 'Running' ? read : undefined;
  });
  const statuses = arrayField(objectField(pod, 'status'), 'containerStatuses');
  return statuses.map((status: Json) => (stringField(status, 'containerID') ?? '').replace('containerd://', ''));
}

/** What there is on this machine of a node: its folder, processes in its namespace or that name it, its containers' cgroups. */
async function leftOf(
  { folder, namespace }: { readonly folder: string; readonly namespace: string },
  containers: readonly string[],
): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return command.includes(folder) || (await namespaceOf(pid)) === namespace ? [command] : [];
    }),
  );
  const hierarchies = (await readdir('/sys/fs/cgroup')).map((name) => path.join('/sys/fs/cgroup', name, 'k8s.io'));
  const cgroups = hierarchies.flatMap((parent) => containers.map((id) => path.join(parent, id)));
  return [...processes.flat(), ...[folder, ...cgroups].filter((file) => existsSync(file))];
}

/** The process namespace that a process is in. */
async function namespaceOf(pid: number | string): Promise<string> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => '');
}
