import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { podRange } from './network.ts';

/** The image that holds a pod's namespaces open: a busybox that sleeps. */
export const pauseImage = 'docker.io/library/busybox:pause';

/** Where Debian puts the CNI plugins. */
export const cniPlugins = '/usr/lib/cni';

/** Writes containerd's configuration and the pods' network's; the answer is the former's path. */
export async function writeRuntimeConfiguration(folder: string): Promise<string> {
  const cni = path.join(folder, 'cni');
  await mkdir(cni, { recursive: true });
  const network = {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        // A pod may reach itself through a Service.
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: podRange }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
    ],
  };
  await writeFile(path.join(cni, '10-pods.conflist'), JSON.stringify(network));
  const file = path.join(folder, 'containerd.toml');
  // Debian's containerd is 1.6. What isn't said here is at its fixed places, which are this namespace's own.
  await writeFile(
    file,
    `version = 2
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Without the capability CAP_SYS_RESOURCE a process can't make itself less likely to be killed.
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${cniPlugins}"
  conf_dir = "${cni}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
`,
  );
  return file;
}
