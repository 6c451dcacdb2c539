import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { CertificateTimes } from '../../src/cluster/certificate-plan.ts';
import { configurationsPath } from '../../src/cluster/webhook-configurations.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { startChild } from '../../tools/cluster/child.ts';
import type { Child } from '../../tools/cluster/child.ts';
import type { Cluster } from '../../tools/cluster/cluster.ts';
import { freePorts } from '../../tools/cluster/control-plane.ts';
import { webhookConfiguration } from '../../tools/cluster/webhook-configuration.ts';
import { crdFile } from '../../tools/crd/definition.ts';
import { create, eventually } from './api.ts';
import type { Api } from './api.ts';
import { balance } from './balance.ts';
import { midRotation } from './certificate-state.ts';
import { configurationPath, idleConfiguration } from './idle-webhooks.ts';

/** Replicas of `podgraft serve` beside a control plane, as the chart would have them in a cluster. */
export interface Replicas {
  readonly ports: readonly number[];
  readonly isRunning: () => boolean;
  /** The sum over all replicas of a counter in one of its series. */
  readonly count: (series: string) => Promise<number>;
  /** What replicas have warned of, a line each. */
  readonly warnings: () => Promise<readonly string[]>;
  /** Stops them with SIGTERM. */
  readonly stop: () => Promise<void>;
}

export const rootNamespace = 'podgraft-system';
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const secretName = 'podgraft-certificates';
const mutating = { type: 'mutating', name: '00-podgraft' } as const;
const validating = { type: 'validating', name: 'podgraft' } as const;
export const configurationPaths = [mutating, validating].map(configurationPath);

/** Installs what the chart would, in the middle of a rotation, and starts so many replicas behind one address; all are ready. */
export async function startReplicas(
  cluster: Cluster,
  api: Api,
  count: number,
  times: CertificateTimes,
): Promise<Replicas> {
  const ports = await freePorts(2 * count);
  const webhookPorts = ports.slice(0, count);
  const probePorts = ports.slice(count);
  const balancer = await balance(webhookPorts);
  await install(api, `https://127.0.0.1:${balancer.port}`, times);
  const children = webhookPorts.map((port, index) => startReplica(cluster, index, port, probePorts[index] ?? 0, times));
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(async (child) => child.stop()));
    balancer.close();
  };
  const ask = async (port: number, what: string): Promise<string> =>
    fetch(`http://127.0.0.1:${port}/${what}`).then(
      async (response) => response.text(),
      () => '',
    );
  try {
    for (const [index, port] of probePorts.entries()) {
      await eventually('each replica is ready', async () => {
        const said = await ask(port, 'readyz?verbose');
        return said.endsWith('\nok\n') ? children : `${index}: ${said}`;
      });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ports: webhookPorts,
    isRunning: () => children.every((child) => child.isRunning()),
    count: async (series) => {
      const texts = await Promise.all(probePorts.map(async (port) => ask(port, 'metrics')));
      const counts = texts.map((text) => Number(lineOf(text, series)?.split(' ').at(-1) ?? 0));
      return counts.reduce((sum, one) => sum + one, 0);
    },
    warnings: async () => (await Promise.all(children.map(warningsOf))).flat(),
    stop,
  };
}

function lineOf(text: string, start: string): string | undefined {
  return text.split('\n').find((line) => line.startsWith(`${start} `));
}

/** Lines of the log from level warn on. */
async function warningsOf({ logFile }: Child): Promise<readonly string[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n');
  return lines.filter((line) => /"level":(?:[4-6]0|"(?:warn|error|fatal)")/u.test(line));
}

function startReplica(
  { kubeconfig, folder }: Cluster,
  index: number,
  port: number,
  probePort: number,
  times: CertificateTimes,
): Child {
  const args = [
    main,
    'serve',
    '--cluster=true',
    `--kubeconfig=${kubeconfig}`,
    `--namespace=${rootNamespace}`,
    `--root-namespace=${rootNamespace}`,
    '--host=127.0.0.1',
    '--tls-names=127.0.0.1',
    `--port=${port}`,
    `--probe-port=${probePort}`,
    `--ca-life-seconds=${times.caLifeMs / 1000}`,
    `--leaf-life-seconds=${times.leafLifeMs / 1000}`,
    '--drain-seconds=0',
    '--quiet-seconds=0',
  ];
  return startChild(`replica ${index}`, process.execPath, args, path.join(folder, `replica-${index}.log`));
}

/** What the chart makes: CRD, namespace, Lease, Secret and webhooks. No review ever goes to the validating one. */
async function install(api: Api, url: string, times: CertificateTimes): Promise<void> {
  const crd = parse(await readFile(crdFile, 'utf8')) as JsonObject;
  await create(api, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
  await create(api, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: rootNamespace },
  });
  await create(api, `/apis/coordination.k8s.io/v1/namespaces/${rootNamespace}/leases`, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'podgraft-status' },
  });
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: secretName }, type: 'Opaque' };
  await create(api, `/api/v1/namespaces/${rootNamespace}/secrets`, await midRotation(secret, times, Date.now()));
  const excludedNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', rootNamespace];
  const webhooks = webhookConfiguration({ name: mutating.name, url, ca: '', excludedNamespaces });
  await create(api, configurationsPath('mutating'), webhooks);
  await create(api, configurationsPath('validating'), idleConfiguration(validating, { url }));
}
