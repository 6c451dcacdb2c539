import type { NamespaceInfo } from '../core/graft/graft-pod.ts';
import { formatProblem } from '../core/problem.ts';
import type { Problem } from '../core/problem.ts';
import type { Settings } from '../core/settings.ts';
import type { Template } from '../core/template.ts';
import { formatPosition, parseTemplateFile } from './template-file.ts';
import type { TemplateEntry, TemplateFile, Warnings } from './template-file.ts';
import { readTemplateSource } from './template-folder.ts';
import type { TemplateSource } from './template-folder.ts';

/** The templates of `--templates`, as far as they are valid, and all that is to be said about them. */
export interface LoadedTemplates {
  readonly templates: readonly Template[];
  readonly namespaces: ReadonlyMap<string, NamespaceInfo>;
  readonly files: readonly TemplateFile[];
  /** What is wrong, each with its position. */
  readonly problems: readonly Problem[];
  /** Files and directories that can't be read, one line each. */
  readonly unreadable: readonly string[];
  /** The paths of files and directories of which something can't be read, or that are empty. */
  readonly unread: ReadonlySet<string>;
  /** What was ignored or is shadowed, one line each. */
  readonly notices: readonly string[];
  /** Ids of templates that are there but not valid. */
  readonly invalid: ReadonlySet<string>;
}

/** Loads templates from files and directories (specification §3). */
export async function loadTemplates(
  paths: readonly string[],
  settings: Settings,
  asked: Warnings = 'without warnings',
): Promise<LoadedTemplates> {
  return combine(await Promise.all(paths.map(readTemplateSource)), settings, asked);
}

/** Puts together what was read: which template is active, which is shadowed, which comes twice. */
export function combine(
  sources: readonly TemplateSource[],
  settings: Settings,
  asked: Warnings = 'without warnings',
): LoadedTemplates {
  const unreadable: string[] = [];
  const notices: string[] = [];
  const files: TemplateFile[] = [];
  const unread = new Set<string>();
  const seen = new Set<string>();
  for (const source of sources) {
    if (source.problem !== undefined) unreadable.push(source.problem);
    else if (source.files.length === 0) notices.push(`${source.path}: there are no YAML or JSON files in it`);
    if (source.files.length === 0) unread.add(source.path);
    for (const input of source.files) {
      // One file may be named twice, alone and by its directory.
      if (seen.has(input.name)) continue;
      seen.add(input.name);
      if (input.kind === 'unreadable') {
        unreadable.push(input.message);
        unread.add(input.name);
        continue;
      }
      const file = parseTemplateFile(input.name, input.text, settings, asked);
      files.push(file);
      if (file.problems.length > 0 || input.text.trim() === '') unread.add(file.name);
      if (input.text.trim() === '') notices.push(`${file.name}: the file is empty`);
    }
  }
  notices.push(...files.flatMap(({ ignored }) => ignored));
  const entries = files.flatMap((file) => file.entries);
  const twice = duplicates(entries);
  const named = new Set(entries.filter(({ kind }) => kind === 'InjectionTemplate').map(({ id }) => id));
  const templates: Template[] = [];
  const invalid = new Set<string>();
  for (const { kind, id, at, template } of entries) {
    if (kind === 'PodTemplate' && named.has(id)) {
      notices.push(`${formatPosition(at)}: PodTemplate ${id} is shadowed by the InjectionTemplate of that name`);
    } else if (template === undefined || twice.has(`${kind} ${id}`)) {
      invalid.add(id);
    } else {
      templates.push(template);
    }
  }
  return {
    templates,
    namespaces: new Map(files.flatMap(({ namespaces }) => namespaces.map((info) => [info.name, info]))),
    files,
    problems: [
      ...files.flatMap((file) => [...file.problems, ...file.entries.flatMap(({ problems }) => problems)]),
      ...twice.values(),
    ],
    unreadable,
    unread,
    notices,
    invalid,
  };
}

/** By kind and id: that two files, or two documents of one, bring it. */
function duplicates(entries: readonly TemplateEntry[]): ReadonlyMap<string, Problem> {
  const first = new Map<string, TemplateEntry>();
  const found = new Map<string, Problem>();
  for (const entry of entries) {
    const { kind, id, at } = entry;
    const other = first.get(`${kind} ${id}`);
    if (other === undefined) {
      first.set(`${kind} ${id}`, entry);
      continue;
    }
    found.set(`${kind} ${id}`, {
      code: 'PG047',
      field: ['metadata', 'name'],
      value: id,
      detail: `${formatPosition(other.at)} brings ${kind} ${id} too; rename or remove one of the two`,
      template: id,
      at,
    });
  }
  return found;
}

/** `file:line:column: field: Type: …`. */
export function formatLocated(problem: Problem): string {
  const text = formatProblem(problem);
  return problem.at === undefined ? text : `${formatPosition(problem.at)}: ${text}`;
}
