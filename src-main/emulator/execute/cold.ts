// Instructions that need the whole core: accesses off the fast path, system instructions, whatever can fault.
// The core's state is complete when these run, and is reloaded by the interpreter after them.
// Source: ARM DDI 0403 (Armv7-M ARM), A7.7 and B5.2.

import type { Core } from '../core/core.ts'
import { DFSR } from '../core/debug.ts'
import { EXCEPTION } from '../core/exception-numbers.ts'
import { BusFault, CFSR } from '../core/faults.ts'
import { FPCCR } from '../core/fpu.ts'
import { LDR_PC_FORM, UNPRIVILEGED_ACCESSES } from '../decode/thumb32.ts'
import { FIRST_COLD, FIRST_VFP, OP, popCount, type OpName } from '../opcodes.ts'
import { conditionPasses } from './arithmetic.ts'
import { readSpecial, writeSpecial } from './special-registers.ts'

/** Registers and immediate of a packed instruction; `address` is its own, core.pc already the next one's. */
interface Operands {
  a: number
  b: number
  c: number
  d: number
  imm: number
  address: number
}

type Handler = (core: Core, operands: Operands) => void

const LR = 14
const PC = 15
const SEMIHOSTING = 0xab
const WRITE_BACK = 1
const POST_INDEX = 2
const DECREMENT_BEFORE = 2
const VFP_WRITE_BACK = 1 << 16
const VFP_DECREMENT = 1 << 17

const HANDLERS: (Handler | undefined)[] = []

export function executeCold(core: Core, w: number, imm: number): void {
  const op = w & 511
  const address = core.pc
  core.pc = (address + ((w >>> 21) & 1 ? 4 : 2)) >>> 0
  const needsFpu = (op >= FIRST_VFP && op < FIRST_COLD) || FPU_OPS.has(op)
  if (needsFpu && !core.fpu.active) {
    startFpu(core, address, (w >>> 22) & 31)
    return
  }
  const handler = HANDLERS[op]
  if (handler === undefined) throw new Error(`no cold handler for opcode ${op}`)
  try {
    const operands = { a: (w >>> 9) & 15, b: (w >>> 13) & 15, c: (w >>> 17) & 15, d: (w >>> 27) & 15, imm, address }
    handler(core, operands)
  } catch (thrown) {
    if (!(thrown instanceof BusFault)) throw thrown
    core.pc = address
    core.faults.data(thrown)
  }
}

/**
 * The first floating-point instruction of a context stores what an interrupted one left in the registers, creates its
 * own and runs again; without the unit it faults.
 */
function startFpu(core: Core, address: number, cycles: number): void {
  core.pc = address
  if (!core.fpuEnabled) {
    core.faults.usage(CFSR.NOCP)
    return
  }
  core.instructions--
  core.cycles -= cycles
  const { fpu } = core
  if ((fpu.fpccr & FPCCR.LSPACT) !== 0 && !core.exceptions.preserveFloat()) return
  if ((fpu.fpccr & FPCCR.ASPEN) !== 0 && !core.fpContext) {
    core.fpContext = true
    fpu.writeFpscr(fpu.fpdscr)
  }
  core.updateFpu()
}

/** BXWritePC: an exception return in a handler, else a branch whose lowest bit must say Thumb. */
function branchExchange(core: Core, value: number): void {
  if (value >>> 28 === 15 && core.ipsr !== 0) {
    core.exceptions.return(value)
    return
  }
  core.pc = (value & ~1) >>> 0
  if ((value & 1) === 0) core.faults.usage(CFSR.INVSTATE)
}

function fault(core: Core, address: number, bits: number): void {
  core.pc = address
  core.faults.usage(bits)
}

/** LDRD, LDM, exclusives and VLDR must be aligned whatever CCR says. */
function aligned(address: number, size = 4): number {
  if ((address & (size - 1)) !== 0) throw new BusFault(address, true)
  return address >>> 0
}

const on = (op: OpName, handler: Handler) => {
  HANDLERS[OP[op]] = handler
}

interface Access {
  size: number
  signed: boolean
  load: boolean
}

