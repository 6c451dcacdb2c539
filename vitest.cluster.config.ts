import { defineConfig } from 'vitest/config';

/** `npm run test:cluster`: the tests that need a real Kubernetes API server. */
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    globalSetup: ['test/cluster/global-setup.ts'],
    // A cluster is one for all: a class for each pod, or a webhook, that one file makes is there for the others too.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
