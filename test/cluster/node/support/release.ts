import { inject } from 'vitest';
import { objectField, stringField } from '../../../../src/core/json.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { Ending } from '../../../../tools/cluster/child.ts';
import { helmVersions } from '../../../../tools/helm/binaries.ts';
import { chart, helm } from '../../../chart/support/helm.ts';
import { api, create, eventually, list } from '../../support/api.ts';
import { kubectl, newNamespace } from '../../support/cluster.ts';
import { loadPodgraft } from './node.ts';

/** The Helm of these tests; those of the chart on an API server use each. */
export const helmVersion = helmVersions.at(-1) ?? 'v4.3.1';

/** podgraft on the node, as its chart installs it and with the image of its Dockerfile. */
export interface Release {
  readonly namespace: string;
  /** Runs Helm on the release's namespace. */
  readonly helm: (...args: readonly string[]) => Promise<Ending>;
  /** `helm upgrade` to other values; resolves when the rollout is done. */
  readonly upgrade: (...values: readonly string[]) => Promise<void>;
  /** Registers templates of the root namespace; resolves when each replica knows them all. */
  readonly register: (...templates: readonly JsonObject[]) => Promise<void>;
  /** How many reviews its replicas have been asked so far, by webhook. */
  readonly reviews: () => Promise<Readonly<Record<'named' | 'matched', number>>>;
  readonly uninstall: () => Promise<void>;
}

const name = 'podgraft';

/** Installs a release in a namespace that lets in nothing but what is `restricted`, and waits until it is ready. */
export async function installRelease(...values: readonly string[]): Promise<Release> {
  const own = [...(await loadPodgraft()), ...values];
  const namespace = await newNamespace({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  const run: Release['helm'] = async (...args) => {
    const cluster = inject('cluster');
    if (cluster.kind === 'missing') throw new Error(cluster.sentence);
    return helm(helmVersion, [...args, '--namespace', namespace], { KUBECONFIG: cluster.kubeconfig });
  };
  const bring = async (command: readonly string[], more: readonly string[]): Promise<void> => {
    const set = [...own, ...more].flatMap((value) => ['--set', value]);
    expectDone(await run(...command, name, chart, ...set));
    const rollout = ['rollout', 'status', `deployment/${name}`, '--namespace', namespace, '--timeout=60s'];
    expectDone(await kubectl(rollout));
  };
  // An earlier release has left the CRD.
  await bring(['install', '--take-ownership'], []);
  return {
    namespace,
    helm: run,
    upgrade: async (...more) => bring(['upgrade'], more),
    register: async (...templates) => {
      for (const template of templates) {
        await create({ ...template, metadata: { ...objectField(template, 'metadata'), namespace } });
      }
      await eventually('each replica knows the templates', async () => {
        const counts = (await metricsOf(namespace)).map((text) =>
          valuesOf(text, 'podgraft_templates', 'state="active"'),
        );
        return counts.every(([count = 0]) => count >= templates.length) ? true : undefined;
      });
    },
    reviews: async () => countReviews(namespace),
    uninstall: async () => expectDone(await run('uninstall', name, '--wait')),
  };
}

/** Throws what a program had to say that didn't end well. */
export function expectDone({ exit, output }: Ending): void {
  if (exit !== 0) throw new Error(output);
}

async function countReviews(namespace: string): Promise<Readonly<Record<'named' | 'matched', number>>> {
  const texts = await metricsOf(namespace);
  const count = (webhook: string): number =>
    texts
      .flatMap((text) => valuesOf(text, 'podgraft_admission_requests_total', `webhook="${webhook}"`))
      .reduce((sum, value) => sum + value, 0);
  return { named: count('named'), matched: count('matched') };
}

/** The metrics of each replica, asked for through the API server, as nobody else is in its network. */
async function metricsOf(namespace: string): Promise<readonly string[]> {
  const pods = await list(`/api/v1/namespaces/${namespace}/pods?labelSelector=app.kubernetes.io/component=webhook`);
  return Promise.all(
    pods.map(async (pod) => {
      const podName = stringField(objectField(pod, 'metadata'), 'name') ?? '';
      const { body } = await api('GET', `/api/v1/namespaces/${namespace}/pods/${podName}:8080/proxy/metrics`);
      return stringField(body, 'message') ?? '';
    }),
  );
}

function valuesOf(metrics: string, metric: string, label: string): readonly number[] {
  const lines = metrics.split('\n').filter((line) => line.startsWith(`${metric}{`) && line.includes(label));
  return lines.map((line) => Number(line.split(' ').at(-1)));
}
