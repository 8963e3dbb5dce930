import { defineConfig } from '@playwright/test'

// One window at a time: they share the machine's two cores, and Electron's single-instance lock.
export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results/window',
  workers: 1,
  timeout: 120_000,
  forbidOnly: true,
  retries: 0,
})
