import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { SettingValues } from '../config/settings-table.ts';

/** Who this replica is. */
export interface Identity {
  /** podgraft's own namespace. */
  readonly namespace: string;
  /** Another one for each replica: the pod's name. */
  readonly replica: string;
  /** Whether it runs in a pod, beside other replicas. */
  readonly isInPod: boolean;
}

const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Finds out who this replica is: by settings, $POD_NAMESPACE, the pod's account; out of a cluster by the root namespace. */
export async function readIdentity(
  { namespace, rootNamespace }: Pick<SettingValues, 'namespace' | 'rootNamespace'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Identity> {
  const ofAccount = await readFile(namespaceFile, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  const found = [namespace, env['POD_NAMESPACE'], ofAccount].find((name) => name !== undefined && name !== '');
  const isInPod = (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
  // Out of a cluster two processes may run on one machine.
  const replica = isInPod ? hostname() : `${hostname()}-${process.pid}`;
  return { namespace: found ?? rootNamespace, replica, isInPod };
}

/** The names under which an API server, or a person, reaches the Service. The first is what webhooks are called by (contract C2). */
export function serviceNames(service: string, namespace: string): readonly string[] {
  const name = `${service}.${namespace}.svc`;
  return [name, `${service}.${namespace}`, service, `${name}.cluster.local`];
}
