import { rm } from 'node:fs/promises';
import path from 'node:path';
import { buildTestImage } from '../../image/test-image.ts';
import { hasImage, loadImage } from './load-image.ts';

const name = 'docker.io/library/podgraft:test';

/**
 * Builds the Dockerfile and gives a node the image, where it doesn't have it already. Writes in `folder`.
 * @returns the chart's values that name it
 */
export async function loadPodgraftImage(pid: number, folder: string): Promise<readonly string[]> {
  const colon = name.lastIndexOf(':');
  const values = [`image.repository=${name.slice(0, colon)}`, `image.tag=${name.slice(colon + 1)}`];
  if (await hasImage(pid, name)) return values;
  const built = await buildTestImage(name);
  if (built.kind === 'missing') throw new Error(built.sentence);
  const archive = path.join(folder, 'podgraft.tar');
  await built.image.save(archive);
  await built.image.remove();
  await loadImage(pid, archive);
  await rm(archive);
  return values;
}
