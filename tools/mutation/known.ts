import { readFileSync, writeFileSync } from 'node:fs';

/** What the first run found out, for all processes of a run: Stryker tells a process nothing of another's. */
export interface Known {
  /** Each test's file and how much of the processor's time it took, in milliseconds. */
  readonly tests: Record<string, { readonly file: string; readonly ms: number }>;
  /** The mutants (by id) that run while a file of tests is loaded, each with those files. */
  readonly atLoad: Record<string, readonly string[]>;
}

const file = '.mutation-known.json';

/** Keeps it in the working directory, which is Stryker's sandbox. */
export function writeKnown(known: Known): void {
  writeFileSync(file, JSON.stringify(known));
}

/** What `writeKnown` kept; throws where no first run was. */
export function readKnown(): Known {
  return JSON.parse(readFileSync(file, 'utf8')) as Known;
}
