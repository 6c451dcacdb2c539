/** Where something stands in an object: keys and list indexes from its root, e.g. `['spec', 'containers', 1, 'name']`. */
export type FieldPath = readonly (string | number)[];

const plainName = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

/** The path as people read it: `spec.containers[1].name`; keys that hold dots or slashes stand in brackets, `metadata.labels[example.com/a]`. */
export function formatPath(path: FieldPath): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'string' && plainName.test(segment)) {
      text += text === '' ? segment : `.${segment}`;
    } else {
      text += `[${segment}]`;
    }
  }
  return text;
}

/** The path as a JSON Pointer (RFC 6901): `/metadata/labels/app.kubernetes.io~1name`. */
export function toPointer(path: FieldPath): string {
  let text = '';
  for (const segment of path) {
    text += '/';
    text += typeof segment === 'number' ? segment : escapeSegment(segment);
  }
  return text;
}

function escapeSegment(segment: string): string {
  // Nearly no segment has either, and replacing costs even where there is nothing to replace.
  if (!segment.includes('~') && !segment.includes('/')) return segment;
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}
