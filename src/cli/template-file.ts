import type { FieldPath } from '../core/field-path.ts';
import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import { objectField, stringField } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { manifestObjects } from '../core/manifest/workload.ts';
import { parseYaml, positionOf } from '../core/manifest/yaml.ts';
import type { YamlDocument } from '../core/manifest/yaml.ts';
import type { Position, Problem, ProblemCode } from '../core/problem.ts';
import { parseTemplate } from '../core/register/parse-template.ts';
import type { TemplateWarning } from '../core/register/warning-kinds.ts';
import type { Settings } from '../core/settings.ts';
import type { Template } from '../core/template.ts';

/** A template's document in a file, valid or not. */
export interface TemplateEntry {
  readonly kind: Template['kind'];
  /** `namespace/name`. */
  readonly id: string;
  /** Where its name stands. */
  readonly at: Position;
  /** Absent where it is invalid. */
  readonly template?: Template;
  /** With positions. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly TemplateWarning[];
}

/** What one file holds. */
export interface TemplateFile {
  readonly name: string;
  readonly entries: readonly TemplateEntry[];
  readonly namespaces: readonly NamespaceInfo[];
  /** What keeps documents from being read (PG048). */
  readonly problems: readonly Problem[];
  /** What was ignored, one line each, beginning with `file:line:column:`. */
  readonly ignored: readonly string[];
}

/** Whether templates' warnings are worked out too. Only `podgraft lint` shows them. */
export type Warnings = 'with warnings' | 'without warnings';

/** Reads the templates and Namespaces of a file (specification §3). */
export function parseTemplateFile(name: string, text: string, settings: Settings, asked: Warnings): TemplateFile {
  const { documents, problems } = parseYaml(text, name);
  const entries: TemplateEntry[] = [];
  const namespaces: NamespaceInfo[] = [];
  const ignored: string[] = [];
  for (const document of documents) {
    if (document.value === null) continue;
    const objects = manifestObjects(document.value);
    if (typeof document.value !== 'object' || Array.isArray(document.value)) {
      ignored.push(`${formatPosition(positionOf(document, []))}: this is no Kubernetes object; it is ignored`);
    }
    for (const { value, path } of objects) {
      const at = positionOf(document, [...path, 'metadata', 'name']);
      const namespace = toNamespace(value);
      if (namespace !== undefined) {
        namespaces.push(namespace);
        continue;
      }
      const parsed = parseTemplate(value, settings);
      const kind = stringField(value, 'kind') === 'PodTemplate' ? 'PodTemplate' : 'InjectionTemplate';
      switch (parsed.kind) {
        case 'other':
          ignored.push(`${formatPosition(at)}: ${parsed.what} is no template; it is ignored`);
          break;
        case 'invalid': {
          const located = parsed.problems.map((problem) => locate(document, path, problem));
          entries.push({ kind, id: parsed.id, at, problems: located, warnings: [] });
          break;
        }
        case 'template': {
          const warnings = (asked === 'with warnings' ? parsed.lint() : []).map((warning) => ({
            ...warning,
            at: positionOf(document, [...path, ...warning.field]),
          }));
          const template = { ...parsed.template, source: at };
          entries.push({ kind, id: template.id, at, template, problems: [], warnings });
          break;
        }
      }
    }
  }
  return { name, entries, namespaces, problems, ignored };
}

// What is wrong with these is that they are there, so it is their key that is pointed at.
const ofKeys = new Set<ProblemCode>(['PG030', 'PG036', 'PG037', 'PG038', 'PG044']);

function locate(document: YamlDocument, path: FieldPath, problem: Problem): Problem {
  const part = ofKeys.has(problem.code) ? 'key' : 'value';
  return { ...problem, at: positionOf(document, [...path, ...problem.field], part) };
}

/** A Namespace's labels and annotations; `undefined` for an object of another kind. */
export function toNamespace(object: JsonObject): NamespaceInfo | undefined {
  if (stringField(object, 'kind') !== 'Namespace' || stringField(object, 'apiVersion') !== 'v1') return undefined;
  const metadata = objectField(object, 'metadata');
  const name = stringField(metadata, 'name');
  if (name === undefined) return undefined;
  const labels = objectField(metadata, 'labels');
  return {
    name,
    labels: { ...labels, 'kubernetes.io/metadata.name': name },
    annotations: objectField(metadata, 'annotations'),
  };
}

/** `file:line:column`. */
export function formatPosition({ file, line, column }: Position): string {
  return `${file ?? 'stdin'}:${line}:${column}`;
}
