import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    include: ['test/{machines,domain,engine,adapters,scenarios,chart,inspector}/**/*.test.ts'],
    // What speaks through sockets takes too long for each mutant.
    exclude: ['test/inspector/hub.test.ts'],
  },
});
