import { formatPath } from '../core/field-path.ts';
import { formatProblem, printable } from '../core/problem.ts';
import type { Position } from '../core/problem.ts';
import { findOverlaps } from '../core/register/overlaps.ts';
import { formatFindings } from './lint-output.ts';
import type { LintFormat } from './lint-output.ts';
import { complain, exitCodes, write } from './output.ts';
import type { ExitCode } from './output.ts';
import { readOfflineSettings } from './settings-options.ts';
import { loadTemplates } from './template-files.ts';
import type { LoadedTemplates } from './template-files.ts';

export interface LintOptions {
  readonly output: LintFormat;
  readonly strict?: boolean;
}

/** Something that `lint` has to say about a template. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  /** The template, `namespace/name`; absent where the text can't be read. */
  readonly template?: string;
  /** From the document's root. */
  readonly field: string;
  readonly message: string;
  readonly at: Position;
}

/** `podgraft lint`: everything that a cluster says when a template is registered, and the warnings (specification §§12, 14). */
export async function runLint(files: readonly string[], options: LintOptions): Promise<ExitCode> {
  const config = readOfflineSettings({ ...options });
  if (config.kind === 'invalid') {
    for (const problem of config.problems) complain(problem);
    return exitCodes.usage;
  }
  const { allow, allowNamespaced, rootNamespace } = config.settings;
  const loaded = await loadTemplates(files, config.settings, 'with warnings');
  for (const line of loaded.unreadable) complain(line);
  for (const line of loaded.notices) complain(`note: ${line}`);
  const findings = findingsOf(loaded, rootNamespace);
  if (options.output === 'text') {
    const list = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '));
    complain(`templates of namespace ${rootNamespace} may carry: ${list(allow)}; of others: ${list(allowNamespaced)}`);
  }
  write(formatFindings(findings, loaded, options.output));
  if (loaded.unreadable.length > 0) return exitCodes.usage;
  const isFound = findings.some(({ severity }) => severity === 'error' || options.strict === true);
  return isFound ? exitCodes.refused : exitCodes.done;
}

/** All findings, file by file, in the order of their lines. */
function findingsOf(loaded: LoadedTemplates, rootNamespace: string): readonly Finding[] {
  const nowhere: Position = { line: 1, column: 1 };
  const errors = loaded.problems.map((problem): Finding => ({
    severity: 'error',
    code: problem.code,
    ...(problem.template === undefined ? {} : { template: problem.template }),
    field: formatPath(problem.field),
    message: formatProblem(problem),
    at: problem.at ?? nowhere,
  }));
  const overlaps = findOverlaps(loaded.templates, rootNamespace);
  const warnings = loaded.files.flatMap(({ entries }) =>
    entries.flatMap((entry) =>
      [...entry.warnings, ...(overlaps.get(entry.id) ?? [])].map((warning): Finding => {
        const field = printable(formatPath(warning.field));
        return {
          severity: 'warning',
          code: warning.code,
          template: entry.id,
          field,
          message: `${field === '' ? '' : `${field}: `}${printable(warning.detail)} (podgraft ${warning.code})`,
          at: warning.at ?? entry.at,
        };
      }),
    ),
  );
  const order = new Map(loaded.files.map(({ name }, index) => [name, index]));
  const fileOf = ({ at }: Finding): number => order.get(at.file ?? '') ?? 0;
  return [...errors, ...warnings].toSorted(
    (a, b) => fileOf(a) - fileOf(b) || a.at.line - b.at.line || a.at.column - b.at.column,
  );
}
