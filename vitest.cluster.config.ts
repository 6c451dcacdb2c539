import { defineConfig } from 'vitest/config';

/**
 * `npm run test:cluster`: the tests that need a real Kubernetes. Most need its API server only; those in test/cluster/node
 * need a whole node, which runs pods (`npm run test:node` runs them alone).
 */
export default defineConfig({
  test: {
    // A cluster is one for all: a class for each pod, or a webhook, that one file makes is there for the others too.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'api-server',
          include: ['test/cluster/**/*.test.ts'],
          exclude: ['test/cluster/node/**'],
          globalSetup: ['test/cluster/global-setup.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/cluster/node/**/*.test.ts'],
          globalSetup: ['test/cluster/node/global-setup.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
