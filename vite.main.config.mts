// What runs in Node inside the app: the main process and the two workers it starts, side by side in .vite/build.
import { defineConfig } from 'vite'
import { builtinModules } from 'node:module'
import { NATIVE_MODULES } from './scripts/native-modules.mjs'

export default defineConfig({
  build: {
    outDir: '.vite/build',
    emptyOutDir: false,
    target: 'node20',
    sourcemap: true,
    // A stack in somebody's diagnostics should name our functions.
    minify: false,
    ssr: true,
    lib: {
      entry: {
        main: 'src-main/app/main.ts',
        'job-worker': 'src-main/jobs/worker.ts',
        'emulator-worker': 'src-main/emulator/worker.ts',
      },
      formats: ['cjs'],
    },
    rollupOptions: {
      // Packages place comments for other bundlers where Rollup can't use them. That is nobody's fault here.
      onwarn: (warning, warn) => {
        if (warning.code !== 'INVALID_ANNOTATION') warn(warning)
      },
      external: ['electron', ...NATIVE_MODULES, ...builtinModules, /^node:/],
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
  // Rollup translates import.meta.url into CommonJS, and only that.
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  // Everything that is not native goes into the bundle: the package carries no other node_modules.
  ssr: { noExternal: true },
})
