const begin = ',"managedFields":[';
/** The end of the list, of the metadata that it closes, and the key that follows there in a pod as Go writes it. */
const end = '}]},"spec":{';
const kept = end.indexOf('}', 1);

/**
 * A review's text without its pod's `metadata.managedFields`: half of what an API server sends, and nobody here reads it.
 *
 * It is cut before it is parsed, and only where it is certain what is cut. A quote inside a string has a backslash before
 * it, so in JSON a quote after a comma begins a string: `begin` is a key and the start of its list, and all of `end` that
 * comes before its quote is structure too. Where no bracket at all stands between them, not even in a string, the one in
 * `end` closes that list. Text that isn't written like that is left as it is. What is cut isn't looked at: if it were no
 * JSON, nobody would notice here, and nothing would depend on it.
 */
export function withoutManagedFields(text: string): string {
  const from = text.indexOf(begin);
  if (from === -1) return text;
  const inside = from + begin.length;
  const to = text.indexOf(end, inside);
  if (to === -1) return text;
  const nextOpening = text.indexOf('[', inside);
  if (nextOpening !== -1 && nextOpening < to) return text;
  if (text.indexOf(']', inside) < to) return text;
  return text.slice(0, from) + text.slice(to + kept);
}
