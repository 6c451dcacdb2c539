import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** `npm run mutation`: each change to src/core meets the tests of the core alone, and few generated cases. */
export default defineConfig((environment) => {
  const config = base(environment);
  return {
    ...config,
    test: {
      ...config.test,
      include: ['test/{core,golden,properties}/**/*.test.ts'],
      env: { PROPERTY_RUNS: process.env['PROPERTY_RUNS'] ?? '50' },
    },
  };
});
