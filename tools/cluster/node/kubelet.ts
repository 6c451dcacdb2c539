import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { nodeAddress } from './network.ts';

export const nodeName = 'node';
const runtimeSocket = '/run/containerd/containerd.sock';

/**
 * Writes the kubelet's configuration; the answer is its path. It asks nobody who calls: only what is in this network
 * namespace can. It manages no QoS cgroups and keeps no disk free: the machine isn't its own.
 */
export async function writeKubeletConfiguration(folder: string): Promise<string> {
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${runtimeSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    localStorageCapacityIsolation: false,
    clusterDNS: [nodeAddress],
    clusterDomain: 'cluster.local',
    resolvConf: '',
    maxPods: 250,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
  };
  const file = path.join(folder, 'kubelet.json');
  await writeFile(file, JSON.stringify(configuration, undefined, 2));
  return file;
}
