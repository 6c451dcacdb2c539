import { defineConfig } from 'vitest/config';

/**
 * How many generated cases each property gets: 2,000, or 50,000 in `npm run properties` (`--mode properties`);
 * the environment variable PROPERTY_RUNS says another number. test/properties reads it from process.env.
 */
function propertyRuns(mode: string): string {
  return process.env['PROPERTY_RUNS'] ?? (mode === 'properties' ? '50000' : '2000');
}

export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/**/*.test.ts'],
    // test/cluster needs a real Kubernetes and has its own command.
    exclude: ['test/cluster/**'],
    env: { PROPERTY_RUNS: propertyRuns(mode) },
    testTimeout: mode === 'properties' ? 60 * 60_000 : 5 * 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['src/core/**/*.ts', 'src/admission/**/*.ts'],
      reporter: ['text', 'html', 'json-summary'],
      thresholds: {
        'src/core/**': { branches: 95 },
        'src/admission/**': { branches: 95 },
      },
    },
  },
}));
