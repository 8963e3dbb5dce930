import { AppError } from '../base/errors.ts'
import { addr, hexAddr, type Addr } from '../base/units.ts'
import type { Core } from './cortex-m.ts'
import { FAULT_MAGIC, FAULT_RECORD, FAULT_RECORD_BYTES, readWords, type FaultRecord } from './image-header.ts'
import type { Probe } from './probe.ts'

/** Bits of CFSR and HFSR, Armv7-M ARM B3.2.15 and B3.2.16. */
const CFSR_BITS: Record<number, string> = {
  0: 'instruction access violation',
  1: 'data access violation',
  8: 'instruction bus error',
  9: 'precise data bus error',
  10: 'imprecise data bus error',
  11: 'bus error on exception return',
  12: 'bus error while stacking',
  13: 'bus error while stacking floating-point registers',
  16: 'undefined instruction',
  17: 'invalid state',
  18: 'invalid PC load',
  19: 'no coprocessor',
  24: 'unaligned access',
  25: 'division by zero',
}
const IMPRECISE = 1 << 10
const IMPRECISE_HINT =
  'A store to an address that takes none failed after the core had gone on: the PC shown is behind it, not at it, and ' +
  'BFAR does not hold its address. Look at the stores before that PC and at the registers they used. On a Cortex-M4, ' +
  'set ACTLR.DISDEFWBUF (bit 1 of 0xE000E008) and run again: then the PC is that of the store.'
const HFSR_BITS: Record<number, string> = { 1: 'bus error on a vector read', 31: 'debug event' }

const causesOf = (cfsr: number, hfsr: number) =>
  [
    { bits: CFSR_BITS, value: cfsr },
    { bits: HFSR_BITS, value: hfsr },
  ].flatMap(({ bits, value }) =>
    Object.entries(bits)
      .filter(([bit]) => (value >>> Number(bit)) & 1)
      .map(([, name]) => name),
  )

/** BOARD_FAULT with what the handler recorded: the registers by name, in hexadecimal. */
export function faultError(record: FaultRecord): AppError {
  const causes = causesOf(record.cfsr, record.hfsr)
  const cause = causes.length > 0 ? causes.join(', ') : `exception ${record.exception}`
  const registers = Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => name !== 'magic' && name !== 'exception')
      .map(([name, value]) => [name, hexAddr(value)]),
  )
  const imprecise = (record.cfsr & IMPRECISE) !== 0
  const where = `${imprecise ? 'behind a failed store, near' : 'at'} ${registers.pc}`
  return new AppError('BOARD_FAULT', `The firmware stopped in a fault ${where}: ${cause}.`, {
    ...(imprecise && { hint: IMPRECISE_HINT }),
    context: { exception: record.exception, causes, registers },
  })
}

/** The record in `bytes`, or null while no fault has happened. */
export function parseFaultRecord(bytes: Uint8Array): FaultRecord | null {
  if (bytes.length < FAULT_RECORD_BYTES) return null
  const record = readWords(FAULT_RECORD, bytes)
  return record.magic === FAULT_MAGIC ? record : null
}

/** Throws BOARD_FAULT when the firmware has left a record. */
export async function throwIfFaulted(probe: Probe, faultAddress: Addr): Promise<void> {
  const record = parseFaultRecord(await probe.read(faultAddress, FAULT_RECORD_BYTES))
  if (record !== null) throw faultError(record)
}

/** Fault status registers, Armv7-M ARM B3.2.2. */
const CFSR = addr(0xe000ed28)
const HFSR = addr(0xe000ed2c)

/** BOARD_FAULT for a core that has locked up and left no record: halts it and asks it. */
export async function lockupError(core: Core, probe: Probe): Promise<AppError> {
  await core.halt()
  const cfsr = await probe.readWord(CFSR)
  const hfsr = await probe.readWord(HFSR)
  const registers: Record<string, string> = { cfsr: hexAddr(cfsr), hfsr: hexAddr(hfsr) }
  for (const name of ['pc', 'lr', 'sp', 'xpsr'] as const) registers[name] = hexAddr(await core.readRegister(name))
  const causes = causesOf(cfsr, hfsr)
  const cause = causes.length > 0 ? `: ${causes.join(', ')}` : ''
  return new AppError('BOARD_FAULT', `The core has locked up in a fault inside of a fault${cause}.`, {
    context: { causes, registers },
  })
}
