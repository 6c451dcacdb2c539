import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { elementKey } from './compare.ts';
import { exceptions } from './exceptions.ts';
import type { Rule } from './exceptions.ts';
import {
  arrayField,
  canonical,
  deepFreeze,
  isArray,
  isObject,
  objectField,
  own,
  setOwn,
  sorted,
  stringField,
} from './json.ts';
import type { Json, JsonObject, MutableJsonObject } from './json.ts';
import type { ProblemCode } from './problem.ts';
import { containerSchema, isUnset, podTemplateSpec } from './schema.ts';
import type { FieldSchema, ObjectSchema, Schema } from './schema.ts';
import type { Protectable, Template } from './template.ts';

/** An element of a list, by the key fields that tell it from the others; the way to it is found in each pod anew. */
export interface ElementRef {
  readonly items: ObjectSchema;
  readonly keys: readonly string[];
  readonly key: string;
}

/** From the pod (or from the container that is asked for) to a field: keys, and elements by their key. */
export type AskPath = readonly (string | ElementRef)[];

interface AskBase {
  /** The field or element in a short, stable form, unique within its object: `volumes[data]`. The mark lists these. */
  readonly unit: string;
  readonly path: AskPath;
  readonly value: Json;
}

/** A field that stands or falls whole: a scalar, a map's entry, an atomic list or object. */
export interface ValueAsk extends AskBase {
  readonly kind: 'value';
  /** `Type.field`. */
  readonly type: string;
  readonly field: FieldSchema;
  readonly differs: 'policy' | 'conflict';
  readonly code?: ProblemCode;
}

/** An element of a list with keys. `atomic` ones hold all of it; others only their key fields, the rest asks for itself. */
export interface ElementAsk extends AskBase {
  readonly kind: 'element';
  readonly type: string;
  readonly element: ElementRef;
  readonly differs: 'policy' | 'conflict' | 'joined';
  readonly code?: ProblemCode;
}

/** An element of a list that is joined by whole value. */
export interface MemberAsk extends AskBase {
  readonly kind: 'member';
  readonly type: string;
  readonly items: Schema;
  readonly front: boolean;
}

/** Node selector terms that the pod's are ANDed with. */
export interface NodeTermsAsk extends AskBase {
  readonly kind: 'nodeTerms';
  readonly terms: readonly JsonObject[];
}

/** One thing that a template asks of a pod or of one of its containers: the smallest piece that is granted or not. */
export type Ask = ValueAsk | ElementAsk | MemberAsk | NodeTermsAsk;

/** A container that a template adds. */
export interface AddedContainer {
  readonly name: string;
  /** As the template writes it, keys sorted. */
  readonly value: JsonObject;
}

/** A pod template, taken apart once, so that per pod only what it asks for is looked at. */
export interface CompiledPodTemplate {
  /** Metadata, and the spec without its containers. */
  readonly pod: readonly Ask[];
  readonly sidecars: readonly AddedContainer[];
  readonly initContainers: readonly AddedContainer[];
  /** What the primary container is asked for: the default entry overlaid with the primary one. Absent without a primary entry. */
  readonly primary?: readonly Ask[];
  /** What every other container of the workload is asked for. */
  readonly everyContainer: readonly Ask[];
  /** What every init container of the workload is asked for. */
  readonly everyInitContainer: readonly Ask[];
  /** The names of the volumes that it brings. */
  readonly volumes: ReadonlySet<string>;
  /** `spec.os.name`. */
  readonly os?: string;
  /** `spec.restartPolicy`. */
  readonly restartPolicy?: string;
}

/** Entries that stand for containers of the workload, or for nothing (specification §1). */
export const specialEntries = {
  containers: { default: 'default', ignored: 'noop' },
  initContainers: { default: 'default-init', ignored: 'primary-init' },
} as const;

export interface CompileInput {
  /** `{metadata?, spec?}` of a valid template. */
  readonly podTemplate: JsonObject;
  readonly primaryContainerName: string;
  readonly protect: ReadonlySet<Protectable>;
  readonly sidecars: Template['sidecars'];
}

