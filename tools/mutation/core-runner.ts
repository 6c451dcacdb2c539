/**
 * The test runner of `npm run mutation`, a plugin of StrykerJS: the tests of the core, in Stryker's own worker
 * process. Its own runner for vitest starts a vitest for each mutant, which takes longer than the tests do.
 */
import { globSync } from 'node:fs';
import path from 'node:path';
import { declareFactoryPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import type { MutantRunOptions, MutantRunResult, TestRunner } from '@stryker-mutator/api/test-runner';
import { configureGlobal } from 'fast-check';

// strategic-merge asks kubectl, a process for each case.
const left = new Set(['strategic-merge.test.ts']);

// What needs node:vm's modules is imported late: Stryker's first process has a look at its plugins, and lacks the flag.
function coreRunner(): TestRunner {
  let runMutant: ((options: MutantRunOptions) => Promise<MutantRunResult>) | undefined;
  return {
    capabilities: () => ({ reloadEnvironment: true }),
    // The same cases each time: else a mutant would meet others than the first run did.
    init: async () => configureGlobal({ seed: 1, numRuns: 25 }),
    dryRun: async () => {
      const files = globSync('test/{core,golden}/**/*.test.ts').filter((file) => !left.has(path.basename(file)));
      const { firstRun } = await import('./first-run.ts');
      return firstRun(files.toSorted().map((file) => path.resolve(file)));
    },
    mutantRun: async (options) => {
      if (runMutant === undefined) {
        const { mutantRuns } = await import('./mutant-run.ts');
        const { readKnown } = await import('./known.ts');
        runMutant = mutantRuns(readKnown());
      }
      return runMutant(options);
    },
  };
}
coreRunner.inject = tokens();

/** What StrykerJS looks for in a plugin. */
export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'core', coreRunner)];
