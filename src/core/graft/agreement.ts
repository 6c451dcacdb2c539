import { sameValue } from '../kubernetes/compare.ts';
import { containerSchema } from '../kubernetes/schema.ts';
import type { Problem } from '../problem.ts';
import { knownPart } from './ask-place.ts';
import type { Ask } from './asks.ts';
import type { Contribution } from './emit.ts';
import type { Granted } from './reduce.ts';
import type { PlannedContainer } from './sidecars.ts';

/**
 * Where templates would add different things in one place (specification §6, "Between templates"): each names both.
 * What the pod has already is no remainder, and equal remainders count once.
 */
export function disagreements(contributions: readonly Contribution[]): readonly Problem[] {
  const problems: Problem[] = [];
  const claimed = new Map<string, { granted: Granted; template: string }>();
  const containers = new Map<string, { container: PlannedContainer; template: string }>();
  for (const { template, pod, containers: inContainers, added } of contributions) {
    for (const granted of [...pod.granted, ...inContainers.granted]) {
      if (granted.state === 'present') continue;
      const other = claimed.get(granted.unit);
      if (other === undefined) claimed.set(granted.unit, { granted, template: template.id });
      else if (!sameAsk(other.granted.ask, granted.ask)) {
        problems.push(disagreement(granted, other.template, template.id));
      }
    }
    for (const container of added) {
      if (container.state !== 'add') continue;
      const other = containers.get(container.name);
      if (other === undefined) containers.set(container.name, { container, template: template.id });
      else if (!sameContainer(other.container, container)) {
        problems.push({
          code: 'PG015',
          field: ['spec', container.list],
          value: container.name,
          detail: `templates ${other.template} and ${template.id} add different containers of that name; use one of them`,
          template: template.id,
        });
      }
    }
  }
  return problems;
}

function sameContainer(a: PlannedContainer, b: PlannedContainer): boolean {
  // Only among init containers does it matter where one goes.
  const isSamePlace = a.list === b.list && (a.list === 'containers' || a.first === b.first);
  return isSamePlace && sameValue(containerSchema, a.value, b.value);
}

/** Of asks for one unit, which are of one kind. */
function sameAsk(a: Ask, b: Ask): boolean {
  switch (a.kind) {
    case 'value':
      return sameValue(a.field.schema, a.value, b.value);
    case 'element':
      return sameValue(a.element.items, a.value, b.value);
    case 'member':
    case 'nodeTerms':
      // Members are known by their whole value: one unit, one value. Terms are ANDed.
      return true;
  }
}

function disagreement({ ask, path }: Granted, first: string, second: string): Problem {
  const detail = `templates ${first} and ${second} give different values here; use one of them`;
  const problem = { code: 'PG015', field: knownPart(path), detail, template: second } as const;
  return ask.kind === 'element' ? { ...problem, value: ask.element.key } : problem;
}
