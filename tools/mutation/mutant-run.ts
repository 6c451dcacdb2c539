import { determineHitLimitReached, MutantRunStatus, toMutantRunResult } from '@stryker-mutator/api/test-runner';
import type { MutantRunOptions, MutantRunResult } from '@stryker-mutator/api/test-runner';
import { environment, plain } from './environment.ts';
import type { Environment } from './environment.ts';
import type { Known } from './known.ts';
import { messageOf } from './message-of.ts';
import { order } from './order.ts';
import { strykerNamespace } from './stryker-namespace.ts';
import type { CollectedTest } from './test-files.ts';

/** How many tests a mutant meets in the environment that is kept, before it gets one of its own. */
const quickTests = 60;

/** The test that failed, and what it said. */
interface Failure {
  readonly id: string;
  readonly message: string;
}

/**
 * Runs mutants, each until a test fails.
 *
 * Most fail one of the first tests, in an environment that is kept from mutant to mutant. A failure there counts when
 * the test passes again without the mutant: else an earlier mutant left something behind, and the environment is
 * made anew. The others, and all that run while modules are loaded, get a fresh environment, where nothing is left
 * over (and nothing cached that a mutant would have computed differently).
 */
export function mutantRuns(known: Known): (options: MutantRunOptions) => Promise<MutantRunResult> {
  const { sort, failed } = order(known);
  let kept: Environment | undefined;

  async function quickly(ids: readonly string[], activate: () => void): Promise<Failure | undefined> {
    if (kept === undefined) {
      kept = environment(plain);
      deactivate();
      for (const file of filesOf(known, Object.keys(known.tests))) await kept.testsOf(file);
    }
    for (const test of await findTests(kept, known, ids)) {
      activate();
      const failure = await attempt(test);
      deactivate();
      if (failure === undefined) continue;
      if ((await attempt(test)) === undefined) return failure;
      kept = undefined;
      return undefined;
    }
    return undefined;
  }

  return async ({ activeMutant, testFilter, hitLimit, mutantActivation }) => {
    const ns = strykerNamespace();
    const mutated = activeMutant.fileName;
    const ids = sort(testFilter ?? Object.keys(known.tests), mutated);
    const isAtLoad = mutantActivation === 'static' || known.atLoad[activeMutant.id] !== undefined;
    const activate = (): void => {
      ns.activeMutant = activeMutant.id;
      ns.hitLimit = hitLimit;
    };
    ns.hitCount = 0;
    let failure = isAtLoad ? undefined : await quickly(ids.slice(0, quickTests), activate);
    if (failure === undefined && !isTimeout(hitLimit)) {
      ns.hitCount = 0;
      activate();
      failure = await thoroughly(known, ids);
    }
    const reached = determineHitLimitReached(ns.hitCount, hitLimit);
    deactivate();
    if (reached !== undefined) return toMutantRunResult(reached);
    if (failure === undefined) return { status: MutantRunStatus.Survived, nrOfTests: ids.length };
    failed(failure.id, mutated);
    return { status: MutantRunStatus.Killed, killedBy: [failure.id], failureMessage: failure.message, nrOfTests: 1 };
  };
}

/** Every test in an environment that the active mutant is in from the start; a file that doesn't load has failed. */
async function thoroughly(known: Known, ids: readonly string[]): Promise<Failure | undefined> {
  const fresh = environment(plain);
  for (const id of ids) {
    const file = known.tests[id]?.file ?? '';
    let test: CollectedTest | undefined;
    try {
      test = (await fresh.testsOf(file)).get(id);
    } catch (error) {
      return { id, message: messageOf(error) };
    }
    if (test === undefined) return { id, message: 'this test is gone' };
    const failure = await attempt(test);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function attempt({ id, run }: CollectedTest): Promise<Failure | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return { id, message: messageOf(error) };
  }
}

function deactivate(): void {
  strykerNamespace().activeMutant = undefined;
}

function isTimeout(hitLimit: number | undefined): boolean {
  return determineHitLimitReached(strykerNamespace().hitCount, hitLimit) !== undefined;
}

function filesOf(known: Known, ids: readonly string[]): ReadonlySet<string> {
  return new Set(ids.map((id) => known.tests[id]?.file ?? ''));
}

async function findTests(from: Environment, known: Known, ids: readonly string[]): Promise<readonly CollectedTest[]> {
  const tests: CollectedTest[] = [];
  for (const id of ids) {
    const test = (await from.testsOf(known.tests[id]?.file ?? '')).get(id);
    if (test !== undefined) tests.push(test);
  }
  return tests;
}