/** Takes a valid template apart. What is equal comes out equal, whatever the order of keys in the input. */
export function compilePodTemplate(input: CompileInput): CompiledPodTemplate {
  const podTemplate = sorted(input.podTemplate);
  const spec = objectField(podTemplate, 'spec');
  const metadata = objectField(podTemplate, 'metadata');
  const containers = containersOf(spec, 'containers');
  const initContainers = containersOf(spec, 'initContainers');
  const entry = (list: readonly AddedContainer[], name: string): JsonObject | undefined =>
    list.find((container) => container.name === name)?.value;

  const every = visible(entry(containers, specialEntries.containers.default), input.protect);
  const everyInit = visible(entry(initContainers, specialEntries.initContainers.default), input.protect);
  const primary = visible(entry(containers, input.primaryContainerName), input.protect);
  const account = own(spec, 'serviceAccountName') ?? own(spec, 'serviceAccount');
  const asked = account === undefined ? spec : { ...spec, serviceAccountName: account };
  const added = (list: readonly AddedContainer[], notAdded: readonly string[]): readonly AddedContainer[] =>
    list.filter(({ name }) => !notAdded.includes(name));
  const os = stringField(objectField(spec, 'os'), 'name');
  const restartPolicy = stringField(spec, 'restartPolicy');

  return {
    pod: asksOf(podTemplateSpec, { metadata: onlyMaps(metadata), spec: asked }),
    sidecars: added(containers, [
      input.primaryContainerName,
      specialEntries.containers.default,
      specialEntries.containers.ignored,
    ]),
    initContainers: added(initContainers, Object.values(specialEntries.initContainers)),
    ...(primary === undefined
      ? {}
      : { primary: asksOf(containerSchema, overlay(containerSchema, every ?? {}, primary)) }),
    everyContainer: asksOf(containerSchema, every ?? {}),
    everyInitContainer: asksOf(containerSchema, everyInit ?? {}),
    volumes: new Set(arrayField(spec, 'volumes').map((volume) => stringField(volume, 'name') ?? '')),
    ...(os === undefined || os === '' ? {} : { os }),
    ...(restartPolicy === undefined || restartPolicy === '' ? {} : { restartPolicy }),
  };
}

function containersOf(spec: JsonObject, list: string): readonly AddedContainer[] {
  return arrayField(spec, list)
    .filter(isObject)
    .map((value) => ({ name: stringField(value, 'name') ?? '', value: deepFreeze(value) }));
}

function onlyMaps(metadata: JsonObject): JsonObject {
  return {
    labels: objectField(metadata, 'labels'),
    annotations: objectField(metadata, 'annotations'),
  };
}

/** The entry without what is protected: that never has an effect. */
function visible(entry: JsonObject | undefined, protect: ReadonlySet<Protectable>): JsonObject | undefined {
  if (entry === undefined) return undefined;
  const hidden = new Set<string>(protect);
  if (hidden.has('env')) hidden.add('envFrom');
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !hidden.has(key)));
}

function ruleOf(schema: ObjectSchema, key: string): Rule | undefined {
  const type = `${schema.name}.${key}`;
  return Object.hasOwn(exceptions, type) ? exceptions[type] : undefined;
}

/**
 * What the default entry and the primary entry give together: objects join, lists join by their keys or by whole value
 * (a key that both set keeps its place and has the primary's value), all else is the primary's.
 */
function overlay(schema: ObjectSchema, below: JsonObject, above: JsonObject): JsonObject {
  const result: MutableJsonObject = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const field = schema.fields.get(key);
    const under = own(below, key);
    if (isUnset(field, value)) continue;
    setOwn(
      result,
      key,
      field === undefined || isUnset(field, under) || under === undefined
        ? value
        : join(schema, key, field, under, value),
    );
  }
  return sorted(result) as JsonObject;
}

function join(schema: ObjectSchema, key: string, field: FieldSchema, below: Json, above: Json): Json {
  const rule = ruleOf(schema, key);
  const inner = field.schema;
  if (isObject(below) && isObject(above)) {
    if (rule?.join === 'whole') return above;
    if (inner.kind === 'object') return inner.atomic ? above : overlay(inner, below, above);
    return inner.kind === 'map' && !inner.atomic ? { ...below, ...above } : above;
  }
  if (!isArray(below) || !isArray(above) || inner.kind !== 'list') return above;
  if (rule?.join === 'member') return [...below, ...above];
  const { items } = inner;
  const keys = rule?.join === 'element' || rule?.join === 'joined' ? rule.keys : inner.keys;
  if (keys === undefined || items.kind !== 'object') return above;
  const atomic = rule?.join === 'element';
  const merged = new Map(below.map((element) => [elementKey(items, keys, element), element]));
  for (const element of above) {
    const name = elementKey(items, keys, element);
    const under = merged.get(name);
    const both = !atomic && isObject(under) && isObject(element);
    merged.set(name, both ? overlay(items, under, element) : element);
  }
  return [...merged.values()];
}

