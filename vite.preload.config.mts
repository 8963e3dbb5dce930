import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    outDir: '.vite/build',
    emptyOutDir: false,
    sourcemap: true,
    minify: false,
    rollupOptions: {
      input: { preload: 'src-main/app/preload.ts' },
      external: ['electron'],
      // A sandboxed preload is one CommonJS file.
      output: { format: 'cjs', entryFileNames: '[name].js', inlineDynamicImports: true },
    },
  },
})
