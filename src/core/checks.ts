import type { Contribution } from './emit.ts';
import type { Edit } from './graft-pod.ts';
import type { IncompatiblePair } from './incompatible-pair.ts';
import { incompatiblePairs } from './incompatible.ts';
import { arrayField, isObject, objectField, stringField } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { maxNodeSelectorTerms } from './node-terms.ts';
import type { PodView } from './pod-view.ts';
import { portClashes } from './ports.ts';
import type { Problem } from './problem.ts';
import { touchedBy } from './touched.ts';
import type { Touched } from './touched.ts';

/** What is wrong with a grafted pod because of the graft, and what is worth a warning. */
export interface Findings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Judges the pod after the edits; what was wrong with it before is the author's, and the API server's to say (§8). */
export function checkResult(
  view: PodView,
  result: JsonObject,
  edits: readonly Edit[],
  contributions: readonly Contribution[],
  lentVolumes: ReadonlySet<string>,
): Findings {
  const spec = objectField(result, 'spec');
  const touched = touchedBy(edits, result);
  const ports = checkPorts(view, spec, touched);
  return {
    problems: [
      ...checkVolumes(spec, touched, lentVolumes),
      ...checkOs(view, contributions),
      ...checkTerms(edits),
      ...ports.problems,
      ...checkPairs(view, result, touched),
    ],
    warnings: ports.warnings,
  };
}

/** Each mount of a container that the graft touched needs its volume (§7). `lent`: those that another selected template brings. */
function checkVolumes(spec: JsonObject, touched: Touched, lent: ReadonlySet<string>): readonly Problem[] {
  const problems: Problem[] = [];
  const volumes = new Set(arrayField(spec, 'volumes').map((volume) => stringField(volume, 'name')));
  for (const { list, index, template, container } of touched.containers) {
    for (const kind of ['volumeMounts', 'volumeDevices'] as const) {
      arrayField(container, kind).forEach((mount, at) => {
        const name = stringField(mount, 'name');
        if (name === undefined || volumes.has(name) || lent.has(name)) return;
        if (!touched.isMountOurs(list, index, kind, at)) return;
        problems.push({
          code: 'PG016',
          field: ['spec', list, index, kind, at, 'name'],
          value: name,
          detail: `container ${stringField(container, 'name') ?? ''} of template ${template} mounts a volume that neither the pod nor a template has; add it to one of them`,
          template,
        });
      });
    }
  }
  return problems;
}

/** Containers that a template without an `os` adds are made for Linux (§6). */
function checkOs(view: PodView, contributions: readonly Contribution[]): readonly Problem[] {
  if (stringField(objectField(view.spec, 'os'), 'name') !== 'windows') return [];
  return contributions
    .filter(({ template, added }) => template.compiled.os === undefined && added.some(({ state }) => state === 'add'))
    .map(({ template }) => ({
      code: 'PG018',
      field: ['spec', 'os', 'name'],
      value: 'windows',
      detail: `template ${template.id} adds containers for linux; use one whose spec.os.name is windows`,
      template: template.id,
    }));
}

function checkTerms(edits: readonly Edit[]): readonly Problem[] {
  return edits
    .filter(
      ({ path, value }) =>
        path.at(-1) === 'nodeSelectorTerms' && Array.isArray(value) && value.length > maxNodeSelectorTerms,
    )
    .slice(0, 1)
    .map(({ path, template }) => ({
      code: 'PG019',
      field: path,
      detail: `with template ${template} the node affinity would have more than ${maxNodeSelectorTerms} terms; ask for fewer alternatives`,
      template,
    }));
}

function checkPorts(view: PodView, spec: JsonObject, touched: Touched): Findings {
  if (!touched.hasPorts) return { problems: [], warnings: [] };
  const known = new Set(
    portClashes(view.spec).map(({ kind, port, containers }) => JSON.stringify([kind, port, containers])),
  );
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const { kind, port, containers, field } of portClashes(spec)) {
    if (known.has(JSON.stringify([kind, port, containers]))) continue;
    const [first, second] = containers;
    if (kind === 'pod') {
      warnings.push(`containers ${first} and ${second} both listen on port ${port}: one of them will fail`);
      continue;
    }
    const template = touched.templateOf(second) ?? touched.templateOf(first) ?? touched.anyTemplate;
    problems.push({
      code: 'PG017',
      field,
      value: String(port),
      detail: `containers ${first} and ${second} want this port of the node (template ${template}); change one of them`,
      template,
    });
  }
  return { problems, warnings };
}

/** Rows by the first word of each field that makes a result ours, so that a graft meets only those that it can break. */
const rows = incompatiblePairs.filter(({ id }) => id !== 'host-port-twice');

function checkPairs(view: PodView, result: JsonObject, touched: Touched): readonly Problem[] {
  const problems: Problem[] = [];
  const spec = objectField(result, 'spec');
  const metadata = objectField(result, 'metadata');
  const metadataBefore = objectField(view.pod, 'metadata');
  for (const row of rows) {
    if (row.scope === 'pod') {
      const cause = touched.podCause([...row.fields.map((field) => `spec.${field}`), ...(row.podFields ?? [])]);
      if (cause === undefined || !row.test(spec, undefined, metadata)) continue;
      if (row.test(view.spec, undefined, metadataBefore)) continue;
      problems.push(incompatible(row, cause.field, cause.template));
      continue;
    }
    problems.push(...checkContainers(row, { view, spec, metadata, metadataBefore, touched }));
  }
  return problems;
}

interface ContainerCheck {
  readonly view: PodView;
  readonly spec: JsonObject;
  readonly metadata: JsonObject;
  readonly metadataBefore: JsonObject;
  readonly touched: Touched;
}

function checkContainers(
  row: IncompatiblePair,
  { view, spec, metadata, metadataBefore, touched }: ContainerCheck,
): readonly Problem[] {
  const problems: Problem[] = [];
  const podCause = touched.podCause(row.podFields ?? []);
  const lists = row.scope === 'initContainer' ? ['initContainers'] : ['containers', 'initContainers'];
  for (const list of lists) {
    arrayField(spec, list).forEach((container: Json, index: number) => {
      if (!isObject(container)) return;
      const cause = touched.containerCause(list, index, row.fields) ?? podCause;
      if (cause === undefined || !row.test(spec, container, metadata)) return;
      const before = view.byName.get(stringField(container, 'name') ?? '');
      if (before !== undefined && row.test(view.spec, before.value, metadataBefore)) return;
      problems.push(incompatible(row, cause.field, cause.template));
    });
  }
  return problems;
}

function incompatible(row: IncompatiblePair, field: Problem['field'], template: string): Problem {
  return {
    code: row.id.startsWith('pod-') && row.fields.some((name) => name.startsWith('resources')) ? 'PG020' : 'PG021',
    field,
    detail: `${row.says}; one of the two comes from template ${template}, the other from the pod: drop one`,
    template,
  };
}