const ACCESSES: Readonly<Record<string, Access>> = {
  LDR: { size: 4, signed: false, load: true },
  LDRB: { size: 1, signed: false, load: true },
  LDRSB: { size: 1, signed: true, load: true },
  LDRH: { size: 2, signed: false, load: true },
  LDRSH: { size: 2, signed: true, load: true },
  STR: { size: 4, signed: false, load: false },
  STRB: { size: 1, signed: false, load: false },
  STRH: { size: 2, signed: false, load: false },
}

const signExtend = (value: number, { size, signed }: Access) =>
  signed ? (value << (32 - 8 * size)) >> (32 - 8 * size) : value

function transfer(core: Core, access: Access, register: number, address: number): void {
  if (access.load) core.r[register] = signExtend(core.bus.read(address >>> 0, access.size), access)
  else core.store(address >>> 0, access.size, core.r[register]!)
}

for (const [name, access] of Object.entries(ACCESSES)) {
  on(`${name}_I` as OpName, (core, { a, b, imm }) => transfer(core, access, a, core.r[b]! + imm))
  on(`${name}_R` as OpName, (core, { a, b, c, imm }) => transfer(core, access, a, core.r[b]! + (core.r[c]! << imm)))
  on(`${name}_POST` as OpName, (core, { a, b, imm }) => {
    const from = core.r[b]!
    transfer(core, access, a, from)
    core.r[b] = from + imm
  })
  on(`${name}_PRE` as OpName, (core, { a, b, imm }) => {
    const to = core.r[b]! + imm
    transfer(core, access, a, to)
    core.r[b] = to
  })
}

/** LDRT and its relatives: field d names the access, and the MPU judges it as unprivileged. */
function transferUnprivileged(core: Core, { a, b, d, imm }: Operands): void {
  const access = ACCESSES[UNPRIVILEGED_ACCESSES[d]!]!
  core.bus.unprivileged = true
  try {
    transfer(core, access, a, core.r[b]! + imm)
  } finally {
    core.bus.unprivileged = false
  }
}
on('LDRT', transferUnprivileged)
on('STRT', transferUnprivileged)

const literal = (address: number, imm: number) => (((address + 4) & ~3) + imm) >>> 0

on('LDR_LIT', (core, { a, imm, address }) => {
  core.r[a] = core.bus.read(literal(address, imm), 4)
})
on('LDR_NARROW_LIT', (core, { a, d, imm, address }) => {
  const access = [ACCESSES.LDRB!, ACCESSES.LDRSB!, ACCESSES.LDRH!, ACCESSES.LDRSH!][d]!
  core.r[a] = signExtend(core.bus.read(literal(address, imm), access.size), access)
})
on('LDR_PC', (core, { b, c, d, imm, address }) => {
  const base = core.r[b]!
  const from =
    d === LDR_PC_FORM.LITERAL
      ? literal(address, imm)
      : d === LDR_PC_FORM.POST
        ? base
        : d === LDR_PC_FORM.R
          ? (b === PC ? (address + 4) & ~3 : base) + (core.r[c]! << imm)
          : base + imm
  const target = core.bus.read(from >>> 0, 4)
  if (d === LDR_PC_FORM.POST || d === LDR_PC_FORM.PRE) core.r[b] = base + imm
  branchExchange(core, target)
})

const pairAddress = (core: Core, { b, d, imm, address }: Operands) => {
  const base = b === PC ? (address + 4) & ~3 : core.r[b]!
  return aligned(d & POST_INDEX ? base : base + imm)
}
on('LDRD', (core, operands) => {
  const { a, b, c, d, imm } = operands
  const from = pairAddress(core, operands)
  const low = core.bus.read(from, 4)
  const high = core.bus.read((from + 4) >>> 0, 4)
  if (d & WRITE_BACK) core.r[b] = core.r[b]! + imm
  core.r[a] = low
  core.r[c] = high
})
on('STRD', (core, operands) => {
  const { a, b, c, d, imm } = operands
  const to = pairAddress(core, operands)
  core.store(to, 4, core.r[a]!)
  core.store((to + 4) >>> 0, 4, core.r[c]!)
  if (d & WRITE_BACK) core.r[b] = core.r[b]! + imm
})
on('LDM', (core, { b, d, imm }) => {
  const list = imm & 0xffff
  const size = 4 * popCount(list)
  const base = core.r[b]!
  const from = aligned(d & DECREMENT_BEFORE ? base - size : base)
  const words = Array.from({ length: size / 4 }, (_, index) => core.bus.read((from + 4 * index) >>> 0, 4))
  let next = 0
  for (let register = 0; register < PC; register++) if ((list >>> register) & 1) core.r[register] = words[next++]!
  if (d & WRITE_BACK) core.r[b] = d & DECREMENT_BEFORE ? base - size : base + size
  if ((list >>> PC) & 1) branchExchange(core, words[next]!)
})
on('STM', (core, { b, d, imm }) => {
  const list = imm & 0xffff
  const size = 4 * popCount(list)
  const base = core.r[b]!
  let to = aligned(d & DECREMENT_BEFORE ? base - size : base)
  for (let register = 0; register < PC; register++) {
    if (((list >>> register) & 1) === 0) continue
    core.store(to, 4, core.r[register]!)
    to = (to + 4) >>> 0
  }
  if (d & WRITE_BACK) core.r[b] = d & DECREMENT_BEFORE ? base - size : base + size
})

