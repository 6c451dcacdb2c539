/** `npm run mutation`: changes src/core in small ways, and reports the changes that no test notices. */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  coverageAnalysis: 'perTest',
  mutate: ['src/core/**/*.ts'],
  // Stryker would rewrite tsconfig.json with TypeScript's JavaScript API, which version 7 doesn't have; vitest
  // needs none of that. A name that doesn't exist makes it leave the file alone.
  tsconfigFile: 'no-tsconfig.json',
  ignorePatterns: ['/dist', '/coverage', '/reports'],
  reporters: ['clear-text', 'progress', 'html'],
  clearTextReporter: { reportTests: false, allowColor: false },
  concurrency: 2,
};
