import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('src-renderer', import.meta.url)),
  plugins: [svelte({ configFile: '../svelte.config.mjs' })],
  build: {
    outDir: fileURLToPath(new URL('.vite/renderer/main_window', import.meta.url)),
    emptyOutDir: true,
    target: 'chrome130',
  },
  server: { host: 'localhost' },
})
