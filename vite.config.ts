import { defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

/** Builds the inspector's page: one file that needs nothing else. */
// biome-ignore lint/style/noDefaultExport: vite reads the default export.
export default defineConfig({
  root: 'src/inspector/page',
  plugins: [viteSingleFile()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../../dist/src/inspector/page',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: false,
  },
});
