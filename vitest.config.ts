import { defineConfig } from 'vitest/config';

/** What tests on real servers have in common. */
const onServers = {
  globalSetup: ['test/integration/programs-are-there.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // What a test waits for comes sooner or later on a machine that has other work.
  expect: { poll: { timeout: 10_000 } },
};

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
          ...onServers,
        },
      },
      {
        test: {
          // On Node what differs there; with HOOKCHART_RUNTIME=node any of them runs.
          name: 'node',
          include: [
            'test/pgbouncer/charm/{story,leftovers}.test.ts',
            'test/packaging/any-charm.test.ts',
          ],
          env: { HOOKCHART_RUNTIME: 'node' },
          ...onServers,
        },
      },
    ],
    // One more than CI has cores: many files wait, for servers and for time to pass.
    maxWorkers: 3,
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
