import type { FieldPath } from '../field-path.ts';
import { isArray, isObject, objectField, own } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { foreignKeys, prefix } from '../keys.ts';
import { isUnset, podSpec } from '../kubernetes/schema.ts';
import type { Report } from './validate-schema.ts';

/** What no template may set in a pod's spec, and why (specification §6). */
const refusedFields: Readonly<Record<string, string>> = {
  nodeName: 'it would bypass the scheduler; use nodeSelector or affinity',
  ephemeralContainers: 'they can be added to running pods only',
  priority: 'the API server derives it from priorityClassName; set that',
  preemptionPolicy: 'the API server derives it from priorityClassName; set that',
  overhead: 'the API server derives it from runtimeClassName; set that',
};

/** Keys of labels and annotations that no template may set, and why. */
const refusedKeys: Readonly<Record<string, string>> = {
  [foreignKeys.mirror]: 'it marks the mirror pods of the kubelet',
  [foreignKeys.flytePrimary]: "it says which container is the primary one, and that is the workload's to say",
};

/** Reports what a template may not set: fields of the spec and of the metadata (PG036), keys of labels and annotations (PG037). */
export function checkRefusedFields(podTemplate: JsonObject, path: FieldPath, report: Report): void {
  const spec = objectField(podTemplate, 'spec');
  for (const [key, why] of Object.entries(refusedFields)) {
    if (isUnset(podSpec.fields.get(key), own(spec, key))) continue;
    report({ code: 'PG036', field: [...path, 'spec', key], detail: `a template may not set it: ${why}` });
  }
  const metadata = objectField(podTemplate, 'metadata');
  for (const [key, value] of Object.entries(metadata)) {
    if (key === 'labels' || key === 'annotations') checkKeys(value, [...path, 'metadata', key], report);
    else if (value !== null && key !== '__proto__') {
      const detail = 'a template may set only labels and annotations; take it out';
      report({ code: 'PG036', field: [...path, 'metadata', key], detail });
    }
  }
}

function checkKeys(map: Json, path: FieldPath, report: Report): void {
  if (!isObject(map)) return;
  for (const key of Object.keys(map)) {
    const why = key.startsWith(prefix)
      ? "keys under podgraft.dev/ are the workload's and podgraft's own"
      : own(refusedKeys, key);
    if (typeof why !== 'string') continue;
    report({ code: 'PG037', field: [...path, key], value: key, detail: `a template may not set it: ${why}` });
  }
}

/** Reports the key `__proto__` (PG037), wherever in a document it stands: too many programs take it for something else than data. */
export function reportPrototypeKeys(value: Json, path: FieldPath, report: Report): void {
  if (isArray(value)) {
    for (const [index, element] of value.entries()) reportPrototypeKeys(element, [...path, index], report);
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const here = [...path, key];
      if (key === '__proto__') {
        report({ code: 'PG037', field: here, value: key, detail: 'no key may be called that; take it out' });
      } else reportPrototypeKeys(inner, here, report);
    }
  }
}
