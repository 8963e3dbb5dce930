import type { NewRun } from '../../src-main/store/runs.ts'

export const HOST = {
  provenance: 'host' as const,
  board: 'virtual:stm32f407',
  clock_hz: 168_000_000,
  firmware_sha256: 'f'.repeat(64),
  seed: 7,
  thimble_version: '0.1.0',
}

export const newRun = (): NewRun => ({
  task: 'ad',
  model: 'ad-autoencoder',
  recipe: 'ptq',
  quick: true,
  parameters: { epochs: 3, nested: { rate: 0.001 } },
  provenance: HOST,
  stages: [
    { name: 'data', status: 'pending', ms: null, facts: [] },
    { name: 'train', status: 'pending', ms: null, facts: [] },
  ],
})
