import type { FieldPath } from '../field-path.ts';
import { isArray, isObject, stringField } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { parseQuantity } from '../kubernetes/quantity.ts';
import type { TextFormat } from '../kubernetes/text-formats.ts';
import type { ProblemCode } from '../problem.ts';
import { ownEntries } from './validate-schema.ts';

/** What a rule finds wrong with a value. */
export interface Finding {
  /** From the value to what is wrong in it. */
  readonly at: FieldPath;
  readonly detail: string;
  /** The name, where it is one that may be shown. */
  readonly value?: string;
  /** PG034 (Kubernetes would refuse it) where nothing else is said. */
  readonly code?: ProblemCode;
}

/** Judges a value that is set and has the schema's type, at least mostly: what has a wrong type is passed over. */
export type Rule = (value: Json) => readonly Finding[];

/** A rule for an object as a whole. */
export type ObjectRule = (object: JsonObject) => readonly Finding[];

const nothing: readonly Finding[] = [];

/** Set to something: neither absent nor null, `''` or `[]`. */
export function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== '' && !(isArray(value) && value.length === 0);
}

/** The strings of a list. */
export function strings(value: Json | undefined): readonly string[] {
  return isArray(value) ? value.filter((element) => typeof element === 'string') : [];
}

/** What an inner rule found, seen from further out. */
export function within(at: FieldPath, findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => ({ ...finding, at: [...at, ...finding.at] }));
}

/** One finding about the value itself, or none. */
function found(detail: string | undefined, value?: string): readonly Finding[] {
  if (detail === undefined) return nothing;
  return [value === undefined || value === '' ? { at: [], detail } : { at: [], detail, value }];
}

/** A string of a form; what it is may be shown: for names, keys and paths only. */
export function text(...formats: readonly TextFormat[]): Rule {
  return (value) => {
    if (typeof value !== 'string') return nothing;
    for (const format of formats) {
      const detail = format(value);
      if (detail !== undefined) return found(detail, value);
    }
    return nothing;
  };
}

/** A string that is one of these. */
export function oneOf(...possible: readonly string[]): Rule {
  return (value) =>
    typeof value !== 'string' || possible.includes(value)
      ? nothing
      : [{ at: [], code: 'PG032', value, detail: `must be one of ${possible.join(', ')}` }];
}

/** A number from `min` to `max`, both included. */
export function between(min: number, max: number): Rule {
  return (value) =>
    typeof value !== 'number' || (value >= min && value <= max)
      ? nothing
      : found(max === Infinity ? `must be at least ${min}` : `must be from ${min} to ${max}`, String(value));
}

/** Each element of a list by itself. */
export function each(rule: Rule): Rule {
  return (value) => {
    if (!isArray(value)) return nothing;
    return value.flatMap((element, index) => within([index], rule(element)));
  };
}

/** A list of at most `max` elements. */
export function atMost(max: number): Rule {
  return (value) => (isArray(value) && value.length > max ? found(`must have at most ${max}`) : nothing);
}

/** A list in which no two elements have the same text at `key`; those without one don't count. */
export function uniqueBy(key: string): Rule {
  return (value) => {
    const seen = new Set<string>();
    return (isArray(value) ? value : []).flatMap((element, index): readonly Finding[] => {
      const name = stringField(element, key) ?? '';
      const isRepeated = name !== '' && seen.has(name);
      seen.add(name);
      const detail = `another element of the list has that ${key}; change one or take it out`;
      return isRepeated ? [{ at: [index, key], code: 'PG035', value: name, detail }] : [];
    });
  };
}

/** All that several rules find. */
export function all(...rules: readonly Rule[]): Rule {
  return (value) => rules.flatMap((rule) => rule(value));
}

/** A map whose keys have a form, and whose values, which are never shown, have another. */
export function mapOf(keyFormat: TextFormat, valueFormat?: TextFormat): Rule {
  return (value) => {
    if (!isObject(value)) return nothing;
    return ownEntries(value).flatMap(([key, inner]): readonly Finding[] => {
      const wrongKey = keyFormat(key);
      const wrongValue = typeof inner === 'string' ? valueFormat?.(inner) : undefined;
      return [
        ...(wrongKey === undefined ? [] : [{ at: [key], value: key, detail: `as a key ${wrongKey}` }]),
        ...(wrongValue === undefined ? [] : [{ at: [key], detail: `its value ${wrongValue}` }]),
      ];
    });
  };
}

/** A quantity that isn't negative. */
export const notNegative: Rule = (value) => {
  const amount = parseQuantity(value);
  return amount === undefined || amount >= 0n ? nothing : found('must not be negative');
};
