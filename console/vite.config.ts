import { defineConfig } from 'vite';

/** Everything comes from one folder of one origin, with nothing inline: the CSP allows no more. */
export default defineConfig({
  base: '/console/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: {
    // `source` takes proof/ as it is written; without `node` its `#primitives` are WebCrypto.
    conditions: ['source', 'module', 'browser', 'import', 'default'],
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
