import { arrayField, canonical, field, isObject, objectField, own, stringField } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Verdict } from './verdict.ts';

/**
 * The status that an InjectionTemplate should have (specification §2), or undefined where it has it already: conditions
 * that others write stay, and a condition that says the same keeps its time.
 */
export function toStatus({ subject, reason, message, served }: Verdict, now: Date): JsonObject | undefined {
  const status = objectField(subject.object, 'status');
  const metadata = objectField(subject.object, 'metadata');
  const generation = own(metadata, 'generation');
  const conditions = arrayField(status, 'conditions');
  const before = conditions.find((condition) => stringField(condition, 'type') === 'Accepted');
  const state = reason === 'Accepted' ? 'True' : 'False';
  const isSameState = stringField(before, 'status') === state;
  const accepted = {
    type: 'Accepted',
    status: state,
    reason,
    message,
    ...(typeof generation === 'number' && { observedGeneration: generation }),
    lastTransitionTime: (isSameState && stringField(before, 'lastTransitionTime')) || toTime(now),
  };
  const others = conditions.filter((condition) => isObject(condition) && condition !== before);
  const wanted: JsonObject = {
    ...status,
    ...(typeof generation === 'number' && { observedGeneration: generation }),
    conditions: [accepted, ...others],
    // In a merge patch null takes a field away.
    hash: served?.hash ?? null,
    podSecurityLevel: (served !== undefined && subject.level) || null,
  };
  return canonical(withoutNulls(wanted)) === canonical(withoutNulls(status)) ? undefined : wanted;
}

/** Whether the status of the object says already what became of it, be it of an older generation. */
export function isSaid({ subject, reason, message }: Verdict): boolean {
  const conditions = arrayField(objectField(subject.object, 'status'), 'conditions');
  const before = conditions.find((condition) => stringField(condition, 'type') === 'Accepted');
  return stringField(before, 'reason') === reason && stringField(before, 'message') === message;
}

function withoutNulls(object: JsonObject): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => field(object, key) !== null));
}

/** RFC 3339 without fractions, as metav1.Time is written. */
function toTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/u, 'Z');
}
