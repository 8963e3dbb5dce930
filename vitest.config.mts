import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real boards only where somebody says that some are plugged in.
    exclude: ['test/e2e/**', ...(process.env['HW'] === '1' ? [] : ['test/hardware/**'])],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
})
