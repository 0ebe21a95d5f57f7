import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    restoreMocks: true,
    coverage: {
      include: ['src/{session,runtime,store,protocol,host}/**/*.ts'],
      exclude: ['**/*.test.ts', '**/contract.ts', '**/fixtures.ts', '**/*.fixture.ts'],
      reporter: ['text', 'text-summary'],
      reportsDirectory: 'node_modules/.coverage',
      thresholds: { lines: 80 },
    },
  },
});
