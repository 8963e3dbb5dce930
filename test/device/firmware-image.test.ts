import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sha256 } from '../../src-main/base/hash.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { imageHeaderOf } from '../../src-main/device/image-header.ts'

const hasCompiler = spawnSync('arm-none-eabi-gcc', ['--version']).status === 0

const image = (id: string) => new Uint8Array(readFileSync(`assets/firmware/${id}.bin`))

test.each(BOARDS)('the image for $id says what the board description says', (board) => {
  const bytes = image(board.id)
  const header = imageHeaderOf(bytes)
  const sram = board.ram[0]!
  expect(header.chip_id).toBe(board.idCode)
  expect(header.image_bytes).toBeLessThanOrEqual(board.firmwareRegion.size)
  expect([header.model_start, header.model_bytes]).toEqual([board.modelRegion.start, board.modelRegion.size])
  expect(header.arena_start + header.arena_bytes).toBe(sram.start + sram.size)
  expect(header.arena_start % 16).toBe(0)
  const facts = JSON.parse(readFileSync(`assets/firmware/${board.id}.json`, 'utf8')) as {
    sha256: string
    header: object
  }
  expect(facts.sha256).toBe(sha256(bytes))
  expect(facts.header).toEqual(header)
})

test('a damaged image is refused', () => {
  const whole = image('stm32f407')
  expect(() => imageHeaderOf(whole.subarray(0, whole.length - 4))).toThrow(
    expect.objectContaining({ code: 'BOARD_NO_FIRMWARE' }),
  )
  expect(() => imageHeaderOf(new Uint8Array(4096))).toThrow(expect.objectContaining({ code: 'BOARD_NO_FIRMWARE' }))
})

test.skipIf(!hasCompiler)(
  'a rebuild of the firmware gives the committed bytes',
  () => {
    const check = spawnSync(process.execPath, ['scripts/build-firmware.mjs', '--check'], { encoding: 'utf8' })
    expect(check.stderr).toBe('')
    expect(check.status).toBe(0)
  },
  180_000,
)
