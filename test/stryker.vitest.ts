import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    include: ['test/{machines,domain,engine,adapters,scenarios}/**/*.test.ts'],
  },
});
