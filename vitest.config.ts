import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // test/cluster needs a real Kubernetes and has its own command.
    exclude: ['test/cluster/**', '**/node_modules/**'],
    coverage: {
      provider: 'v8',
      include: ['src/core/**', 'src/admission/**'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: {
        'src/core/**': { branches: 95 },
        'src/admission/**': { branches: 95 },
      },
    },
  },
});
