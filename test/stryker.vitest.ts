import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    include: [
      'test/{machines,hook,scenarios,chart,inspector}/**/*.test.ts',
      'test/pgbouncer/{relation,commands}/**/*.test.ts',
    ],
    // As in vitest.config.ts, and instrumented programs are slower.
    testTimeout: 30_000,
    // What speaks through sockets takes too long for each mutant.
    exclude: ['test/inspector/hub.test.ts'],
  },
});
