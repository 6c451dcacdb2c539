import type { LeftOut } from '../core/graft/graft-pod.ts';
import type { Problem } from '../core/problem.ts';
import type { Template } from '../core/template.ts';
import { joinBounded } from './text.ts';

const maxValueBytes = 1024;

/** What of a decision the audit log is told. */
export interface AuditFacts {
  readonly templates: readonly Template[];
  readonly leftOut: readonly LeftOut[];
  /** The problems of a refusal; empty where the pod was let through. */
  readonly problems: readonly Problem[];
}

/**
 * Audit annotations (specification §11, contract C21): which templates, by which hashes, and what was refused or left
 * out. The API server calls twice for most pods and logs an error about a value that differs, so whatever depends on
 * the round stays out.
 */
export function toAuditAnnotations({
  templates,
  leftOut,
  problems,
}: AuditFacts): Readonly<Record<string, string>> | undefined {
  const outcome = [
    ...(problems.length === 0 ? [] : [`refused ${codes(problems)}`]),
    ...leftOut.map(({ template, problems: reasons }) => `left out ${template} ${codes(reasons)}`),
  ];
  if (templates.length === 0 && outcome.length === 0) return undefined;
  return {
    ...(templates.length > 0 && {
      templates: join(templates.map(({ id }) => id)),
      hashes: join(templates.map(shortHash)),
    }),
    ...(outcome.length > 0 && { outcome: join(outcome) }),
  };
}

/** The 16 hex digits by which mark, audit log and log line name a template's generation. */
export function shortHash({ hash }: Template): string {
  const start = hash.indexOf(':') + 1;
  return hash.slice(start, start + 16);
}

function codes(problems: readonly Problem[]): string {
  return [...new Set(problems.map(({ code }) => code))].join('+');
}

function join(items: readonly string[]): string {
  return joinBounded(items, ',', maxValueBytes, (count) => `,and ${count} more`);
}
