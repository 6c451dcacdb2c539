import { isArray } from '../core/json.ts';
import type { Json } from '../core/json.ts';

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * True where a value nests objects and lists deeper than `limit`: whatever walks such a value would run out of stack
 * (contract S11). Recursion ends at the limit. Takes a sixth of the time of {@link isTextDeeperThan}.
 */
export function isDeeperThan(value: Json, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  if (isArray(value)) {
    for (const inner of value) if (isDeeperThan(inner, limit - 1)) return true;
    return false;
  }
  // Parsed JSON inherits nothing that could be enumerated, and this makes no list.
  for (const key in value) {
    const inner = value[key];
    // Most values are plain: a call for each costs more than all else here.
    if (typeof inner === 'object' && inner !== null && isDeeperThan(inner, limit - 1)) return true;
  }
  return false;
}

/**
 * The same of JSON text, before it is parsed: `JSON.parse` takes any depth, but half a microsecond for each level, and
 * large text may have millions of them. One pass without recursion. Text that isn't JSON gets some answer; the parser
 * judges it.
 */
export function isTextDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case openBracket:
      case openBrace:
        if (++depth > limit) return true;
        break;
      case closeBracket:
      case closeBrace:
        depth--;
        break;
      case quote:
        index = endOfString(text, index);
        if (index === -1) return false;
        break;
    }
  }
  return false;
}

/** The index of the quote that ends the string which begins at `start`; -1 where none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** True where an odd number of backslashes stands before `index`. */
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charCodeAt(first - 1) === backslash) first--;
  return (index - first) % 2 === 1;
}
