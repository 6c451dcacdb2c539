/** What the code that StrykerJS instrumented reads and writes, under `globalThis.__stryker__`. */
export interface StrykerNamespace {
  activeMutant?: string | undefined;
  /** To whom what runs now is put down; what runs with nobody named is "static". */
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: Coverage | undefined;
}

/** How often each mutant (by id) was met: with no test running, and in each test (by id). */
export interface Coverage {
  readonly static: Record<string, number>;
  readonly perTest: Record<string, Record<string, number>>;
}

declare global {
  var __stryker__: StrykerNamespace | undefined;
}

/** The one object of this process: instrumented modules keep hold of it. */
export function strykerNamespace(): StrykerNamespace {
  globalThis.__stryker__ ??= {};
  return globalThis.__stryker__;
}
