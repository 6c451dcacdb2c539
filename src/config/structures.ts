import { arrayField, isArray, isObject, own } from '../core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../core/json.ts';
import { toLabelSelector } from '../core/kubernetes/label-selector.ts';
import type { LabelSelector } from '../core/kubernetes/label-selector.ts';
import { parseQuantity } from '../core/kubernetes/quantity.ts';
import type { ResourcePresets } from '../core/settings.ts';
import { invalid, structure, unknownKey, valid } from './value-type.ts';
import type { Parsed, ValueType } from './value-type.ts';

/** A list of `metav1.LabelSelector`s (specification §9). */
export const labelSelectors: ValueType<readonly LabelSelector[]> = structure<readonly LabelSelector[]>(
  (json) => {
    if (!isArray(json)) return invalid('must be a list of label selectors');
    for (const [index, selector] of json.entries()) {
      const fault = selectorFault(selector);
      if (fault !== undefined) return invalid(`element ${index + 1} ${fault}`);
    }
    return valid(json.map(toLabelSelector));
  },
  (selectors) => selectors.map(toSelectorJson),
);

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

function selectorFault(selector: Json): string | undefined {
  const unknown = unknownKey(selector, ['matchLabels', 'matchExpressions']);
  if (unknown !== undefined || !isObject(selector)) return unknown;
  const labels = own(selector, 'matchLabels') ?? {};
  if (!isObject(labels) || Object.values(labels).some((label) => typeof label !== 'string')) {
    return 'has matchLabels that are no map of text';
  }
  const expressions = own(selector, 'matchExpressions') ?? [];
  if (!isArray(expressions)) return 'has matchExpressions that are no list';
  return expressions.map(expressionFault).find((fault) => fault !== undefined);
}

function expressionFault(expression: Json): string | undefined {
  const unknown = unknownKey(expression, ['key', 'operator', 'values']);
  if (unknown !== undefined || !isObject(expression)) return `has an expression that ${unknown}`;
  const operator = own(expression, 'operator');
  if (typeof own(expression, 'key') !== 'string') return 'has an expression without a key';
  if (typeof operator !== 'string' || !operators.includes(operator))
    return `has an expression whose operator is none of ${operators.join(', ')}`;
  const values = arrayField(expression, 'values');
  if (values.some((value) => typeof value !== 'string')) return 'has an expression whose values are no text';
  const takesValues = operator === 'In' || operator === 'NotIn';
  if (takesValues && values.length === 0) return 'has an expression that needs values';
  if (!takesValues && values.length > 0) return 'has an expression that takes no values';
  return undefined;
}

function toSelectorJson(selector: LabelSelector): Json {
  return {
    matchExpressions: selector.map(({ key, operator, values }) =>
      values.length === 0 ? { key, operator } : { key, operator, values },
    ),
  };
}

/** `{requests: {cpu, memory}, limits: {cpu, memory}}` (specification §7). */
export const resourcePresets: ValueType<ResourcePresets | undefined> = structure(
  (json): Parsed<ResourcePresets | undefined> => {
    const unknown = unknownKey(json, ['requests', 'limits']);
    if (unknown !== undefined || !isObject(json)) return invalid(unknown ?? 'must be an object');
    for (const [name, amounts] of Object.entries(json)) {
      const fault = amountsFault(amounts);
      if (fault !== undefined) return invalid(`${name} ${fault}`);
    }
    const { requests, limits } = json;
    return valid({ ...(isObject(requests) && { requests }), ...(isObject(limits) && { limits }) });
  },
  (presets) => presets && withoutAbsent(presets),
);

function amountsFault(amounts: Json): string | undefined {
  const unknown = unknownKey(amounts, ['cpu', 'memory']);
  if (unknown !== undefined || !isObject(amounts)) return unknown;
  const wrong = Object.keys(amounts).find((key) => parseQuantity(amounts[key]) === undefined);
  return wrong === undefined ? undefined : `${wrong} must be a quantity such as 100m or 128Mi`;
}

function withoutAbsent({ requests, limits }: ResourcePresets): JsonObject {
  const json: MutableJsonObject = {};
  if (requests !== undefined) json['requests'] = requests;
  if (limits !== undefined) json['limits'] = limits;
  return json;
}
