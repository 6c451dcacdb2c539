import { isObject, objectField, own } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { keys, prefix } from '../keys.ts';
import { toLabelSelector } from '../kubernetes/label-selector.ts';
import { labelValue, qualifiedName } from '../kubernetes/text-formats.ts';
import type { ProblemCode } from '../problem.ts';
import { protectable } from '../template.ts';
import { defaultTemplateSettings } from './template-settings-defaults.ts';
import type { TemplateSettings } from './template-settings-defaults.ts';
import { isProtectable, primaryContainerName, protectRule } from './template-settings-rules.ts';
import { reportUnknown, reportUnsupported } from './validate-schema.ts';
import type { Report } from './validate-schema.ts';

const settingKeys: readonly string[] = [keys.primaryContainerName, keys.protect, keys.order, keys.matchLabels];
const int32Limit = 2 ** 31;

/**
 * The settings of a core/v1 PodTemplate, which stand in its annotations (specification §2). Reports values without the right form, and
 * other keys of ours.
 */
export function annotationSettings(document: JsonObject, report: Report): TemplateSettings {
  const metadata = objectField(document, 'metadata');
  const annotations = objectField(metadata, 'annotations');
  reportUnknownKeys('annotations', annotations, settingKeys, report);
  reportUnknownKeys('labels', objectField(metadata, 'labels'), [keys.isTemplate], report);
  const read = <T>(key: string, parse: (text: string, at: ReadAt) => T | undefined): T | undefined => {
    const text = own(annotations, key);
    const field = ['metadata', 'annotations', key];
    if (typeof text !== 'string') return undefined;
    return parse(text, {
      field,
      problem: (code, detail, value) =>
        report({ code, field, detail, ...(value === undefined || value === '' ? {} : { value }) }),
      report,
    });
  };
  const name = read(keys.primaryContainerName, readPrimaryContainerName);
  const protect = read(keys.protect, readProtect);
  const order = read(keys.order, readOrder);
  const match = read(keys.matchLabels, readMatchLabels);
  return {
    ...defaultTemplateSettings,
    ...(name === undefined ? {} : { primaryContainerName: name }),
    ...(protect === undefined ? {} : { protect }),
    ...(order === undefined ? {} : { order }),
    ...(match === undefined ? {} : { match }),
  };
}

interface ReadAt {
  readonly field: readonly string[];
  readonly problem: (code: ProblemCode, detail: string, value?: string) => void;
  readonly report: Report;
}

function reportUnknownKeys(list: string, map: Json, known: readonly string[], report: Report): void {
  if (!isObject(map)) return;
  for (const key of Object.keys(map)) {
    if (key.startsWith(prefix) && !known.includes(key)) reportUnknown(key, known, ['metadata', list, key], report);
  }
}

function readPrimaryContainerName(name: string, { problem }: ReadAt): string | undefined {
  const wrong = primaryContainerName(name);
  if (wrong !== undefined) problem('PG034', wrong, name);
  return wrong === undefined ? name : undefined;
}

function parts(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function readProtect(text: string, { field, problem, report }: ReadAt): TemplateSettings['protect'] {
  const names = parts(text);
  for (const name of names) {
    if (!isProtectable(name)) reportUnsupported(name, protectable, field, report);
  }
  for (const { code = 'PG034', detail, value } of protectRule(names)) problem(code, detail, value);
  return new Set(names.filter(isProtectable));
}

function readOrder(text: string, { problem }: ReadAt): number | undefined {
  const order = Number(text);
  if (/^[+-]?\d{1,10}$/.test(text) && order >= -int32Limit && order < int32Limit) return order;
  problem('PG034', 'must be an integer', text);
  return undefined;
}

function readMatchLabels(text: string, { problem }: ReadAt): TemplateSettings['match'] {
  const labels = new Map<string, string>();
  const given = parts(text);
  // An empty selector would match every pod: nobody means that by an empty annotation.
  if (given.length === 0) problem('PG034', 'must hold at least one key=value');
  for (const part of given) {
    const [key = '', ...rest] = part.split('=');
    const value = rest.join('=').trim();
    const name = key.trim();
    const wrong =
      rest.length === 0
        ? "must be written as key=value, with ',' between them"
        : (qualifiedName(name) ?? labelValue(value));
    if (wrong !== undefined) problem('PG034', wrong, part);
    else if (labels.has(name)) problem('PG035', 'that key stands there already', name);
    labels.set(name, value);
  }
  return {
    podSelector: toLabelSelector({ matchLabels: Object.fromEntries(labels) }),
    namespaceSelector: [],
  };
}
