// For `npm run test:deep` alone: one long property test at a time.
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { include: ['test/deep/*.deep.ts'], pool: 'forks', testTimeout: 3_600_000 } })
