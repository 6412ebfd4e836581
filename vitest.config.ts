import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{integration,browser,packaging,pgbouncer/charm}/**'],
          // Some compile whole projects; what hangs is found out all the same.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/{integration,browser,packaging,pgbouncer/charm}/**/*.test.ts'],
          globalSetup: ['test/integration/programs-are-there.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // What a test waits for comes sooner or later on a machine that has other work.
          expect: { poll: { timeout: 10_000 } },
        },
      },
    ],
    maxWorkers: 2,
    coverage: {
      include: [
        'machines/**',
        'src/chart/**',
        'src/hook/**',
        'src/misuse/**',
        'src/pgbouncer/{commands,relation}/**',
      ],
      reporter: ['text-summary', 'text'],
    },
  },
});
