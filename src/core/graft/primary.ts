import { stringField } from '../json.ts';
import { foreignKeys, keys } from '../keys.ts';
import { quote } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { Settings } from '../settings.ts';
import type { Template } from '../template.ts';
import type { LocatedContainer, PodView } from './pod-view.ts';

/** The pod's primary container for one template, or why there is none. */
export type Primary =
  | { readonly kind: 'resolved'; readonly container: LocatedContainer }
  | { readonly kind: 'unresolved'; readonly problem: Problem };

const annotationPath = (key: string): readonly string[] => ['metadata', 'annotations', key];

/**
 * The one container that runs the workload, by the first rule of specification §5 that holds. Never by position.
 * `workload` are the pod's containers without those that templates bring.
 */
export function resolvePrimary(
  view: PodView,
  workload: readonly LocatedContainer[],
  template: Template,
  settings: Settings,
): Primary {
  const named = (name: string | undefined): LocatedContainer | undefined =>
    workload.find((container) => container.name === name);

  for (const key of [keys.primaryContainer, foreignKeys.flytePrimary]) {
    const name = stringField(view.annotations, key);
    if (name === undefined) continue;
    const container = named(name);
    if (container !== undefined) return { kind: 'resolved', container };
    // The value of another's annotation is contents; of our own it is a name that we were given.
    const shown = key === keys.primaryContainer ? { value: name } : {};
    return {
      kind: 'unresolved',
      problem: {
        code: 'PG007',
        field: annotationPath(key),
        ...shown,
        detail: `the pod has no such container, it has ${list(workload)}; name one of them`,
      },
    };
  }
  const container =
    named(view.mark?.primary) ??
    named(template.primaryContainerName) ??
    settings.primaryContainerNames.map(named).find((found) => found !== undefined) ??
    named(stringField(view.annotations, foreignKeys.defaultContainer)) ??
    (workload.length === 1 ? workload[0] : undefined);
  if (container !== undefined) return { kind: 'resolved', container };
  return {
    kind: 'unresolved',
    problem: {
      code: 'PG008',
      field: annotationPath(keys.primaryContainer),
      detail: `template ${template.id} is for the primary container, and any of ${list(workload)} could be it; name it in this annotation`,
      template: template.id,
    },
  };
}

const maxListed = 10;

function list(containers: readonly LocatedContainer[]): string {
  const names = containers.slice(0, maxListed).map(({ name }) => quote(name));
  const more = containers.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
