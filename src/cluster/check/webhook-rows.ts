import { arrayField, field, isArray, objectField, stringField } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { keys } from '../../core/keys.ts';
import { systemNamespaces } from './expected-webhooks.ts';
import type { ExpectedWebhook } from './expected-webhooks.ts';
import type { Finding } from './finding.ts';
import type { LiveWebhook } from './our-webhooks.ts';

/** One thing that the chart writes into a webhook, and what follows where somebody has changed it. */
interface Row {
  readonly state: Exclude<Finding['state'], 'ok' | 'unseen'>;
  /** How it deviates, and what follows; undefined where it is as the chart writes it. */
  readonly deviation: (live: LiveWebhook, expected: ExpectedWebhook) => string | undefined;
}

const nameLabel = 'kubernetes.io/metadata.name';

/** All deviations that are told apart. */
export const webhookRows: readonly Row[] = [
  {
    state: 'broken',
    deviation: ({ path }, expected) =>
      path === expected.path
        ? undefined
        : `it calls ${path || 'no path'}, not ${expected.path}: it is answered by nobody, or by the wrong one`,
  },
  {
    state: 'broken',
    deviation: ({ object }) =>
      arrayField(object, 'rules').some(coversNewPods)
        ? undefined
        : 'its rules leave out the creation of pods: it is never called',
  },
  {
    state: 'warn',
    deviation: ({ object }) =>
      arrayField(object, 'rules').every(isOnlyNewPods)
        ? undefined
        : 'its rules hold more than the creation of pods: podgraft is asked for nothing',
  },
  {
    state: 'broken',
    deviation: ({ object }) =>
      ['None', 'NoneOnDryRun'].includes(stringField(object, 'sideEffects') ?? '')
        ? undefined
        : 'its sideEffects are not None: every dry run of a pod is refused',
  },
  {
    state: 'broken',
    deviation: ({ object }) =>
      arrayField(object, 'admissionReviewVersions').includes('v1')
        ? undefined
        : 'its admissionReviewVersions lack v1: no review is understood',
  },
  {
    state: 'warn',
    deviation: ({ object }, { failurePolicy }) => {
      const live = stringField(object, 'failurePolicy') ?? 'Fail';
      if (live === failurePolicy) return undefined;
      const effect =
        live === 'Ignore'
          ? 'pods that name a template start without it while podgraft is away'
          : 'pods that ask for nothing cannot start while podgraft is away';
      return `its failurePolicy is ${live}, not ${failurePolicy}: ${effect}`;
    },
  },
  {
    state: 'warn',
    deviation: ({ object }) =>
      stringField(object, 'reinvocationPolicy') === 'IfNeeded'
        ? undefined
        : 'its reinvocationPolicy is not IfNeeded: containers that other webhooks add later get nothing',
  },
  {
    state: 'warn',
    deviation: ({ object }, { timeoutSeconds }) => {
      const live = field(object, 'timeoutSeconds');
      if (live === timeoutSeconds) return undefined;
      return `its timeoutSeconds are ${typeof live === 'number' ? live : 'not set'}, not ${timeoutSeconds}: so long a pod waits where podgraft doesn't answer`;
    },
  },
  {
    state: 'warn',
    deviation: ({ object }, { conditions }) => {
      const live = arrayField(object, 'matchConditions').map((condition) =>
        normal(stringField(condition, 'expression') ?? ''),
      );
      if (conditions.some((condition) => !live.includes(normal(condition)))) {
        return "its matchConditions are not the chart's: podgraft is asked about other pods than those that want something of it, or twice";
      }
      return live.length > conditions.length
        ? "its matchConditions are more than the chart's: some pods never come to podgraft"
        : undefined;
    },
  },
  {
    state: 'warn',
    deviation: ({ object, backend }) => {
      const excluded = excludedNamespaces(object);
      const own = backend.kind === 'service' ? [backend.namespace] : [];
      const missing = [...systemNamespaces, ...own].filter((namespace) => !excluded.includes(namespace));
      return missing.length === 0
        ? undefined
        : `its namespaceSelector does not exclude ${missing.join(', ')}: podgraft could stand in its own way, or the system's`;
    },
  },
  {
    state: 'warn',
    deviation: ({ object }, { isForCovered }) => {
      const others = expressionsOf(object).filter(({ key, operator }) => !(key === nameLabel && operator === 'NotIn'));
      const isCovering = others.some(
        ({ key, operator, values }) =>
          key === keys.injection &&
          ((operator === 'In' && values.includes('enabled')) || (operator === 'NotIn' && values.includes('disabled'))),
      );
      const hasLabels = Object.keys(objectField(objectField(object, 'namespaceSelector'), 'matchLabels')).length > 0;
      if (isForCovered && !isCovering)
        return `its namespaceSelector does not ask for ${keys.injection}: pods of every namespace are sent`;
      const isNarrower =
        others.length > (isForCovered ? 1 : 0) ||
        hasLabels ||
        ('objectSelector' in object && !isEmptySelector(object['objectSelector']));
      return isNarrower ? "its selectors are narrower than the chart's: some pods never come to podgraft" : undefined;
    },
  },
];

/** The namespaces that a webhook excludes by their name. */
export function excludedNamespaces(webhook: JsonObject): readonly string[] {
  return expressionsOf(webhook).flatMap(({ key, operator, values }) =>
    key === nameLabel && operator === 'NotIn' ? values : [],
  );
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

function expressionsOf(webhook: JsonObject): readonly Expression[] {
  return arrayField(objectField(webhook, 'namespaceSelector'), 'matchExpressions').map((expression) => ({
    key: stringField(expression, 'key') ?? '',
    operator: stringField(expression, 'operator') ?? '',
    values: arrayField(expression, 'values').filter((value) => typeof value === 'string'),
  }));
}

function isEmptySelector(selector: Json | undefined): boolean {
  const { matchExpressions, matchLabels } = objectField({ selector: selector ?? {} }, 'selector');
  return (
    (!isArray(matchExpressions) || matchExpressions.length === 0) &&
    Object.keys(objectField({ matchLabels: matchLabels ?? {} }, 'matchLabels')).length === 0
  );
}

const holds = (rule: Json, key: string, value: string): boolean => {
  const values = arrayField(rule, key);
  return values.includes(value) || values.includes('*');
};

function coversNewPods(rule: Json): boolean {
  return (
    holds(rule, 'apiGroups', '') &&
    holds(rule, 'apiVersions', 'v1') &&
    holds(rule, 'resources', 'pods') &&
    holds(rule, 'operations', 'CREATE')
  );
}

function isOnlyNewPods(rule: Json): boolean {
  const isOnly = (key: string, value: string): boolean => arrayField(rule, key).every((each) => each === value);
  return isOnly('apiGroups', '') && isOnly('resources', 'pods') && isOnly('operations', 'CREATE');
}

/** An expression by its words: YAML may have folded it. */
function normal(expression: string): string {
  return expression.replaceAll(/\s+/gu, ' ').trim();
}
