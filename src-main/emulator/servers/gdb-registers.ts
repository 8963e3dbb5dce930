// The registers as GDB wants to have them: which, in which order, and how they come from the core's debug registers.

import type { Core, CoreRegister } from '../../device/cortex-m.ts'

interface GdbRegister {
  name: string
  bits: 8 | 32 | 64
  type: string
  /** the core's registers that hold it, low word first */
  from: readonly CoreRegister[]
  /** where its byte lies, for those that share one register */
  byte?: number
}

const word = (name: CoreRegister, type = 'int'): GdbRegister => ({ name, bits: 32, type, from: [name] })
const special = (name: string, byte: number): GdbRegister => ({ name, bits: 8, type: 'int', from: ['special'], byte })
const general = Array.from({ length: 13 }, (_, n) => word(`r${n}`))
const double = (n: number): GdbRegister => ({
  ...{ name: `d${n}`, bits: 64, type: 'ieee_double' },
  from: [`s${2 * n}`, `s${2 * n + 1}`],
})

/** Feature names as GDB's ARM support looks for them. */
const FEATURES: readonly { name: string; registers: readonly GdbRegister[] }[] = [
  {
    name: 'org.gnu.gdb.arm.m-profile',
    registers: [...general, word('sp', 'data_ptr'), word('lr'), word('pc', 'code_ptr'), word('xpsr')],
  },
  {
    name: 'org.gnu.gdb.arm.m-system',
    registers: [
      ...[word('msp', 'data_ptr'), word('psp', 'data_ptr')],
      ...[special('primask', 0), special('basepri', 1), special('faultmask', 2), special('control', 3)],
    ],
  },
  {
    name: 'org.gnu.gdb.arm.vfp',
    registers: [...Array.from({ length: 16 }, (_, n) => double(n)), word('fpscr')],
  },
]

/** By GDB's number. */
const REGISTERS = FEATURES.flatMap(({ registers }) => registers)

export function targetDescription(): string {
  const features = FEATURES.map(({ name, registers }) => {
    const lines = registers.map((one) => `<reg name="${one.name}" bitsize="${one.bits}" type="${one.type}"/>`)
    return `<feature name="${name}">${lines.join('')}</feature>`
  })
  return (
    '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd">' +
    `<target version="1.0"><architecture>arm</architecture>${features.join('')}</target>`
  )
}

/** As hexadecimal bytes, little-endian; undefined where GDB has no such register. */
export async function readGdbRegister(core: Core, index: number): Promise<string | undefined> {
  const register = REGISTERS[index]
  if (register === undefined) return undefined
  const bytes = Buffer.alloc(4 * register.from.length)
  for (const [i, name] of register.from.entries()) bytes.writeUInt32LE((await core.readRegister(name)) >>> 0, 4 * i)
  const own = register.byte === undefined ? bytes : bytes.subarray(register.byte, register.byte + 1)
  return own.toString('hex')
}

/** False: no such register, or not as many bytes as it has. */
export async function writeGdbRegister(core: Core, index: number, hex: string): Promise<boolean> {
  const register = REGISTERS[index]
  const bytes = Buffer.from(hex, 'hex')
  if (register === undefined || bytes.length * 8 !== register.bits) return false
  if (register.byte !== undefined) {
    const whole = Buffer.alloc(4)
    whole.writeUInt32LE((await core.readRegister('special')) >>> 0)
    whole[register.byte] = bytes[0]!
    await core.writeRegister('special', whole.readUInt32LE())
    return true
  }
  for (const [i, name] of register.from.entries()) await core.writeRegister(name, bytes.readUInt32LE(4 * i))
  return true
}

export async function readAllGdbRegisters(core: Core): Promise<string> {
  let all = ''
  for (let index = 0; index < REGISTERS.length; index++) all += await readGdbRegister(core, index)
  return all
}

/** Numbered as they come in `hex`, for as long as it lasts. */
export async function writeAllGdbRegisters(core: Core, hex: string): Promise<void> {
  let at = 0
  for (const [index, { bits }] of REGISTERS.entries()) {
    const digits = bits / 4
    if (at + digits > hex.length) return
    await writeGdbRegister(core, index, hex.slice(at, at + digits))
    at += digits
  }
}
