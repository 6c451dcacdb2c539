import { arrayField, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Contribution } from './emit.ts';
import type { Edit } from './graft-pod.ts';
import type { PodView } from './pod-view.ts';
import { isTokenVolumeName, tokenPath, tokenVolume } from './server-owned.ts';

/**
 * The mount that the ServiceAccount plugin of the API server will give to each container that is added, in `containers`
 * and `initContainers` alike, as it looks at the pod again after us. With the mount there already the pod stays as we
 * made it, and the API server has no reason to ask us once more (specification §10).
 *
 * `undefined` where the pod doesn't show that the plugin will do so: it has not the plugin's volume (as a manifest by
 * hand hasn't), one of its own containers has nothing at the token's path, the pod wants no token, or a template decides
 * about the account or its token, so that what holds for the pod as it came needn't hold for the result.
 */
export function tokenMountToAdd(contributions: readonly Contribution[], view: PodView): JsonObject | undefined {
  const { spec } = view;
  const volume = tokenVolume(spec);
  if (volume === undefined || own(spec, 'automountServiceAccountToken') === false) return undefined;
  // The plugin takes the first volume of such a name, whatever is in it.
  const first = arrayField(spec, 'volumes').findIndex((each) => isTokenVolumeName(stringField(each, 'name')));
  if (first !== volume.index || decidesAboutToken(contributions) || !isMountedThroughout(view)) return undefined;
  return { name: volume.name, readOnly: true, mountPath: tokenPath };
}

/**
 * The container with the mount after its own, as the plugin adds it: a new object, since the container is shared between
 * requests. One that has a mount at that path already is as it was: the plugin leaves it alone too.
 */
export function withTokenMount(container: JsonObject, mount: JsonObject): Pick<Edit, 'value' | 'ours'> {
  if (hasMountAtTokenPath(container)) return { value: container };
  const mounts = arrayField(container, 'volumeMounts');
  const ours = mounts.length === 0 ? ['volumeMounts'] : ['volumeMounts', mounts.length];
  return { value: { ...container, volumeMounts: [...mounts, mount] }, ours };
}

function decidesAboutToken(contributions: readonly Contribution[]): boolean {
  return contributions.some(({ pod }) =>
    pod.granted.some(({ unit }) => unit === 'serviceAccountName' || unit === 'automountServiceAccountToken'),
  );
}

/** What an earlier round brought says nothing about what the plugin does to the workload's own. */
function isMountedThroughout({ containers, initContainers, mark }: PodView): boolean {
  const brought = [...(mark?.brought.values() ?? [])];
  const theirs = [...containers, ...initContainers].filter(
    ({ list, name }) => !brought.some((units) => units.has(`${list}[${name}]`)),
  );
  return theirs.length > 0 && theirs.every(({ value }) => hasMountAtTokenPath(value));
}

function hasMountAtTokenPath(container: Json): boolean {
  return arrayField(container, 'volumeMounts').some((mount) => stringField(mount, 'mountPath') === tokenPath);
}