function asksOf(schema: ObjectSchema, value: JsonObject): readonly Ask[] {
  const asks: Ask[] = [];
  collect(schema, value, [], '', asks);
  return deepFreezeAsks(asks);
}

function deepFreezeAsks(asks: readonly Ask[]): readonly Ask[] {
  for (const ask of asks) deepFreeze(ask.value);
  return asks;
}

function collect(schema: ObjectSchema, object: JsonObject, path: AskPath, unit: string, asks: Ask[]): void {
  for (const [key, value] of Object.entries(object)) {
    const field = schema.fields.get(key);
    const rule = ruleOf(schema, key);
    if (field === undefined || rule?.join === 'elsewhere' || isUnset(field, value)) continue;
    const here = [...path, key];
    // The mark has 4 KiB: `spec.` would stand before nearly everything in it.
    const name = schema === podTemplateSpec && key === 'spec' ? '' : unit === '' ? key : `${unit}.${key}`;
    collectField({ schema, key, field, rule, path: here, unit: name }, value, asks);
  }
}

interface Place {
  readonly schema: ObjectSchema;
  readonly key: string;
  readonly field: FieldSchema;
  readonly rule: Rule | undefined;
  readonly path: AskPath;
  readonly unit: string;
}

function collectField(place: Place, value: Json, asks: Ask[]): void {
  const { field, rule, path, unit } = place;
  const inner = field.schema;
  const type = `${place.schema.name}.${place.key}`;
  if (isObject(value)) {
    if (rule?.join === 'nodeTerms') {
      const terms = arrayField(value, 'nodeSelectorTerms').filter(isObject);
      asks.push({ kind: 'nodeTerms', unit, path: [...path, 'nodeSelectorTerms'], value, terms });
      return;
    }
    if (inner.kind === 'object' && !inner.atomic && rule?.join !== 'whole') {
      collect(inner, value, path, unit, asks);
      return;
    }
    if (inner.kind === 'map' && (!inner.atomic || rule?.join === 'byKey')) {
      const entry: FieldSchema = { schema: inner.values, struct: false, zeroIsUnset: false };
      for (const [key, held] of Object.entries(value)) {
        if (held === null) continue;
        asks.push({
          kind: 'value',
          unit: `${unit}[${key}]`,
          path: [...path, key],
          type,
          field: entry,
          value: held,
          differs: 'policy',
        });
      }
      return;
    }
  }
  if (isArray(value) && inner.kind === 'list' && collectList(place, type, inner, value, asks)) return;
  asks.push({
    kind: 'value',
    unit,
    path,
    type,
    field,
    value,
    ...(rule?.join === 'value' ? { differs: rule.differs, code: rule.code } : { differs: 'policy' }),
  });
}

/** False where the list is atomic: it is asked for whole. */
function collectList(
  { rule, path, unit }: Place,
  type: string,
  { items, keys: schemaKeys }: Schema & { kind: 'list' },
  list: readonly Json[],
  asks: Ask[],
): boolean {
  if (rule?.join === 'member') {
    for (const value of list) {
      asks.push({
        kind: 'member',
        unit: `${unit}[=${digest(value)}]`,
        path,
        type,
        items,
        value,
        front: rule.front === true,
      });
    }
    return true;
  }
  const keys = rule?.join === 'element' || rule?.join === 'joined' ? rule.keys : schemaKeys;
  if (keys === undefined || items.kind !== 'object') return false;
  for (const value of list) {
    if (!isObject(value)) continue;
    const key = elementKey(items, keys, value);
    const element: ElementRef = { items, keys, key };
    const name = `${unit}[${key}]`;
    const common = { kind: 'element', unit: name, path, type, element } as const;
    if (rule?.join === 'element') {
      asks.push({
        ...common,
        value,
        differs: rule.differs === 'conflict' ? 'conflict' : 'policy',
        ...(rule.code === undefined ? {} : { code: rule.code }),
      });
      continue;
    }
    const isKey = (candidate: string): boolean => keys.includes(candidate);
    const onlyKeys = Object.entries(value).filter(([candidate]) => isKey(candidate));
    const rest = Object.entries(value).filter(([candidate]) => !isKey(candidate));
    asks.push({ ...common, value: Object.fromEntries(onlyKeys), differs: 'joined' });
    collect(items, Object.fromEntries(rest), [...path, element], name, asks);
  }
  return true;
}

/** Eight hex digits that stand for a value without showing it. */
function digest(value: Json): string {
  return bytesToHex(sha256(utf8ToBytes(canonical(value)))).slice(0, 8);
}
