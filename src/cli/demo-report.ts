import { formatPath } from '../core/field-path.ts';
import type { Edit } from '../core/graft/graft-pod.ts';
import { arrayField, canonical, field, isObject, objectField, own, stringField } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Explanation } from '../core/manifest/explain.ts';
import type { PodPlace } from '../core/manifest/workload.ts';
import { colorsOf } from './output.ts';

/** One pod's way through the webhook. */
export interface DemoResult {
  readonly title: string;
  readonly place: PodPlace;
  readonly namespace: string;
  readonly durationMs: number;
  readonly explanation: Explanation;
  /** The pod that was sent, and the one that the answer's patch makes of it. */
  readonly before: JsonObject;
  readonly after: JsonObject;
}

/** What was grafted, from which template, and what of the workload's own stayed as it was. */
export function formatResult(result: DemoResult): string {
  const colors = colorsOf(process.stdout);
  const { title, place, namespace, durationMs, explanation } = result;
  const lines = [
    '',
    colors.bold(title),
    `  ${place.kind} ${place.name} in ${namespace}: allowed in ${durationMs.toFixed(1)} ms`,
  ];
  for (const template of new Set(explanation.edits.map((edit) => edit.template))) {
    lines.push(`  ${colors.green(template === 'podgraft' ? 'podgraft, its mark' : template)}`);
    const edits = explanation.edits.filter((edit) => edit.template === template);
    for (const edit of edits) lines.push(`    ${colors.green('+')} ${formatEdit(edit)}`);
  }
  lines.push(`  ${colors.cyan('protected, byte for byte')}`);
  for (const { name, fields, isSame } of protectedFields(result)) {
    lines.push(`    ${isSame ? colors.cyan('=') : colors.red('!')} ${name}: ${fields.join(', ')}`);
  }
  for (const { field: kept, template } of explanation.outcome.kind === 'graft' ? explanation.outcome.graft.kept : []) {
    lines.push(`    ${colors.cyan('=')} ${formatPath(kept)}: ${template} asks for something else`);
  }
  return `${lines.join('\n')}\n`;
}

/** `spec.volumes  data` for an element, with its image for a container; the path alone for anything else. */
function formatEdit({ path, op, value }: Edit): string {
  if (op === 'remove') return `${formatPath(path)} (removed: the API server derives it anew)`;
  const list = op === 'insert' ? path.slice(0, -1) : path;
  const name = stringField(value, 'name') ?? stringField(value, 'mountPath');
  if (name === undefined || op === 'add') return formatPath(path);
  const details = [stringField(value, 'image'), stringField(value, 'mountPath')].filter((text) => text !== undefined);
  const native = field(value, 'restartPolicy') === 'Always' ? ['native sidecar'] : [];
  const notes = [...details, ...native].filter((text) => text !== name);
  return `${formatPath(list)}: ${name}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

const shown = ['image', 'command', 'args', 'resources', 'env'];

interface ProtectedContainer {
  readonly name: string;
  readonly fields: readonly string[];
  readonly isSame: boolean;
}

/** The workload's own containers, and what of them no template may change. */
function protectedFields({ before, after }: DemoResult): readonly ProtectedContainer[] {
  return ['initContainers', 'containers'].flatMap((list) =>
    arrayField(objectField(before, 'spec'), list).flatMap((container): readonly ProtectedContainer[] => {
      const name = stringField(container, 'name') ?? '';
      const now = arrayField(objectField(after, 'spec'), list).find((other) => stringField(other, 'name') === name);
      if (!isObject(container)) return [];
      const fields = shown.filter((key) => !isEmpty(own(container, key)));
      return [{ name, fields, isSame: fields.every((key) => isKept(key, own(container, key), field(now, key))) }];
    }),
  );
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || (isObject(value) && Object.keys(value).length === 0);
}

/** A template may add variables where its `protect` list lets it; those that were there must be as they were. */
function isKept(key: string, before: Json | undefined, after: Json | undefined): boolean {
  if (key !== 'env') return canonical(before ?? null) === canonical(after ?? null);
  const there = new Set((Array.isArray(after) ? (after as readonly Json[]) : []).map(canonical));
  return (Array.isArray(before) ? (before as readonly Json[]) : []).every((entry) => there.has(canonical(entry)));
}

/** True where all that is protected stayed as it was. */
export function isIntact(result: DemoResult): boolean {
  return protectedFields(result).every(({ isSame }) => isSame);
}
