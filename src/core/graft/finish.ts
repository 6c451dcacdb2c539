import { objectField, own } from '../json.ts';
import type { Json } from '../json.ts';
import { foreignKeys, keys } from '../keys.ts';
import type { Problem } from '../problem.ts';
import type { Settings } from '../settings.ts';
import { checkBytes, checkCaps } from './caps.ts';
import type { PodSize } from './caps.ts';
import type { Contribution } from './emit.ts';
import type { Edit, Graft, LeftOut } from './graft-pod.ts';
import type { Judgement } from './judge.ts';
import { formatMark, maxMarkBytes } from './mark.ts';
import { toJsonPatch } from './patch.ts';
import type { PodView } from './pod-view.ts';
import { resolvePrimary } from './primary.ts';
import { isGuaranteed } from './qos.ts';
import { replay } from './replay.ts';

/** A graft with its mark, or why it can't have one. */
export type Finished =
  | { readonly kind: 'graft'; readonly graft: Graft; readonly warnings: readonly string[] }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

const defaultContainerUnit = `metadata.annotations[${foreignKeys.defaultContainer}]`;

/** Adds what podgraft itself writes: the container that kubectl should show, the label and the mark (specification §§5, 10). */
export function finish(
  judgement: Judgement,
  out: { readonly leftOut: readonly LeftOut[]; readonly remembered: readonly string[] },
  view: PodView,
  settings: Settings,
  size: PodSize | undefined,
): Finished {
  const { contributions, workload } = judgement;
  const edits = [...judgement.edits];
  const primary = contributions.find((contribution) => contribution.primary !== undefined)?.primary;
  const shown = shownContainer(judgement, view, settings);
  if (shown?.isNew === true) {
    edits.push({
      op: 'add',
      path: ['metadata', 'annotations', foreignKeys.defaultContainer],
      value: shown.container,
      template: shown.by.template.id,
    });
  }
  const mark = formatMark({
    ...(primary === undefined ? {} : { primary }),
    containers: workload.containers.map(({ name }) => name),
    initContainers: workload.initContainers.map(({ name }) => name),
    templates: contributions.map((contribution) => ({
      template: contribution.template,
      units: [...unitsOf(contribution), ...(shown?.by === contribution ? [defaultContainerUnit] : [])],
      unlisted: ownLabels(contribution, view),
    })),
    leftOut: [...out.remembered, ...out.leftOut.map(({ template }) => template)].toSorted(),
  });
  if (mark === undefined) {
    const detail = `what the templates bring has more names than the ${maxMarkBytes} bytes of the mark can hold; use fewer templates or containers`;
    return {
      kind: 'problems',
      problems: [{ code: 'PG023', field: ['metadata', 'annotations', keys.injected], detail }],
    };
  }
  write(edits, view, ['metadata', 'labels', keys.grafted], 'true');
  write(edits, view, ['metadata', 'annotations', keys.injected], mark);
  const ours = edits.slice(judgement.edits.length);
  const result = replay(judgement.result, ours);
  const operations = toJsonPatch(view.pod, edits);
  const patch = JSON.stringify(operations);
  const above = [
    ...checkCaps(view, result, edits),
    ...(edits.length > 0
      ? checkBytes(
          patch,
          result,
          size,
          contributions.map(({ template }) => template.id),
        )
      : []),
  ];
  if (above.length > 0) return { kind: 'problems', problems: above };
  return {
    kind: 'graft',
    graft: {
      edits,
      operations,
      patch,
      templates: contributions.map(({ template }) => template),
      leftOut: out.leftOut,
      kept: contributions.flatMap(({ template, pod, containers }) =>
        [...pod.kept, ...containers.kept].map((field) => ({ field, template: template.id })),
      ),
      ...(primary === undefined ? {} : { primary }),
    },
    warnings: warnOfQos(view, result),
  };
}

/** What a template brings, whether added now or there already: each unit once. */
function unitsOf({ pod, containers, added }: Contribution): readonly string[] {
  return [...new Set([...added, ...pod.granted, ...containers.granted].map(({ unit }) => unit))];
}

/** Labels that the pod had by itself aren't listed: selectors must go on seeing them in later rounds (§4). */
function ownLabels({ template, pod }: Contribution, view: PodView): ReadonlySet<string> {
  const listed = view.mark?.brought.get(template.id);
  const labels = pod.granted.filter(
    ({ unit, state }) => state === 'present' && unit.startsWith('metadata.labels[') && listed?.has(unit) !== true,
  );
  return new Set(labels.map(({ unit }) => unit));
}

interface ShownContainer {
  readonly container: string;
  readonly by: Contribution;
  readonly isNew: boolean;
}

/**
 * Where sidecars stand in `containers`, kubectl must still find the workload: the annotation is the primary container's
 * name, if all templates agree on one. Nothing where the workload or a template has set it.
 */
function shownContainer(
  { contributions, workload }: Judgement,
  view: PodView,
  settings: Settings,
): ShownContainer | undefined {
  const by = contributions.find(({ added }) => added.some(({ list }) => list === 'containers'));
  const isTemplates = contributions.some(({ pod }) => pod.granted.some(({ unit }) => unit === defaultContainerUnit));
  if (by === undefined || isTemplates) return undefined;
  const names = new Set<string | undefined>();
  for (const { template } of contributions) {
    const primary = resolvePrimary(view, workload.containers, template, settings);
    names.add(primary.kind === 'resolved' ? primary.container.name : undefined);
  }
  const [container] = names;
  if (names.size !== 1 || container === undefined) return undefined;
  const there = own(view.annotations, foreignKeys.defaultContainer);
  if (there !== undefined && there !== container) return undefined;
  return { container, by, isNew: there === undefined };
}

function write(edits: Edit[], view: PodView, path: readonly string[], value: Json): void {
  const [, map = '', key = ''] = path;
  const there = own(objectField(objectField(view.pod, 'metadata'), map), key);
  if (there === value) return;
  edits.push({ op: there === undefined ? 'add' : 'replace', path, value, template: 'podgraft' });
}

function warnOfQos(view: PodView, result: ReturnType<typeof replay>): readonly string[] {
  if (!isGuaranteed(view.spec) || isGuaranteed(objectField(result, 'spec'))) return [];
  return ['the pod was of QoS class Guaranteed and no longer is: give the sidecars equal requests and limits'];
}
