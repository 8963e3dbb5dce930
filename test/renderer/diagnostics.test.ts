import { describe, expect, it } from 'vitest'
import { diagnostics, withoutPaths } from '../../src-renderer/lib/diagnostics.ts'
import { factLabel, factValue } from '../../src-renderer/lib/facts.ts'
import { newJobState } from '../../src-renderer/lib/job-state.ts'

const info = {
  version: '1.2.3',
  electron: '45.4.1',
  platform: 'linux x64',
  fallbackRuntime: false,
  quick: false,
  store_path: '/home/ada/.local/share/thimble',
  store_bytes: 4096,
}

describe('diagnostics', () => {
  it('keep facts and leave out paths and file names', () => {
    const job = newJobState('job-1', 0)
    job.log.push({ at_ms: 0, level: 'warn', stage: 'verify', message: 'read C:\\Users\\Ada\\pump.tflite' })
    const text = diagnostics(
      {
        report: {
          code: 'MODEL_CORRUPT',
          message: '/home/ada/secret project/pump_v7.tflite is cut short at byte 12,345.',
          hint: '',
          context: { bytes: 12345, file: '/home/ada/secret/pump_v7.tflite' },
        },
        stage: 'verify',
        retry: null,
        offer: null,
      },
      info,
      job,
    )
    for (const kept of ['thimble 1.2.3', 'electron 45.4.1', 'MODEL_CORRUPT', '12345', 'stage verify', 'warn verify']) {
      expect(text).toContain(kept)
    }
    for (const gone of ['/home', 'Users', 'pump_v7', 'pump.tflite']) expect(text).not.toContain(gone)
  })

  it('leave words with a slash in them alone', () => {
    expect(withoutPaths('dense_1/weights is 64 KB, 142 inferences/s')).toBe(
      'dense_1/weights is 64 KB, 142 inferences/s',
    )
  })
})

describe('facts', () => {
  it('are shown in the unit that their key names', () => {
    const plain = (key: string, value: string | number) => factValue(key, value).replaceAll('\u00a0', ' ')
    expect(plain('arena_bytes', 1312)).toBe('1.3 KB')
    expect(plain('estimated_latency_us', 633.05)).toBe('0.63 ms')
    expect(plain('clock_hz', 168e6)).toBe('168 MHz')
    expect(plain('auc_float', 0.90404)).toBe('0.904')
    expect(plain('macs', 21_248)).toBe('21.2 k')
    expect(plain('recordings', 1207)).toBe('1,207')
    expect(plain('firmware_sha256', '1056860efff5d218b919')).toBe('1056860efff5')
  })

  it('show their key where no message names them', () => {
    expect(factLabel('arena_bytes')).toBe('Arena')
    expect(factLabel('entirely_new')).toBe('entirely new')
  })
})
