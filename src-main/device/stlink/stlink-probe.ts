// A Probe made of an ST-Link's commands. Blocks are cut so that none is longer than the probe takes or crosses a page of
// the target's address auto-increment, where it would wrap; every block is followed by the question how it ended.

import { setTimeout as delay } from 'node:timers/promises'
import { hexAddr, type Addr } from '../../base/units.ts'
import { incrementBytesOf } from '../debug-port.ts'
import type { Probe } from '../probe.ts'
import { command, wordCommand } from './commands.ts'
import { connectStlink, type ConnectOptions } from './connect.ts'
import { BLOCK_LIMIT, byteBlockLimit, NRST } from './protocol.ts'
import { statusError, statusKind } from './status.ts'
import type { StlinkCommand, StlinkTransport } from './transport.ts'

/** A busy target is asked again after 1, 2, 4 … ms. */
const WAIT_RETRIES = 8

interface Block {
  address: number
  /** of the whole transfer: where this block's bytes lie */
  offset: number
  length: number
  size: 1 | 4
}

/** Words where address and length allow, bytes at the ends. */
export function cutIntoBlocks(address: number, length: number, page: number, byteLimit: number): Block[] {
  const blocks: Block[] = []
  for (let offset = 0; offset < length;) {
    const at = address + offset
    const left = length - offset
    const unaligned = (4 - (at % 4)) % 4
    const size = unaligned === 0 && left >= 4 ? 4 : 1
    const wanted = size === 4 ? left & ~3 : unaligned === 0 ? left : Math.min(left, unaligned)
    const count = Math.min(wanted, page - (at % page), size === 4 ? BLOCK_LIMIT : byteLimit)
    blocks.push({ address: at, offset, length: count, size })
    offset += count
  }
  return blocks
}

/**
 * Enters the probe's debug mode and reaches the target. Throws PROBE_OLD_FIRMWARE, PROBE_MODE, PROBE_FAILED,
 * TARGET_UNPOWERED, TARGET_UNREACHABLE, BOARD_GONE; the transport is then left to who opened it.
 */
export async function openStlinkProbe(transport: StlinkTransport, options: ConnectOptions): Promise<Probe> {
  const { info, version, dpidr } = await connectStlink(transport, options)
  const page = incrementBytesOf(dpidr)
  const byteLimit = byteBlockLimit(version)
  const statusCommand = command('statusAndAddress')

  /** Carries out steps in their order; after a wait, from the step that was refused on. Throws what the status says. */
  async function run(steps: readonly Step[]): Promise<Uint8Array[]> {
    const answers: Uint8Array[] = []
    for (let attempt = 0; ; attempt++) {
      const left = steps.slice(answers.length)
      const raw = await transport.exchange(left.flatMap(({ commands }) => commands))
      let at = 0
      let refused: { step: Step; status: Uint8Array } | undefined
      for (const step of left) {
        const own = raw.slice(at, (at += step.commands.length))
        const status = own.at(-1)!
        if (statusKind(status) !== 'ok') {
          refused = { step, status }
          break
        }
        answers.push(own[0]!)
      }
      if (refused === undefined) return answers
      if (statusKind(refused.status) !== 'wait' || attempt >= WAIT_RETRIES) {
        throw statusError(refused.status, `${refused.step.what} ${hexAddr(refused.step.address)}`)
      }
      await delay(2 ** attempt)
    }
  }

  const blocksOf = (address: number, length: number) => cutIntoBlocks(address, length, page, byteLimit)

  return {
    info,

    async read(address, length) {
      const blocks = blocksOf(address, length)
      const parts = await run(
        blocks.map((block) => {
          // Of a single byte real probes send two.
          const answer = block.size === 1 ? Math.max(2, block.length) : block.length
          const name = block.size === 4 ? 'read32' : 'read8'
          const read = command(name, { address: block.address, length: block.length, answer })
          return { what: 'Reading', address: block.address, commands: [read, statusCommand] }
        }),
      )
      if (blocks.length === 1 && parts[0]!.length === length) return parts[0]!
      const bytes = new Uint8Array(length)
      blocks.forEach((block, i) => bytes.set(parts[i]!.subarray(0, block.length), block.offset))
      return bytes
    },

    async write(address, data) {
      await run(
        blocksOf(address, data.length).map((block) => {
          // A copy: a view would take its whole buffer along to another thread.
          const bytes = data.slice(block.offset, block.offset + block.length)
          const name = block.size === 4 ? 'write32' : 'write8'
          const write = command(name, { address: block.address, length: block.length, data: bytes })
          return { what: 'Writing', address: block.address, commands: [write, statusCommand] }
        }),
      )
    },

    async readWord(address: Addr) {
      const [answer] = await run([{ what: 'Reading', address, commands: [wordCommand('readWord', address)] }])
      return new DataView(answer!.buffer, answer!.byteOffset).getUint32(4, true)
    },

    async writeWord(address: Addr, value: number) {
      await run([{ what: 'Writing', address, commands: [wordCommand('writeWord', address, value)] }])
    },

    async pulseReset() {
      for (const level of [NRST.LOW, NRST.HIGH]) {
        const [answer] = await transport.exchange([command('driveReset', { parameter: level })])
        if (statusKind(answer!) !== 'ok') throw statusError(answer!, 'Driving nRST')
      }
    },

    async close() {
      // A probe that is gone needs no good-bye.
      await transport.exchange([command('leaveDebug')]).catch(() => undefined)
      await transport.close()
    },
  }
}

/** One access: its command, and where that says nothing of how it ended, the question. The status is in the last answer. */
interface Step {
  what: string
  address: number
  commands: readonly StlinkCommand[]
}
