import manifest from '../../package.json' with { type: 'json' };
import type { Json } from '../core/json.ts';
import { problemKinds } from '../core/problem.ts';
import { warningKinds } from '../core/register/warning-kinds.ts';
import type { Finding } from './lint.ts';
import { colorsOf } from './output.ts';
import { formatPosition } from './template-file.ts';
import type { LoadedTemplates } from './template-files.ts';

/** The forms of `lint -o`. */
export type LintFormat = 'text' | 'json' | 'github' | 'sarif';

/** What `lint` prints, in one of its forms. */
export function formatFindings(findings: readonly Finding[], loaded: LoadedTemplates, format: LintFormat): string {
  switch (format) {
    case 'text':
      return formatText(findings, loaded);
    case 'json':
      return `${JSON.stringify(findings, null, 2)}\n`;
    case 'github':
      return findings.map(formatGithub).join('');
    case 'sarif':
      return `${JSON.stringify(toSarif(findings), null, 2)}\n`;
  }
}

function formatText(findings: readonly Finding[], { files }: LoadedTemplates): string {
  const colors = colorsOf(process.stdout);
  const lines = findings.map(({ severity, message, at, template }) => {
    const word = severity === 'error' ? colors.red('error') : colors.yellow('warning');
    return `${formatPosition(at)}: ${word}: ${template === undefined ? '' : `${template}: `}${message}`;
  });
  const templates = files.reduce((sum, { entries }) => sum + entries.length, 0);
  const count = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const plural = (amount: number, word: string): string => `${amount} ${word}${amount === 1 ? '' : 's'}`;
  const counts = `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}`;
  lines.push(`${plural(templates, 'template')}: ${counts}`);
  return `${lines.join('\n')}\n`;
}

/** A workflow command of GitHub Actions, which puts the finding on its line of a pull request. */
function formatGithub({ severity, code, message, at }: Finding): string {
  const properties = [
    ['file', at.file ?? 'stdin'],
    ['line', String(at.line)],
    ['col', String(at.column)],
    ['title', `podgraft ${code}`],
  ].map(([key, value]) => `${key ?? ''}=${escapeProperty(value ?? '')}`);
  return `::${severity} ${properties.join(',')}::${escapeData(message)}\n`;
}

// https://github.com/actions/toolkit: what a command's parts must not hold as they are.
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** A SARIF 2.1.0 log with one run. */
function toSarif(findings: readonly Finding[]): Json {
  const titles: Readonly<Record<string, { readonly title: string }>> = { ...problemKinds, ...warningKinds };
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'podgraft',
            semanticVersion: manifest.version,
            rules: codes.map((id) => ({ id, shortDescription: { text: titles[id]?.title ?? id } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ severity, code, message, at }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: severity,
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: toUri(at.file ?? 'stdin') },
                region: { startLine: at.line, startColumn: at.column },
              },
            },
          ],
        })),
      },
    ],
  };
}

function toUri(file: string): string {
  const uri = file.split(/[\\/]/).map(encodeURIComponent).join('/');
  return uri.startsWith('/') ? `file://${uri}` : uri.replace(/^(?:\.\/)+/, '');
}
