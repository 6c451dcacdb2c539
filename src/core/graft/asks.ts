import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { arrayField, canonical, deepFreeze, isArray, isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { elementKey } from '../kubernetes/compare.ts';
import { normalise } from '../kubernetes/normalise.ts';
import { isUnset, podTemplateSpec } from '../kubernetes/schema.ts';
import type { FieldSchema, ObjectSchema, Schema } from '../kubernetes/schema.ts';
import type { ProblemCode } from '../problem.ts';
import { ruleOf } from './exceptions.ts';
import type { Rule } from './exceptions.ts';

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
  /** The same text for each value that means the same: {@link memberKey}. */
  readonly key: string;
  readonly front: boolean;
}

/** Node selector terms that the pod's are ANDed with. */
export interface NodeTermsAsk extends AskBase {
  readonly kind: 'nodeTerms';
  readonly terms: readonly JsonObject[];
}

/** One thing that a template asks of a pod or of one of its containers: the smallest piece that is granted or not. */
export type Ask = ValueAsk | ElementAsk | MemberAsk | NodeTermsAsk;

/** Takes a value apart into what it asks for, in the order of its keys. Frozen: shared between requests. */
export function asksOf(schema: ObjectSchema, value: JsonObject): readonly Ask[] {
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
    const rule = ruleOf(schema.name, key);
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
      const key = memberKey(items, value);
      asks.push({
        kind: 'member',
        unit: `${unit}[=${digest(key)}]`,
        path,
        type,
        items,
        key,
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

/** What tells an element of a list that is joined by whole value from the others, however it is spelled. */
export function memberKey(items: Schema, value: Json): string {
  return canonical(normalise(items, value));
}

/** Eight hex digits that stand for a value without showing it. */
function digest(key: string): string {
  return bytesToHex(sha256(utf8ToBytes(key))).slice(0, 8);
}
