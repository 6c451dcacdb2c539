import type { Ask } from '../graft/asks.ts';
import { arrayField, canonical, field, stringField } from '../json.ts';
import type { Json } from '../json.ts';
import type { LabelSelector } from '../kubernetes/label-selector.ts';
import type { Template } from '../template.ts';
import type { TemplateWarning } from './warning-kinds.ts';

/** Something that two templates can both bring to a pod, if what they bring is equal. */
interface Claim {
  readonly template: Template;
  /** What is brought, for comparing only. */
  readonly text: string;
}

const maxNamed = 3;

/**
 * Templates that may not go together on one pod (specification §12): they can meet, because at least one comes by a selector, and they bring different
 * things where only one can stand. By the id of the template: its warnings (PG110), each about one other template. Found by
 * their contents alone: whether a pod exists that both apply to, nobody knows beforehand.
 */
export function findOverlaps(
  templates: Iterable<Template>,
  rootNamespace: string,
): ReadonlyMap<string, readonly TemplateWarning[]> {
  const claims = new Map<string, Claim[]>();
  for (const template of templates) {
    for (const [what, text] of claimsOf(template)) {
      const others = claims.get(what) ?? [];
      claims.set(what, [...others, { template, text }]);
    }
  }
  const overlaps = new Map<Template, Map<Template, string[]>>();
  for (const [what, claimants] of claims) {
    for (const [index, a] of claimants.entries()) {
      for (const b of claimants.slice(index + 1)) {
        if (a.text === b.text || a.template === b.template || !canMeet(a.template, b.template, rootNamespace)) continue;
        note(overlaps, a.template, b.template, what);
        note(overlaps, b.template, a.template, what);
      }
    }
  }
  return new Map(
    [...overlaps].map(([template, others]) => [
      template.id,
      [...others].map(([other, what]) => warning(template, other, what)),
    ]),
  );
}

function note(overlaps: Map<Template, Map<Template, string[]>>, a: Template, b: Template, what: string): void {
  const others = overlaps.get(a) ?? new Map<Template, string[]>();
  others.set(b, [...(others.get(b) ?? []), what]);
  overlaps.set(a, others);
}

function warning({ kind }: Template, other: Template, what: readonly string[]): TemplateWarning {
  const more = what.length > maxNamed ? ` and ${what.length - maxNamed} more` : '';
  const detail = `it and template ${other.id} bring different ${what.slice(0, maxNamed).join(', ')}${more}: a pod with both is refused, or goes without one`;
  return { code: 'PG110', field: kind === 'PodTemplate' ? ['template'] : ['spec', 'template'], detail };
}

/** What a template brings of which there can be only one: as the end of `different …`, and its content. */
function claimsOf({ compiled, primaryContainerName }: Template): ReadonlyMap<string, string> {
  const claims = new Map<string, string>();
  const add = (what: string, content: Json): void => {
    if (!claims.has(what)) claims.set(what, canonical(content));
  };
  for (const list of ['sidecars', 'initContainers'] as const) {
    for (const { name, value } of compiled[list]) {
      add(`containers ${name}`, [list, value]);
      for (const port of arrayField(value, 'ports')) {
        const protocol = stringField(port, 'protocol') ?? 'TCP';
        const hostPort = Number(field(port, 'hostPort') ?? 0);
        if (list === 'sidecars') add(`containers on port ${Number(field(port, 'containerPort'))}/${protocol}`, value);
        if (hostPort > 0) add(`containers on hostPort ${hostPort}/${protocol}`, value);
      }
    }
  }
  const addAsks = (asks: readonly Ask[], of: string): void => {
    for (const ask of asks) {
      if (ask.kind === 'value' || (ask.kind === 'element' && ask.differs !== 'joined'))
        add(`${ask.unit}${of}`, ask.value);
    }
  };
  addAsks(compiled.pod, '');
  addAsks(compiled.primary ?? compiled.everyContainer, ` of container ${primaryContainerName}`);
  addAsks(compiled.everyInitContainer, ' of init containers');
  return claims;
}

function canMeet(a: Template, b: Template, rootNamespace: string): boolean {
  const isSharedNamespace = [a, b].some(({ namespace }) => namespace === rootNamespace) || a.namespace === b.namespace;
  if (!isSharedNamespace || (a.match === undefined && b.match === undefined)) return false;
  return a.match === undefined || b.match === undefined || !areDisjoint(a.match.podSelector, b.match.podSelector);
}

/** True where no labels can fulfil both selectors, as far as one key of each says. */
function areDisjoint(a: LabelSelector, b: LabelSelector): boolean {
  return a.some((one) =>
    b.some((other) => {
      if (one.key !== other.key) return false;
      if (one.operator === 'In' && other.operator === 'In')
        return !one.values.some((value) => other.values.includes(value));
      const operators = [one.operator, other.operator];
      return operators.includes('DoesNotExist') && (operators.includes('In') || operators.includes('Exists'));
    }),
  );
}
