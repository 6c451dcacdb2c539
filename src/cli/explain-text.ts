import { formatPath } from '../core/field-path.ts';
import { skipReasons } from '../core/graft/graft-pod.ts';
import { author, withoutSuppliers } from '../core/manifest/attribution.ts';
import type { Attributed } from '../core/manifest/attribution.ts';
import type { Considered } from '../core/manifest/explain.ts';
import { blockEntry, blockItem } from '../core/manifest/yaml-block.ts';
import { formatProblem } from '../core/problem.ts';
import type { ExplainedObject } from './explain.ts';
import { colorsOf } from './output.ts';

const style = { step: 2, listStep: 0, dash: 2, lineBreak: '\n' } as const;

/** What `explain` says about one object, for a person. */
export function formatExplanation({ at, place, namespace, explanation, tree }: ExplainedObject): string {
  const colors = colorsOf(process.stdout);
  const { outcome, considered, token } = explanation;
  const lines = [
    colors.bold(`${place.kind} ${place.name} in namespace ${namespace.name}`) + colors.dim(`  ${at}`),
    `  ${headline(explanation.outcome)}`,
  ];
  const section = (title: string, entries: readonly string[]): void => {
    if (entries.length > 0) lines.push('', colors.bold(title), ...entries.map((line) => `  ${line}`));
  };
  section('Templates', considered.map(formatConsidered));
  if (outcome.kind === 'refuse')
    section(
      'Problems',
      outcome.problems.map((problem) => colors.red(formatProblem(problem))),
    );
  if (outcome.kind === 'graft') {
    const kept = outcome.graft.kept.map(
      ({ field, template }) => `${formatPath(field)}: ${template} asks for something else; the pod's own value stands`,
    );
    section('Kept as the pod has it', kept);
  }
  section(
    'Warnings',
    outcome.warnings.map((warning) => colors.yellow(warning)),
  );
  if (token.containers.length > 0) {
    section('Access', [
      `${token.containers.join(', ')}: runs as the pod's ServiceAccount ${token.serviceAccountName} and is given its token`,
    ]);
  }
  const shown = render(tree);
  const width = Math.max(...shown.map(({ from }) => from.length));
  section(
    'Who set what',
    shown.map(({ from, text }) => {
      const name = from.padEnd(width);
      return `${from === author ? colors.dim(name) : colors.green(name)} ${colors.dim('|')} ${from === author ? text : colors.green(text)}`;
    }),
  );
  return `${lines.join('\n')}\n`;
}

function headline(outcome: ExplainedObject['explanation']['outcome']): string {
  switch (outcome.kind) {
    case 'graft': {
      const primary = outcome.graft.primary === undefined ? '' : `; its primary container is ${outcome.graft.primary}`;
      return `grafted: ${outcome.graft.templates.map(({ id }) => id).join(', ')}${primary}`;
    }
    case 'skip':
      return `nothing is grafted: ${skipReasons[outcome.reason]}`;
    case 'refuse':
      return 'refused: see the problems below';
  }
}

function formatConsidered({ template, origin, verdict, reason }: Considered): string {
  const how = origin === undefined ? '' : ` (${origin})`;
  return `${template}${how}: ${verdict}${reason === undefined ? '' : `: ${reason}`}`;
}

interface Row {
  readonly from: string;
  readonly text: string;
}

/** The value as YAML, each line with who supplied it. */
function render(tree: Attributed): readonly Row[] {
  if (tree.kind === 'object') {
    return [...tree.entries].flatMap(([key, value]) => {
      if (isLeaf(value)) return rows(value, blockEntry(key, withoutSuppliers(value), style));
      const inner = value.kind === 'list' ? render(value) : move(render(value), '  ');
      const name = blockEntry(key, '', style)[0]?.replace(/ ''$/, '') ?? '';
      return [{ from: value.from, text: name }, ...inner];
    });
  }
  if (tree.kind === 'list') {
    return tree.items.flatMap(({ value }) => {
      if (isLeaf(value)) return rows(value, blockItem(withoutSuppliers(value), style));
      const [first, ...rest] = render(value);
      return first === undefined ? [] : [{ ...first, text: `- ${first.text}` }, ...move(rest, '  ')];
    });
  }
  return rows(tree, [JSON.stringify(tree.value)]);
}

function isLeaf(tree: Attributed): boolean {
  switch (tree.kind) {
    case 'value':
      return true;
    case 'list':
      return tree.items.length === 0;
    case 'object':
      return tree.entries.size === 0;
  }
}

function rows({ from }: Attributed, lines: readonly string[]): readonly Row[] {
  return lines.map((text) => ({ from, text }));
}

function move(moved: readonly Row[], by: string): readonly Row[] {
  return moved.map(({ from, text }) => ({ from, text: by + text }));
}
