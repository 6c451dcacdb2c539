import fc from 'fast-check';
import { isArray, isObject, setOwn } from '../../src/core/json.ts';
import type { Json, JsonObject, MutableJsonObject } from '../../src/core/json.ts';

/** A change at one place of a document; the place is counted, so that it means something in any. */
interface Mutation {
  readonly at: number;
  readonly kind: 'set' | 'delete' | 'twice' | 'rename' | 'wrap' | 'copy';
  readonly value: Json;
  readonly key: string;
  /** Of `copy`: the place that is copied from. */
  readonly from: number;
}

const key = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  '',
  'a/b~c',
  'name',
  'image',
  'env',
  'labels',
  'annotations',
  'podgraft.dev/template',
  'podgraft.dev/templates',
  'podgraft.dev/injected',
  'podgraft.dev/inject',
  'podgraft.dev/reusable',
  'podgraft.dev/primary-container',
  'kubectl.kubernetes.io/default-container',
  'containers',
  'initContainers',
  'ephemeralContainers',
  'volumes',
  'volumeMounts',
  'resources',
  'affinity',
  'restartPolicy',
  'priorityClassName',
  'managedFields',
);

const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e21,
    '',
    'true',
    'false',
    'Never',
    'Always',
    '100m',
    '1e3',
    '\u0000',
  ),
  fc.constantFrom('prefect-dind', 'flyte-sidecar-task', 'hkube-sidecars', 'flyte-pod-task, hkube-sidecars', 'primary'),
  fc.string({ maxLength: 12, unit: 'binary' }),
  fc.integer(),
);

const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.tuple(key, leaf), { maxLength: 3 }).map((entries): Json => {
      const object: MutableJsonObject = {};
      for (const [name, inner] of entries) setOwn(object, name, inner);
      return object;
    }),
  },
);

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 4000 }),
  kind: fc.constantFrom<Mutation['kind'][]>('set', 'set', 'delete', 'twice', 'rename', 'wrap', 'copy'),
  value,
  key,
  from: fc.nat({ max: 4000 }),
});

/** One of the documents with a few of its places changed. Shrinks to fewer changes, of smaller values. */
export function mutatedDocument(documents: readonly JsonObject[]): fc.Arbitrary<JsonObject> {
  return fc
    .tuple(fc.constantFrom(...documents), fc.array(mutation, { maxLength: 8 }))
    .map(([document, mutations]) => mutations.reduce(mutate, document));
}

function mutate(document: JsonObject, { at, kind, value: given, key: name, from }: Mutation): JsonObject {
  const places = placesOf(document);
  const path = places[at % places.length] ?? [];
  const source = places[from % places.length] ?? [];
  const changed = change(document, path, 0, (target, last) => {
    switch (kind) {
      case 'set':
        return withEntry(target, last, given);
      case 'wrap':
        return withEntry(target, last, [valueAt(target, last) ?? null]);
      case 'copy':
        return withEntry(target, last, source.reduce<Json | undefined>(valueAt, document) ?? null);
      case 'delete':
        return withEntry(target, last, undefined);
      case 'twice':
        return isArray(target)
          ? [...target, valueAt(target, last) ?? null]
          : withEntry(target, name, valueAt(target, last));
      case 'rename':
        return isArray(target) ? target : withEntry(withEntry(target, last, undefined), name, valueAt(target, last));
    }
  });
  return isObject(changed) ? changed : document;
}

type Path = readonly (string | number)[];

/** The paths of all values but the document itself. */
function placesOf(value_: Json, path: Path = []): readonly Path[] {
  const inner: Path[] = [];
  const entries = isArray(value_) ? value_.entries() : isObject(value_) ? Object.entries(value_) : [];
  for (const [step, child] of entries) {
    const place = [...path, step];
    inner.push(place, ...placesOf(child, place));
  }
  return inner;
}

function valueAt(target: Json | undefined, step: string | number): Json | undefined {
  if (isArray(target)) return target[Number(step)];
  return isObject(target) && Object.hasOwn(target, step) ? target[step] : undefined;
}

function change(target: Json, path: Path, depth: number, edit: (holder: Json, last: string | number) => Json): Json {
  const step = path[depth];
  if (step === undefined) return target;
  if (depth === path.length - 1) return edit(target, step);
  return withEntry(target, step, change(valueAt(target, step) ?? null, path, depth + 1, edit));
}

function withEntry(target: Json, step: string | number, entry: Json | undefined): Json {
  if (isArray(target)) {
    const index = Number(step);
    return entry === undefined
      ? target.filter((_, at) => at !== index)
      : target.map((old, at) => (at === index ? entry : old));
  }
  if (!isObject(target)) return target;
  const copy: MutableJsonObject = {};
  for (const [key_, old] of Object.entries(target)) {
    if (key_ !== step) setOwn(copy, key_, old);
    else if (entry !== undefined) setOwn(copy, key_, entry);
  }
  if (entry !== undefined && !Object.hasOwn(copy, step)) setOwn(copy, String(step), entry);
  return copy;
}

/** A change of a text's bytes. */
interface Scratch {
  readonly at: number;
  readonly kind: 'replace' | 'insert' | 'cut' | 'end' | 'repeat';
  readonly bytes: Uint8Array;
}

const snippets = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\n',
  '- ',
  '&a ',
  '*a',
  '? ',
  '|\n',
  '!!binary ',
  '<<: ',
  '#',
  '\t',
  '\u0000',
];

const scratch: fc.Arbitrary<Scratch> = fc.record({
  at: fc.nat({ max: 20_000 }),
  kind: fc.constantFrom<Scratch['kind'][]>('replace', 'insert', 'insert', 'cut', 'end', 'repeat'),
  bytes: fc.oneof(
    fc.constantFrom(...snippets).map((text) => new TextEncoder().encode(text)),
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
  ),
});

/** One of the texts with a few of its bytes changed. */
export function scratchedText(texts: fc.Arbitrary<string>, most: number): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(texts, fc.array(scratch, { maxLength: most }))
    .map(([text, scratches]) => scratches.reduce(apply, new TextEncoder().encode(text)));
}

function apply(text: Uint8Array, { at, kind, bytes }: Scratch): Uint8Array {
  const from = text.length === 0 ? 0 : at % text.length;
  const before = text.subarray(0, from);
  switch (kind) {
    case 'replace':
      return join(before, bytes, text.subarray(from + bytes.length));
    case 'insert':
      return join(before, bytes, text.subarray(from));
    case 'cut':
      return join(before, text.subarray(from + bytes.length));
    case 'end':
      return before;
    case 'repeat':
      return join(before, text.subarray(from, from + 200), text.subarray(from));
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
