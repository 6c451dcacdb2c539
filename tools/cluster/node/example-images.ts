import path from 'node:path';
import { buildStandIn } from '../../image/stand-in.ts';
import { loadImage } from './load-image.ts';

const daemon = { name: 'docker.io/library/docker:stable-dind', script: "nc -ll -p 2375 -e echo 'the daemon answers'" };

const others = {
  name: 'docker.io/library/busybox:examples',
  programs: {
    // Prefect's flow asks the daemon for something, and ends.
    prefect: 'until nc -w 5 127.0.0.1 2375 </dev/null 2>/dev/null; do sleep 0.1; done',
    // Flyte's init container and its task say that they are done where the template wants it said.
    'a0-init': 'echo downloaded >/dev/flyte',
    a0: 'echo trained >/dev/flyte',
  },
};

/** All other images that the examples' templates and workloads name. */
const images = [
  'docker.io/hkube/worker:v2.9.0',
  'docker.io/library/alpine:3.22',
  'docker.io/library/nginx:1.29-alpine',
  'docker.io/library/redis:8.2-alpine',
  'docker.io/prefecthq/prefect:0.15.13',
  'ghcr.io/flyteorg/flyte:py3.12-v2.0.0',
  'registry.example.com/digits-classifier:1.4.0',
];

/** Gives a node images that stand in for those of the examples: no node of ours reaches a registry. Writes in `folder`. */
export async function loadExampleImages(pid: number, folder: string): Promise<void> {
  await loadImage(pid, await buildStandIn(path.join(folder, 'daemon'), daemon));
  await loadImage(pid, await buildStandIn(path.join(folder, 'others'), others), images);
}
