import { isArray, isObject, objectField, own, stringField } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { labelValue, qualifiedName } from '../kubernetes/text-formats.ts';
import { isSet, strings, within } from './rule.ts';
import type { Finding, ObjectRule } from './rule.ts';

/** How many values each operator of a requirement takes. */
interface Operators {
  readonly many: readonly string[];
  readonly none: readonly string[];
  readonly one: readonly string[];
  /** Those that the schema lists: any other is reported by it. */
  readonly listed?: readonly string[];
}

const listed = ['DoesNotExist', 'Exists', 'Gt', 'In', 'Lt', 'NotIn'];

const labelOperators: Operators = { many: ['In', 'NotIn'], none: ['Exists', 'DoesNotExist'], one: [] };
const nodeOperators: Operators = { many: ['In', 'NotIn'], none: ['Exists', 'DoesNotExist'], one: ['Gt', 'Lt'], listed };
const nodeFieldOperators: Operators = { many: [], none: [], one: ['In', 'NotIn'], listed };

/** What Kubernetes 1.36 demands of selectors, affinity terms, tolerations and spread constraints, by type. */
export const schedulingRules: Readonly<Record<string, ObjectRule>> = {
  Toleration: toleration,
  TopologySpreadConstraint: (constraint) => [
    ...(isSet(own(constraint, 'minDomains')) && own(constraint, 'whenUnsatisfiable') === 'ScheduleAnyway'
      ? [{ at: ['minDomains'], detail: 'may be set only where whenUnsatisfiable is DoNotSchedule' }]
      : []),
    ...labelKeys(constraint, 'matchLabelKeys'),
  ],
  PodAffinityTerm: (term) => [
    ...labelKeys(term, 'matchLabelKeys'),
    ...labelKeys(term, 'mismatchLabelKeys'),
    ...strings(own(term, 'matchLabelKeys')).flatMap((key, index) =>
      strings(own(term, 'mismatchLabelKeys')).includes(key)
        ? [{ at: ['matchLabelKeys', index], value: key, detail: 'stands in mismatchLabelKeys too' }]
        : [],
    ),
  ],
  LabelSelectorRequirement: (requirement) => operatorAndValues(requirement, labelOperators),
  NodeSelectorTerm: nodeSelectorTerm,
};

function toleration(value: JsonObject): readonly Finding[] {
  const findings: Finding[] = [];
  const isExists = own(value, 'operator') === 'Exists';
  const text = stringField(value, 'value') ?? '';
  if (!isSet(own(value, 'key')) && !isExists) {
    findings.push({ at: ['operator'], detail: 'must be Exists where there is no key' });
  }
  const wrongValue = isExists && text !== '' ? 'may not be set where the operator is Exists' : labelValue(text);
  if (wrongValue !== undefined) findings.push({ at: ['value'], detail: wrongValue });
  if (isSet(own(value, 'tolerationSeconds')) && own(value, 'effect') !== 'NoExecute') {
    findings.push({ at: ['effect'], detail: 'must be NoExecute where tolerationSeconds is set' });
  }
  return findings;
}

function labelKeys(holder: JsonObject, list: 'matchLabelKeys' | 'mismatchLabelKeys'): readonly Finding[] {
  if (!isSet(own(holder, list))) return [];
  const selector = own(holder, 'labelSelector');
  if (!isObject(selector)) return [{ at: [list], detail: 'may be set only beside a labelSelector' }];
  if (list === 'mismatchLabelKeys') return [];
  const taken = new Set<string | undefined>(Object.keys(objectField(selector, 'matchLabels')));
  for (const expression of elements(selector, 'matchExpressions')) taken.add(stringField(expression, 'key'));
  return strings(own(holder, list)).flatMap((key, index) =>
    taken.has(key) ? [{ at: [list, index], value: key, detail: 'stands in the labelSelector too' }] : [],
  );
}

/** The elements of a list at their places; what is no object is an empty one. */
function elements(holder: JsonObject, key: string): readonly JsonObject[] {
  const list = own(holder, key);
  return isArray(list) ? list.map((element) => (isObject(element) ? element : {})) : [];
}

function operatorAndValues(requirement: JsonObject, operators: Operators): readonly Finding[] {
  const { many, none, one } = operators;
  const operator = stringField(requirement, 'operator') ?? '';
  if (operator === '' || operators.listed?.includes(operator) === false) return [];
  const number = strings(own(requirement, 'values')).length;
  const known = [...many, ...none, ...one];
  if (!known.includes(operator)) {
    return [{ at: ['operator'], code: 'PG032', value: operator, detail: `must be one of ${known.join(', ')}` }];
  }
  if (none.includes(operator) && number > 0) {
    return [{ at: ['values'], detail: `may not be set where the operator is ${operator}` }];
  }
  if (many.includes(operator) && number === 0) {
    return [{ at: ['values'], code: 'PG033', detail: `must have at least one where the operator is ${operator}` }];
  }
  if (one.includes(operator) && number !== 1) {
    return [{ at: ['values'], detail: `must have exactly one where the operator is ${operator}` }];
  }
  return [];
}

function nodeSelectorTerm(term: JsonObject): readonly Finding[] {
  return [
    ...elements(term, 'matchExpressions').flatMap((requirement, index) =>
      within(
        ['matchExpressions', index],
        [...operatorAndValues(requirement, nodeOperators), ...nodeLabel(requirement)],
      ),
    ),
    ...elements(term, 'matchFields').flatMap((requirement, index) =>
      within(
        ['matchFields', index],
        [...operatorAndValues(requirement, nodeFieldOperators), ...nodeField(requirement)],
      ),
    ),
  ];
}

// Kubernetes lets a preferred term have values that no label can have. Such a term never matches: a mistake here too.
function nodeLabel(requirement: JsonObject): readonly Finding[] {
  const key = stringField(requirement, 'key') ?? '';
  const wrongKey = key === '' ? undefined : qualifiedName(key);
  return [
    ...(wrongKey === undefined ? [] : [{ at: ['key'], value: key, detail: wrongKey }]),
    ...strings(own(requirement, 'values')).flatMap((value, index) => {
      const detail = labelValue(value);
      return detail === undefined ? [] : [{ at: ['values', index], detail }];
    }),
  ];
}

function nodeField(requirement: JsonObject): readonly Finding[] {
  const key = stringField(requirement, 'key') ?? '';
  if (key === '' || key === 'metadata.name') return [];
  return [{ at: ['key'], value: key, detail: 'must be metadata.name, the only field that there is' }];
}
