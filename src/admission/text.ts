import { isLongerThan } from '../core/problem.ts';

/** Cuts text to at most `max` characters (code points), an ellipsis in place of what was cut. */
export function cutCharacters(text: string, max: number): string {
  if (text.length <= max) return text;
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}

/**
 * As many items as fit into `maxBytes` when they are joined; where some don't, `andMore` says how many in the end.
 * At least the first item is there, cut by the caller where it is too long by itself.
 */
export function joinBounded(
  items: readonly string[],
  separator: string,
  maxBytes: number,
  andMore: (count: number) => string,
): string {
  let joined = items[0] ?? '';
  for (const [index, item] of items.entries()) {
    if (index === 0) continue;
    const rest = items.length - index - 1;
    const longer = joined + separator + item;
    if (isLongerThan(rest === 0 ? longer : longer + andMore(rest), maxBytes)) {
      return joined + andMore(items.length - index);
    }
    joined = longer;
  }
  return joined;
}
