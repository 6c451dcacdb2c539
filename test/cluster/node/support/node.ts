import { inject } from 'vitest';
import { loadExampleImages } from '../../../../tools/cluster/node/example-images.ts';
import type { NodeCluster } from '../../../../tools/cluster/node/open-node.ts';
import { loadPodgraftImage } from '../../../../tools/cluster/node/podgraft-image.ts';
import { newFolder } from '../../support/cluster.ts';

/** The node of this run. */
function node(): NodeCluster {
  const cluster = inject('cluster');
  if (cluster.kind !== 'node') throw new Error('these tests run in the project `node`');
  return cluster;
}

/** Gives the node podgraft's image, once a run; the answer is the chart's values that name it. */
export async function loadPodgraft(): Promise<readonly string[]> {
  return loadPodgraftImage(node().pid, await newFolder());
}

/** Gives the node images that stand in for those of the examples. */
export async function loadExamples(): Promise<void> {
  return loadExampleImages(node().pid, await newFolder());
}
