import { isArray, isObject } from '../core/json.ts';
import type { Json } from '../core/json.ts';

/** A value, or what is wrong with what was given in place of one: `must be …`. */
export type Parsed<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'invalid'; readonly message: string };

/** How a setting's value is written. */
export interface ValueType<T> {
  /** For help: `<number>`. A flag whose hint is in brackets may stand without a value. */
  readonly hint: string;
  /** From a flag or the environment; a flag that was given several times has several texts. */
  readonly fromTexts: (texts: readonly string[]) => Parsed<T>;
  /** From the file. */
  readonly fromJson: (json: Json) => Parsed<T>;
  /** For `--print-config`; undefined where it isn't set. */
  readonly toJson: (value: T) => Json | undefined;
}

export function valid<T>(value: T): Parsed<T> {
  return { kind: 'value', value };
}

export function invalid(message: string): { readonly kind: 'invalid'; readonly message: string } {
  return { kind: 'invalid', message };
}

/** The last of a flag's texts counts, as in most programs. */
function last(texts: readonly string[]): string {
  return texts.at(-1) ?? '';
}

/** Text that fulfils `pattern`, if one is given; `what` says in words which does: `a DNS label`. */
export function text(hint: string, pattern?: RegExp, what = 'text'): ValueType<string> {
  const check = (value: string): Parsed<string> => {
    if (value === '') return invalid('must not be empty');
    return pattern === undefined || pattern.test(value) ? valid(value) : invalid(`must be ${what}`);
  };
  return {
    hint: `<${hint}>`,
    fromTexts: (texts) => check(last(texts)),
    fromJson: (json) => (typeof json === 'string' ? check(json) : invalid('must be text')),
    toJson: (value) => value,
  };
}

/** A whole number from `min` to `max`. */
export function integer(hint: string, min: number, max: number): ValueType<number> {
  const check = (value: number): Parsed<number> =>
    Number.isInteger(value) && value >= min && value <= max
      ? valid(value)
      : invalid(`must be a whole number from ${min} to ${max}`);
  return {
    hint: `<${hint}>`,
    fromTexts: (texts) => check(/^\d{1,15}$/u.test(last(texts)) ? Number(last(texts)) : Number.NaN),
    fromJson: (json) => check(typeof json === 'number' ? json : Number.NaN),
    toJson: (value) => value,
  };
}

export const boolean: ValueType<boolean> = {
  hint: '[boolean]',
  fromTexts: (texts) => {
    const value = last(texts);
    return value === 'true' || value === 'false' ? valid(value === 'true') : invalid('must be true or false');
  },
  fromJson: (json) => (typeof json === 'boolean' ? valid(json) : invalid('must be true or false')),
  toJson: (value) => value,
};

/** One of the listed words. */
export function oneOf<const T extends string>(hint: string, words: readonly T[]): ValueType<T> {
  const check = (value: Json): Parsed<T> => {
    const found = words.find((word) => word === value);
    return found === undefined ? invalid(`must be one of ${words.join(', ')}`) : valid(found);
  };
  return {
    hint: `<${hint}>`,
    fromTexts: (texts) => check(last(texts)),
    fromJson: check,
    toJson: (value) => value,
  };
}

/** A list: flags and environment separate with commas, a repeated flag continues, the file has a YAML list. */
export function listOf<T>(element: ValueType<T>): ValueType<readonly T[]> {
  const collect = (parsed: readonly Parsed<T>[]): Parsed<readonly T[]> => {
    const values: T[] = [];
    for (const [index, item] of parsed.entries()) {
      if (item.kind === 'invalid') return invalid(`element ${index + 1} ${item.message}`);
      values.push(item.value);
    }
    return valid(values);
  };
  return {
    hint: `${element.hint.slice(0, -1)},...>`,
    fromTexts: (texts) =>
      collect(
        texts
          .flatMap((part) => part.split(','))
          .map((part) => part.trim())
          .filter((part) => part !== '')
          .map((part) => element.fromTexts([part])),
      ),
    fromJson: (json) => (isArray(json) ? collect(json.map(element.fromJson)) : invalid('must be a list')),
    toJson: (value) => value.map((item) => element.toJson(item) ?? null),
  };
}

/** A setting that may be left unset. */
export function optional<T>(type: ValueType<T>): ValueType<T | undefined> {
  return { ...type, toJson: (value) => (value === undefined ? undefined : type.toJson(value)) };
}

/** What only YAML or JSON can write; a flag or the environment has it as JSON. */
export function structure<T>(
  fromJson: (json: Json) => Parsed<T>,
  toJson: (value: T) => Json | undefined,
): ValueType<T> {
  return {
    hint: '<json>',
    fromTexts: (texts) => {
      try {
        return fromJson(JSON.parse(last(texts)) as Json);
      } catch {
        return invalid('must be JSON');
      }
    },
    fromJson,
    toJson,
  };
}

/** The first key of `value` that isn't among `known`, as a complaint; undefined where there is none. */
export function unknownKey(value: Json, known: readonly string[]): string | undefined {
  if (!isObject(value)) return 'must be an object';
  const found = Object.keys(value).find((key) => !known.includes(key));
  return found === undefined ? undefined : `has the unknown key ${found}; known are ${known.join(', ')}`;
}
