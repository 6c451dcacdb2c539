import { DryRunStatus, TestStatus } from '@stryker-mutator/api/test-runner';
import type { DryRunResult, TestResult } from '@stryker-mutator/api/test-runner';
import { coreOf, counting, environment } from './environment.ts';
import { writeKnown } from './known.ts';
import type { Known } from './known.ts';
import { messageOf } from './message-of.ts';
import { strykerNamespace } from './stryker-namespace.ts';
import type { Coverage } from './stryker-namespace.ts';

// A mutant that survives meets all tests. One that is slow even without any costs more than it finds.
const maxMs = 1000;

/**
 * Runs each file of tests once, alone, without a mutant, and finds out which mutants each test meets. What a file's
 * fixtures meet while it is loaded is put down to all tests of the file, so "static" is left to what the core itself
 * evaluates when it is imported. Tests of more than a second are left out.
 */
export async function firstRun(files: readonly string[]): Promise<DryRunResult> {
  const ns = strykerNamespace();
  const coverage: Coverage = { static: {}, perTest: {} };
  ns.activeMutant = undefined;
  ns.hitCount = undefined;
  ns.mutantCoverage = coverage;
  const results: TestResult[] = [];
  const known: Known = { tests: {}, atLoad: {} };
  for (const file of files) {
    try {
      for (const result of await runFile(file, known, coverage)) results.push(result);
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: `${file}: ${messageOf(error)}` };
    } finally {
      ns.currentTestId = undefined;
    }
  }
  writeKnown(known);
  return { status: DryRunStatus.Complete, tests: results, mutantCoverage: coverage };
}

/** The processor's time: on a busy machine a clock would call any test slow. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function runFile(file: string, known: Known, coverage: Coverage): Promise<readonly TestResult[]> {
  const ns = strykerNamespace();
  const fresh = environment(counting);
  for (const module of await coreOf(fresh, file)) await fresh.graph.load(module);
  const loading = `load ${file}`;
  ns.currentTestId = loading;
  const tests = await fresh.testsOf(file);
  const results: TestResult[] = [];
  for (const { id, run } of tests.values()) {
    ns.currentTestId = id;
    const start = cpuMs();
    let failure: string | undefined;
    try {
      await run();
    } catch (error) {
      failure = messageOf(error);
    }
    const ms = cpuMs() - start;
    if (ms > maxMs && failure === undefined) {
      delete coverage.perTest[id];
      continue;
    }
    known.tests[id] = { file, ms };
    const result = { id, name: id, fileName: file, timeSpentMs: ms };
    results.push(
      failure === undefined
        ? { ...result, status: TestStatus.Success }
        : { ...result, status: TestStatus.Failed, failureMessage: failure },
    );
  }
  const met = coverage.perTest[loading] ?? {};
  delete coverage.perTest[loading];
  for (const mutant of Object.keys(met)) known.atLoad[mutant] = [...(known.atLoad[mutant] ?? []), file];
  for (const { id } of results) {
    const own = (coverage.perTest[id] ??= {});
    for (const [mutant, count] of Object.entries(met)) own[mutant] = (own[mutant] ?? 0) + count;
  }
  return results;
}