const singleRegister = (a: number, c: number) => a | (c << 4)
const vfpAddress = (core: Core, { b, imm, address }: Operands) =>
  aligned(b === PC ? literal(address, imm) : core.r[b]! + imm)
on('VLDR', (core, operands) => {
  core.fpu.bits[singleRegister(operands.a, operands.c)] = core.bus.read(vfpAddress(core, operands), 4)
})
on('VSTR', (core, operands) => {
  core.store(vfpAddress(core, operands), 4, core.fpu.bits[singleRegister(operands.a, operands.c)]!)
})
on('VLDR_D', (core, operands) => {
  const register = singleRegister(operands.a, operands.c)
  const from = vfpAddress(core, operands)
  const high = core.bus.read((from + 4) >>> 0, 4)
  core.fpu.bits[register] = core.bus.read(from, 4)
  core.fpu.bits[register + 1] = high
})
on('VSTR_D', (core, operands) => {
  const register = singleRegister(operands.a, operands.c)
  const to = vfpAddress(core, operands)
  core.store(to, 4, core.fpu.bits[register]!)
  core.store((to + 4) >>> 0, 4, core.fpu.bits[register + 1]!)
})

/** VLDM and VSTM: moves the registers and writes the base back. */
function vfpMultiple(core: Core, { b, imm, address }: Operands, move: (register: number, at: number) => void): void {
  const count = (imm >>> 8) & 63
  const base = b === PC ? (address + 4) & ~3 : core.r[b]!
  const from = aligned(imm & VFP_DECREMENT ? base - 4 * count : base)
  for (let i = 0; i < count; i++) move((imm & 31) + i, (from + 4 * i) >>> 0)
  if (imm & VFP_WRITE_BACK) core.r[b] = imm & VFP_DECREMENT ? base - 4 * count : base + 4 * count
}
on('VLDM', (core, operands) =>
  vfpMultiple(core, operands, (register, at) => {
    core.fpu.bits[register] = core.bus.read(at, 4)
  }),
)
on('VSTM', (core, operands) =>
  vfpMultiple(core, operands, (register, at) => core.store(at, 4, core.fpu.bits[register]!)),
)

on('VSEL', (core, { a, imm }) => {
  const { n, z, c, v, fpu } = core
  const from = conditionPasses(a, n, z, c, v) ? imm >>> 5 : imm >>> 10
  fpu.bits[imm & 31] = fpu.bits[from & 31]!
})

on('VSEL_D', (core, { a, imm }) => {
  const { n, z, c, v, fpu } = core
  const from = 2 * ((conditionPasses(a, n, z, c, v) ? imm >>> 5 : imm >>> 10) & 15)
  fpu.bits.copyWithin(2 * (imm & 15), from, from + 2)
})

/** These need the unit though they are not register-only. */
const FPU_OPS = new Set([OP.VLDR, OP.VSTR, OP.VLDR_D, OP.VSTR_D, OP.VLDM, OP.VSTM, OP.VMRS_APSR, OP.VSEL, OP.VSEL_D])

on('LDREX', (core, { a, b, d, imm }) => {
  const from = aligned(core.r[b]! + imm, d)
  core.r[a] = core.bus.read(from, d)
  core.exclusive = true
})
on('STREX', (core, { a, b, c, d, imm }) => {
  const to = aligned(core.r[b]! + imm, d)
  // The monitor of both cores keeps no address (Cortex-M4 TRM 3.6, Cortex-M7 TRM 2.5).
  const held = core.exclusive
  if (held) core.bus.write(to, d, core.r[a]!)
  core.exclusive = false
  core.r[c] = held ? 0 : 1
})
on('CLREX', (core) => {
  core.exclusive = false
})

