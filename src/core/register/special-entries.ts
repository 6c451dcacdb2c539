import type { FieldPath } from '../field-path.ts';
import { specialEntries } from '../graft/compile.ts';
import { arrayField, isObject, own, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Report } from './validate-schema.ts';

/**
 * What an entry of a template's containers or initContainers stands for (specification §1): the workload's primary container, all of
 * its containers, nothing (consumed without effect), or itself: a container that is added.
 */
export type EntryRole = 'primary' | 'default' | 'ignored' | 'added';

export type ContainerList = 'containers' | 'initContainers';

export interface TemplateEntry {
  readonly list: ContainerList;
  readonly role: EntryRole;
  readonly name: string;
  /** From the pod template. */
  readonly path: FieldPath;
  readonly container: JsonObject;
}

const lists: readonly ContainerList[] = ['containers', 'initContainers'];

/** The names that stand for something by themselves, whatever the primary entry is called. */
export const reservedNames: ReadonlySet<string> = new Set([
  ...Object.values(specialEntries.containers),
  ...Object.values(specialEntries.initContainers),
]);

/** The entries of both lists of a pod template, in its order; what is no object is passed over. */
export function templateEntries(podTemplate: JsonObject, primaryContainerName: string): readonly TemplateEntry[] {
  const spec = own(podTemplate, 'spec');
  return lists.flatMap((list) =>
    arrayField(spec, list).flatMap((container, index): readonly TemplateEntry[] => {
      if (!isObject(container)) return [];
      const name = stringField(container, 'name') ?? '';
      const role = roleOf(name, list, primaryContainerName);
      return [{ list, role, name, path: ['spec', list, index], container }];
    }),
  );
}

function roleOf(name: string, list: ContainerList, primaryContainerName: string): EntryRole {
  if (name === specialEntries[list].default) return 'default';
  if (name === specialEntries[list].ignored) return 'ignored';
  return list === 'containers' && name === primaryContainerName ? 'primary' : 'added';
}

/**
 * Special entries in the other list (PG040), containers to be added without an image (PG041), and names that stand in both
 * lists (PG035).
 */
export function checkEntries(entries: readonly TemplateEntry[], primaryContainerName: string, report: Report): void {
  const firstList = new Map<string, ContainerList>();
  for (const { list, role, name, path, container } of entries) {
    const field = [...path, 'name'];
    if (role !== 'added') continue;
    if (reservedNames.has(name) || name === primaryContainerName) {
      const other = list === 'containers' ? 'initContainers' : 'containers';
      report({ code: 'PG040', field, value: name, detail: `it may stand in ${other} only; move it or rename it` });
      continue;
    }
    const before = firstList.get(name);
    if (before !== undefined && before !== list && name !== '') {
      const detail = `${before} has a container of that name too; rename one`;
      report({ code: 'PG035', field, value: name, detail });
    }
    if (before === undefined) firstList.set(name, list);
    if ((own(container, 'image') ?? '') === '') {
      const detail = `the container ${name === '' ? '' : `${JSON.stringify(name)} `}is added to pods, so it must have an image`;
      report({ code: 'PG041', field: [...path, 'image'], detail });
    }
  }
}
