/**
 * `npm run mutation`: changes src/core in small ways, and reports the changes that no test notices.
 *
 * The tests are those of test/core and test/golden, without the second opinion of kubectl; the runner is our own,
 * tools/mutation. A change of a text is none that it tries: messages are read by people.
 */
export default {
  testRunner: 'core',
  plugins: ['./tools/mutation/core-runner.ts'],
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  mutate: ['src/core/**/*.ts'],
  mutator: { excludedMutations: ['StringLiteral'] },
  // What a change makes endless mostly ends by itself, at a hundred times the usual count. A busy machine is no loop.
  timeoutMS: 60_000,
  // Stryker would rewrite tsconfig.json with TypeScript's JavaScript API, which version 7 doesn't have; the tests
  // need none of that. A name that doesn't exist makes it leave the file alone.
  tsconfigFile: 'no-tsconfig.json',
  ignorePatterns: ['/dist', '/coverage', '/reports'],
  reporters: ['clear-text', 'progress', 'html', 'json'],
  clearTextReporter: { reportTests: false, allowColor: false },
  warnings: { slow: false },
  concurrency: 2,
};
