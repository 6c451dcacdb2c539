import { containerPairs } from './incompatible-container.ts';
import { osPairs } from './incompatible-os.ts';
import type { IncompatiblePair } from './incompatible-pair.ts';
import { podPairs } from './incompatible-pod.ts';
import { resourcePairs } from './incompatible-resources.ts';

/** All that Kubernetes refuses together though each would be fine alone. What has a table or a rule of its own isn't here:
 * names of containers and volumes, mount paths, os.name. */
export const incompatiblePairs: readonly IncompatiblePair[] = [
  ...podPairs,
  ...containerPairs,
  ...osPairs,
  ...resourcePairs,
];