on('BX', (core, { b }) => branchExchange(core, core.r[b]!))
on('BLX', (core, { b }) => {
  const target = core.r[b]!
  core.r[LR] = core.pc | 1
  branchExchange(core, target)
})
on('B_FAR', (core, { imm, address }) => {
  core.pc = (address + 4 + imm) >>> 0
})
on('BL_FAR', (core, { imm, address }) => {
  core.r[LR] = core.pc | 1
  core.pc = (address + 4 + imm) >>> 0
})
const tableBase = (core: Core, b: number, address: number) => (b === PC ? address + 4 : core.r[b]!)
on('TBB', (core, { b, c, address }) => {
  const entry = core.bus.read((tableBase(core, b, address) + core.r[c]!) >>> 0, 1)
  core.pc = (address + 4 + 2 * entry) >>> 0
})
on('TBH', (core, { b, c, address }) => {
  const entry = core.bus.read((tableBase(core, b, address) + 2 * core.r[c]!) >>> 0, 2)
  core.pc = (address + 4 + 2 * entry) >>> 0
})
on('MOV_PC', (core, { b }) => {
  core.pc = (core.r[b]! & ~1) >>> 0
})
on('ADD_PC', (core, { b, address }) => {
  core.pc = ((address + 4 + core.r[b]!) & ~1) >>> 0
})
on('MOV_SP', (core, { b }) => {
  core.r[13] = core.r[b]! & ~3
})
on('READ_PC', (core, { a, address }) => {
  core.r[a] = address + 4
})
on('ADD_FROM_PC', (core, { a, address }) => {
  core.r[a] = core.r[a]! + address + 4
})

on('SDIV', (core, { address }) => fault(core, address, CFSR.DIVBYZERO))
on('UDIV', (core, { address }) => fault(core, address, CFSR.DIVBYZERO))
on('UNDEFINED', (core, { address }) => fault(core, address, CFSR.UNDEFINSTR))
on('COPROCESSOR', (core, { a, address }) => {
  const floatingPoint = a === 10 || a === 11
  fault(core, address, floatingPoint && core.fpuEnabled ? CFSR.UNDEFINSTR : CFSR.NOCP)
})
on('FETCH_FAULT', (core, { address }) => {
  core.instructions--
  core.pc = address
  core.faults.fetch(address)
})

on('MRS', (core, { a, imm }) => {
  core.r[a] = readSpecial(core, imm)
})
on('MSR', (core, { a, b, imm }) => writeSpecial(core, imm, a, core.r[b]!))
on('CPS', (core, { a, b, c }) => {
  if (!core.privileged) return
  if (b) core.primask = a
  if (c && (a === 0 || core.nvic.executionPriority(core) > -1)) core.faultmask = a
  core.attention = true
})
on('BARRIER', () => undefined)
on('WFI', (core) => {
  core.sleeping = true
  core.attention = true
})
on('WFE', (core) => {
  if (core.eventRegister) core.eventRegister = false
  else {
    core.sleeping = true
    core.attention = true
  }
})
on('SEV', (core) => {
  core.eventRegister = true
})
on('SVC', (core) => {
  const { nvic } = core
  if (nvic.priorityOf(EXCEPTION.SVCall) < nvic.executionPriority(core)) core.exceptions.enter(EXCEPTION.SVCall)
  else core.faults.escalateSupervisorCall()
})
on('BKPT', (core, { imm, address }) => {
  if (imm === SEMIHOSTING && core.semihosting?.(core) === true) return
  stop(core, address)
})
on('BREAKPOINT', (core, { address }) => {
  core.instructions--
  stop(core, address, core.isWatchpoint(address) ? DFSR.DWTTRAP : DFSR.BKPT)
})

/** A breakpoint before this address, by BKPT or by a unit. Only BKPT faults when nobody takes it. */
function stop(core: Core, address: number, reason: number = DFSR.BKPT): void {
  core.pc = address
  if (!core.debug.event(reason)) core.faults.breakpoint()
}
