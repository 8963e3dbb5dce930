import { describe, expect, it } from 'vitest'
import {
  alignedMilliseconds,
  formatAddress,
  formatAuc,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatExactBytes,
  formatFixed,
  formatLatency,
  formatList,
  formatPercent,
  formatSignificant,
  formatTimeLeft,
  formatTimeline,
} from '../../src-main/contract/format.ts'

const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('format', () => {
  it('shows addresses in upper-case hexadecimal, and lists as words', () => {
    expect(formatAddress(0x0802abcd)).toBe('0x0802ABCD')
    expect([['5'], ['5', '6'], ['4', '5', '6']].map((items) => formatList(items))).toEqual([
      '5',
      '5 and 6',
      '4, 5 and 6',
    ])
  })

  it('shows three significant digits and at most two decimals', () => {
    expect([0.341, 2.944, 9.994, 9.996, 21.76, 99.94, 99.96, 148.3].map((value) => formatSignificant(value))).toEqual([
      '0.34',
      '2.94',
      '9.99',
      '10.0',
      '21.8',
      '99.9',
      '100',
      '148',
    ])
  })

  it('uses a true minus, and none for zero', () => {
    expect(formatFixed(-0.91, 1)).toBe('\u22120.9')
    expect(formatFixed(-0, 1)).toBe('0.0')
  })

  it('counts 1,024 B to a KB', () => {
    expect([0, 640, 55_296, 512 * 1024, 1024 * 1024, 28_774].map((value) => plain(formatBytes(value)))).toEqual([
      '0 B',
      '640 B',
      '54.0 KB',
      '512 KB',
      '1 MB',
      '28.1 KB',
    ])
    expect(plain(formatExactBytes(55_296))).toBe('55,296 B')
  })

  it('picks the unit of a latency', () => {
    expect([43.21, 99.99, 100, 340, 2_940, 148_300, 12_000_000].map((us) => plain(formatLatency(us)))).toEqual([
      '43.2 µs',
      '100 µs',
      '0.10 ms',
      '0.34 ms',
      '2.94 ms',
      '148 ms',
      '12.0 s',
    ])
  })

  it('pads columns so that decimal points line up', () => {
    for (const us of [340, 21_800, 148_000]) {
      const { text, pad } = alignedMilliseconds(us)
      expect((text + pad).split('.')[1]).toHaveLength(2)
    }
  })

  it('says durations', () => {
    expect([8.4, 400, 12_000, 60_000, 108_000, 7_500_000].map((ms) => plain(formatDuration(ms)))).toEqual([
      '8 ms',
      '0.4 s',
      '12 s',
      '1 min',
      '1 min 48 s',
      '2 h 5 min',
    ])
    expect([400, 12_000, 362_000].map((ms) => plain(formatTimeline(ms)))).toEqual(['0.4 s', '12 s', '6:02'])
    expect([200, 3_200, 47_000, 228_000].map((ms) => plain(formatTimeLeft(ms)))).toEqual([
      '1 s',
      '3 s',
      '50 s',
      '3 min 50 s',
    ])
  })

  it('shows shares, clocks and counts', () => {
    expect(plain(formatPercent(0.916))).toBe('91.6 %')
    expect(plain(formatClock(168_000_000))).toBe('168 MHz')
    expect([512, 26_600, 2_660_000].map((value) => plain(formatCount(value)))).toEqual(['512', '26.6 k', '2.66 M'])
    expect(formatAuc(0.9412)).toBe('0.94')
    expect(formatAuc(0.9412, 3)).toBe('0.941')
  })
})
