import { arrayField, field, objectField, own, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';

/** One condition on a label (`metav1.LabelSelectorRequirement`). */
export interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** A parsed `metav1.LabelSelector`: all requirements must hold; none at all matches everything. */
export type LabelSelector = readonly Requirement[];

/** A valid LabelSelector's JSON as requirements; `matchLabels` come first, in key order. */
export function toLabelSelector(selector: Json | undefined): LabelSelector {
  const requirements: Requirement[] = [];
  const matchLabels = objectField(selector, 'matchLabels');
  for (const key of Object.keys(matchLabels).toSorted()) {
    requirements.push({ key, operator: 'In', values: [stringField(matchLabels, key) ?? ''] });
  }
  for (const expression of arrayField(selector, 'matchExpressions')) {
    requirements.push({
      key: stringField(expression, 'key') ?? '',
      operator: toOperator(field(expression, 'operator')),
      values: arrayField(expression, 'values').filter((value) => typeof value === 'string'),
    });
  }
  return requirements;
}

function toOperator(value: Json | undefined): Requirement['operator'] {
  switch (value) {
    case 'NotIn':
    case 'Exists':
    case 'DoesNotExist':
      return value;
    default:
      return 'In';
  }
}

/**
 * True where the labels fulfil the selector, as Kubernetes judges it: an absent key fulfils `NotIn`.
 * Labels whose key `ignored` holds count as absent.
 */
export function matches(selector: LabelSelector, labels: JsonObject, ignored?: ReadonlySet<string>): boolean {
  return selector.every(({ key, operator, values }) => {
    const label = ignored?.has(key) === true ? undefined : own(labels, key);
    switch (operator) {
      case 'In':
        return typeof label === 'string' && values.includes(label);
      case 'NotIn':
        return typeof label !== 'string' || !values.includes(label);
      case 'Exists':
        return label !== undefined;
      case 'DoesNotExist':
        return label === undefined;
    }
  });
}
