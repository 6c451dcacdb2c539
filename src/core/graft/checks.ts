import type { FieldPath } from '../field-path.ts';
import { arrayField, isArray, isObject, objectField, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { IncompatiblePair } from '../kubernetes/incompatible-pair.ts';
import type { Problem } from '../problem.ts';
import type { Contribution } from './emit.ts';
import type { Edit } from './graft-pod.ts';
import { checkLimitRange } from './limit-range.ts';
import { maxNodeSelectorTerms } from './node-terms.ts';
import type { PodView } from './pod-view.ts';
import { portClashes } from './ports.ts';
import type { PortClash } from './ports.ts';

/** A grafted pod, and what it was made from. */
export interface Grafted {
  readonly view: PodView;
  readonly result: JsonObject;
  readonly edits: readonly Edit[];
  readonly contributions: readonly Contribution[];
  /** Volumes that another selected template may still bring. */
  readonly lentVolumes: ReadonlySet<string>;
}

/** What is wrong with a grafted pod because of the graft, and what is worth a warning. */
export interface Findings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Judges the pod after the edits; what was wrong with it before is the author's, and the API server's to say (§8). */
export function checkResult(grafted: Grafted): Findings {
  const spec = objectField(grafted.result, 'spec');
  const ports = checkPorts(grafted, spec);
  return {
    problems: [
      ...checkVolumes(grafted, spec),
      ...checkOs(grafted, spec),
      ...checkTerms(grafted),
      ...ports.problems,
      ...checkPairs(grafted, spec),
      ...checkLimitRange(grafted),
    ],
    warnings: ports.warnings,
  };
}

const containerLists = ['containers', 'initContainers'] as const;
const mountLists = ['volumeMounts', 'volumeDevices'] as const;

/** Each mount that a template brings needs its volume (§7). */
function checkVolumes(grafted: Grafted, spec: JsonObject): readonly Problem[] {
  const { contributions, lentVolumes } = grafted;
  const borrowed = contributions.flatMap(({ template }) => [...template.compiled.borrowedVolumes]);
  if (borrowed.length === 0) return [];
  const there = new Set(arrayField(spec, 'volumes').map((volume) => stringField(volume, 'name')));
  const missing = new Set(borrowed.filter((name) => !there.has(name) && !lentVolumes.has(name)));
  return missing.size === 0 ? [] : missingVolumes(grafted, spec, missing);
}

function missingVolumes(
  { view, contributions }: Grafted,
  spec: JsonObject,
  missing: ReadonlySet<string>,
): readonly Problem[] {
  const problems: Problem[] = [];
  const own = new Set<Json>(
    [...view.containers, ...view.initContainers].flatMap(({ value }) =>
      mountLists.flatMap((list) => [...arrayField(value, list)]),
    ),
  );
  for (const list of containerLists) {
    arrayField(spec, list).forEach((container, index) => {
      for (const mounts of mountLists) {
        arrayField(container, mounts).forEach((mount, at) => {
          const name = stringField(mount, 'name') ?? '';
          if (own.has(mount) || !missing.has(name)) return;
          const template = lastId(contributions, ({ borrowedVolumes }) => borrowedVolumes.has(name));
          problems.push({
            code: 'PG016',
            field: ['spec', list, index, mounts, at, 'name'],
            value: name,
            detail: `template ${template} mounts it into container ${stringField(container, 'name') ?? ''}, and neither the pod nor a template has such a volume; add it to one of them`,
            template,
          });
        });
      }
    });
  }
  return problems;
}

type Compiled = Contribution['template']['compiled'];

/** The last template in selection order that could have done it. */
function lastId(contributions: readonly Contribution[], could: (compiled: Compiled) => boolean): string {
  const found = contributions.findLast(({ template }) => could(template.compiled));
  return (found ?? contributions.at(-1))?.template.id ?? '';
}

/** Containers that a template without an `os` adds are made for Linux (§6). */
function checkOs({ contributions }: Grafted, spec: JsonObject): readonly Problem[] {
  if (stringField(objectField(spec, 'os'), 'name') !== 'windows') return [];
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

function checkTerms({ edits }: Grafted): readonly Problem[] {
  const tooMany = edits.find(
    ({ path, value }) => path.at(-1) === 'nodeSelectorTerms' && isArray(value) && value.length > maxNodeSelectorTerms,
  );
  if (tooMany === undefined) return [];
  const { path, template } = tooMany;
  return [
    {
      code: 'PG019',
      field: path,
      detail: `with template ${template} the node affinity would have more than ${maxNodeSelectorTerms} terms; ask for fewer alternatives`,
      template,
    },
  ];
}

function checkPorts({ view, contributions }: Grafted, spec: JsonObject): Findings {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  if (contributions.some(({ template }) => template.compiled.listens)) {
    const identify = ({ kind, port, containers, hostIPs }: PortClash): string =>
      JSON.stringify([kind, port, containers, hostIPs]);
    const known = new Set(portClashes(view.spec).map(identify));
    for (const clash of portClashes(spec)) {
      if (known.has(identify(clash))) continue;
      const { kind, port, containers, field } = clash;
      const [first, second] = containers;
      if (kind === 'pod') {
        warnings.push(`containers ${first} and ${second} both listen on port ${port}: one of them will fail`);
        continue;
      }
      const template = lastId(contributions, ({ listens }) => listens);
      const who = first === second ? `container ${first} wants` : `containers ${first} and ${second} want`;
      const how = first === second ? ' twice, at least once' : ', one of them';
      problems.push({
        code: 'PG017',
        field,
        value: String(port),
        detail: `${who} this port of the node${how} by template ${template}; change one of the two`,
        template,
      });
    }
  }
  return { problems, warnings };
}

/** What Kubernetes would refuse in the result, and didn't refuse in the pod: so it is the graft's doing. */
function checkPairs(grafted: Grafted, spec: JsonObject): readonly Problem[] {
  const { view, result, contributions } = grafted;
  const metadata = objectField(result, 'metadata');
  const before = objectField(view.pod, 'metadata');
  const problems: Problem[] = [];
  const containers = comparedContainers(grafted, spec);
  // What the graft left alone is as right or wrong as it was.
  const changed = containers.filter(({ container, own }) => own !== container);
  for (const row of rowsOf(contributions)) {
    if (row.scope === 'pod') {
      if (row.test(spec, undefined, metadata) && !row.test(view.spec, undefined, before)) {
        problems.push(incompatible(row, ['spec', ...dotted(row)], contributions));
      }
      continue;
    }
    for (const { list, index, container, own } of row.podFields === undefined ? changed : containers) {
      if (row.scope === 'initContainer' && list === 'containers') continue;
      if (!isBroken(row, spec, container, metadata)) continue;
      if (own !== undefined && row.test(view.spec, own, before)) continue;
      problems.push(incompatible(row, ['spec', list, index, ...dotted(row)], contributions));
    }
  }
  return problems;
}

/** A container of the result, and what the pod had under its name. */
interface Compared {
  readonly list: (typeof containerLists)[number];
  readonly index: number;
  /** An added one without the token's mount that it may have got: as all requests share it. */
  readonly container: JsonObject;
  readonly own: JsonObject | undefined;
}

function comparedContainers({ view, contributions }: Grafted, spec: JsonObject): readonly Compared[] {
  const shared = new Map<string, JsonObject>();
  for (const { added } of contributions) {
    for (const { name, value, state } of added) if (state === 'add' && !shared.has(name)) shared.set(name, value);
  }
  const compared: Compared[] = [];
  for (const list of containerLists) {
    for (const [index, container] of arrayField(spec, list).entries()) {
      if (!isObject(container)) continue;
      const name = stringField(container, 'name') ?? '';
      const own = view.byName.get(name)?.value;
      compared.push({ list, index, container: own === undefined ? (shared.get(name) ?? container) : container, own });
    }
  }
  return compared;
}

function rowsOf(contributions: readonly Contribution[]): Iterable<IncompatiblePair> {
  const [first, ...others] = contributions.map(({ template }) => template.compiled.pairs);
  return others.length === 0 ? (first ?? []) : new Set([first ?? [], ...others].flat());
}

/** By container, and only of those that templates add, which are shared by all requests: rows that look at nothing else. */
const verdicts = new WeakMap<JsonObject, Map<IncompatiblePair, boolean>>();

function isBroken(row: IncompatiblePair, spec: JsonObject, container: JsonObject, metadata: JsonObject): boolean {
  if (row.podFields !== undefined || !Object.isFrozen(container)) return row.test(spec, container, metadata);
  let known = verdicts.get(container);
  if (known === undefined) verdicts.set(container, (known = new Map<IncompatiblePair, boolean>()));
  let verdict = known.get(row);
  if (verdict === undefined) known.set(row, (verdict = row.test(spec, container, metadata)));
  return verdict;
}

function dotted({ fields }: IncompatiblePair): readonly string[] {
  return (fields[0] ?? '').split('.');
}

function incompatible(row: IncompatiblePair, field: FieldPath, contributions: readonly Contribution[]): Problem {
  const causes = contributions
    .filter(({ template }) => template.compiled.pairs.includes(row))
    .map(({ template }) => template.id);
  const isPodResources = row.scope === 'pod' && row.fields.includes('resources.limits');
  return {
    code: isPodResources ? 'PG020' : 'PG021',
    field,
    detail: `${row.says}; the pod and template ${causes.join(' and ')} set the two sides: drop one`,
    template: causes.at(-1) ?? '',
  };
}
