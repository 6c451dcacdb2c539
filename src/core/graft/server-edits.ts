import { arrayField, equal, own, stringField } from '../json.ts';
import type { Json } from '../json.ts';
import { sameValue } from '../kubernetes/compare.ts';
import { objectSchema } from '../kubernetes/schema.ts';
import type { Contribution } from './emit.ts';
import type { Edit } from './graft-pod.ts';
import type { PodView } from './pod-view.ts';
import type { Granted } from './reduce.ts';
import { defaultTolerations, isTokenMount, tokenVolume, standsFor } from './server-owned.ts';

const tolerationSchema = objectSchema('Toleration');

/**
 * The edits that take away what the API server derived from a value that a template replaces; the server derives it
 * anew (specification §6, second table). With the ANDed node affinity and the mark the only removals there are.
 */
export function serverOwnedEdits(contributions: readonly Contribution[], view: PodView): readonly Edit[] {
  const edits: Edit[] = [];
  const gains = (unit: string): [Contribution, Granted] | undefined => {
    for (const contribution of contributions) {
      const granted = contribution.pod.granted.find(
        (candidate) => candidate.unit === unit && candidate.state === 'add',
      );
      if (granted !== undefined) return [contribution, granted];
    }
    return undefined;
  };
  const priority = gains('priorityClassName');
  if (priority !== undefined) removePriority(view, priority[0].template.id, edits);
  const automount = gains('automountServiceAccountToken');
  if (automount?.[1].ask.value === false) {
    removeToken(contributions, view, automount[0].template.id, edits);
  }
  removeTolerations(contributions, view, edits);
  return edits;
}

function removePriority(view: PodView, template: string, edits: Edit[]): void {
  const derived: Readonly<Record<string, Json>> = {
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
  };
  for (const [key, value] of Object.entries(derived)) {
    if (own(view.spec, key) === value) edits.push({ op: 'remove', path: ['spec', key], template });
  }
}

function removeToken(contributions: readonly Contribution[], view: PodView, template: string, edits: Edit[]): void {
  const volume = tokenVolume(view.spec);
  if (volume === undefined) return;
  const replaced = new Set(
    contributions.flatMap(({ containers }) =>
      containers.granted.filter(({ state }) => state === 'replace').map(({ path }) => JSON.stringify(path)),
    ),
  );
  let isMountedElsewhere = false;
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    arrayField(view.spec, list).forEach((container, index) => {
      const mounts = arrayField(container, 'volumeMounts');
      for (let at = mounts.length - 1; at >= 0; at -= 1) {
        const path = ['spec', list, index, 'volumeMounts', at];
        const mount = mounts[at] ?? null;
        if (!isTokenMount(mount, view.spec)) isMountedElsewhere ||= stringField(mount, 'name') === volume.name;
        else if (!replaced.has(JSON.stringify(path))) edits.push({ op: 'remove', path, template });
      }
    });
  }
  // A mount at another path is the workload's own, and would be left without its volume.
  if (!isMountedElsewhere) edits.push({ op: 'remove', path: ['spec', 'volumes', volume.index], template });
}

function removeTolerations(contributions: readonly Contribution[], view: PodView, edits: Edit[]): void {
  const asked = contributions.flatMap(({ pod, template }) =>
    pod.granted
      .filter(({ ask }) => ask.kind === 'member' && ask.type === 'PodSpec.tolerations')
      .map(({ ask, state }) => ({ value: ask.value, isNew: state === 'append', template })),
  );
  if (!asked.some(({ isNew }) => isNew)) return;
  const tolerations = arrayField(view.spec, 'tolerations');
  for (let index = tolerations.length - 1; index >= 0; index -= 1) {
    const standard = defaultTolerations.find((candidate) => equal(candidate, tolerations[index]));
    if (standard === undefined) continue;
    if (asked.some(({ value }) => sameValue(tolerationSchema, value, standard))) continue;
    const cause = asked.find(({ value, isNew }) => isNew && standsFor(value, standard));
    if (cause === undefined) continue;
    edits.push({ op: 'remove', path: ['spec', 'tolerations', index], template: cause.template.id });
  }
}
