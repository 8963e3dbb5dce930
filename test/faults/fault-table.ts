// What can be wrong between `thimble flash` and a chip that runs its model: one row a fault, injected on the cable, in the
// probe's answers or in the chip. docs/faults.md tells people the same; a test holds the two together.

import type { ErrorCode } from '../../src-main/base/error-codes.ts'
import { LOADER_JOBS, LOADER_OP, loaderPlace } from '../../src-main/device/loader-layout.ts'
import { debugPortOf } from '../../src-main/device/debug-port.ts'
import type { StlinkCommand } from '../../src-main/device/stlink/transport.ts'
import type { CommandName } from '../../src-main/device/stlink/protocol.ts'
import { isA, type CableFault, type FaultyBoard } from './faulty-board.ts'

export interface FaultRow {
  fault: string
  where: 'system' | 'cable' | 'probe' | 'wires' | 'chip'
  code: ErrorCode
  /** what the hint must name: the thing to do */
  hint: RegExp
  /** whether it can strike when some of the flash has changed already */
  flash: 'untouched' | 'changed'
  /** breaks a board that is otherwise well */
  arrange: (board: FaultyBoard) => void
  /** what a person does about it, besides trying again */
  mend: (board: FaultyBoard) => void
}

const replug = (board: FaultyBoard) => board.plugIn()

/** The probe's answer to one command, every time. */
const answers = (name: CommandName, ...answer: number[]): CableFault => {
  return ({ command }) => (isA(name, command) ? Uint8Array.from(answer) : undefined)
}
const onCable = (fault: CableFault) => (board: FaultyBoard) => void (board.fault = fault)

/** Whether a command gives the loader a piece of flash to program. */
export function tellsToProgram({ cdb, data }: StlinkCommand): boolean {
  const address = new DataView(cdb.buffer, cdb.byteOffset).getUint32(2, true)
  const request = Array.from({ length: LOADER_JOBS }, (_, job) => loaderPlace.request(job)).some((at) => at === address)
  return (
    request && data !== undefined && new DataView(data.buffer, data.byteOffset).getUint32(0, true) === LOADER_OP.program
  )
}

/**
 * From the first piece of flash on that the loader is told to program, or that the probe programs, every question how an
 * access ended is answered with `status`.
 */
export const sinceFlashIsWritten = (status: number, flashStart: number): CableFault => {
  let since = false
  return ({ command }) => {
    if (command.cdb.length === 0) return undefined
    const address = new DataView(command.cdb.buffer, command.cdb.byteOffset).getUint32(2, true)
    const byProbe = address >= flashStart && address < 0x20000000
    since ||= isA('write32', command) && (byProbe || tellsToProgram(command))
    return since && isA('statusAndAddress', command)
      ? Uint8Array.of(status, ...new Array<number>(11).fill(0))
      : undefined
  }
}
const WAIT = 0x10
const AP_FAULT = 0x11
const DP_ERROR = 0x16
const UNKNOWN_COMMAND = 0x42

/** V2J14, the last that lacks what Thimble needs. */
const OLD_VERSION = [(2 << 4) | ((14 >> 2) & 0xf), (14 << 6) & 0xff, 0x83, 0x04, 0x48, 0x37]

/** Firmware whose reset vector leads to `code` and its literals behind the image: a program of one's own. */
const runs =
  (code: readonly number[], ...literals: readonly number[]) =>
  (board: FaultyBoard) => {
    const flash = board.flash()
    const view = new DataView(flash.buffer)
    const at = 0x8000
    code.forEach((halfword, index) => view.setUint16(at + 2 * index, halfword, true))
    literals.forEach((literal, index) => view.setUint32(at + 2 * code.length + 4 * index, literal, true))
    view.setUint32(4, board.data.flash.start + at + 1, true)
    board.powerCycle(flash)
    board.machine.run(1000)
  }
const SCR = 0xe000ed10
/** ldr r0, =SCR; movs r1, #SLEEPDEEP; str r1, [r0]; wfi; b to the wfi; nop */
const SLEEPS = [0x4802, 0x2104, 0x6001, 0xbf30, 0xe7fd, 0xbf00]
/** F407's: the clock of port A is its first bit. */
const RCC_AHB1ENR = 0x40023830
/** ldr r0, =AHB1ENR; movs r1, #1; str r1, [r0]; ldr r0, =MODER; movs r1, #0; str r1, [r0]; b to itself; nop */
const TAKES_PINS = [0x4803, 0x2101, 0x6001, 0x4803, 0x2100, 0x6001, 0xe7fe, 0xbf00]

export const sleeps = runs(SLEEPS, SCR)
export const takesPins = (board: FaultyBoard) =>
  runs(TAKES_PINS, RCC_AHB1ENR, debugPortOf(board.data.idCode)!.pins.modeRegister)(board)
/** The probe drives a line that leads nowhere. */
const WITHOUT_RESET = answers('driveReset', 0x80, 0)

const OPTKEYR = 0x40023c08
const OPTCR = 0x40023c14
const OPTION_KEYS = [0x08192a3b, 0x4c5d6e7f]
/** Option bytes as an earlier owner left them, programmed as RM0090 3.6.2 says. */
export const optionBytes = (word: number) => (board: FaultyBoard) => {
  const { bus, scheduler, rcc } = board.machine
  for (const key of OPTION_KEYS) bus.write(OPTKEYR, 4, key)
  bus.write(OPTCR, 4, word)
  bus.write(OPTCR, 4, word | 2)
  scheduler.pass(rcc.coreHz * 10)
}
const FACTORY_OPTIONS = 0x0fffaaec
export const LEVEL_1 = 0x0fff55ec
export const LEVEL_2 = 0x0fffccec
const PROTECTED_SECTOR_5 = 0x0fdfaaec

/** F407's DBGMCU */
const DBGMCU = 0xe0042000
const MODEL_SECTOR = 5

export const FAULTS: readonly FaultRow[] = [
  {
    fault: 'the system does not let this user use the probe',
    ...{ where: 'system', code: 'PROBE_PERMISSION', hint: /udev/, flash: 'untouched' },
    arrange: (board) => void (board.openError = 'open error: permission denied'),
    mend: replug,
  },
  {
    fault: 'another program uses the probe',
    ...{ where: 'system', code: 'PROBE_IN_USE', hint: /Close the other program/, flash: 'untouched' },
    arrange: (board) => void (board.claimError = 'claimInterface error: interface is busy'),
    mend: replug,
  },
  {
    fault: 'the probe stays in its update mode (DFU)',
    ...{ where: 'probe', code: 'PROBE_MODE', hint: /Unplug it/, flash: 'untouched' },
    arrange: onCable(answers('mode', 0, 0)),
    mend: replug,
  },
  {
    fault: "the probe's firmware is too old",
    ...{ where: 'probe', code: 'PROBE_OLD_FIRMWARE', hint: /upgrade tool/, flash: 'untouched' },
    arrange: onCable(answers('version', ...OLD_VERSION)),
    mend: replug,
  },
  {
    fault: 'the probe says nothing',
    ...{ where: 'probe', code: 'PROBE_FAILED', hint: /Unplug the probe/, flash: 'untouched' },
    arrange: onCable(answers('version')),
    mend: replug,
  },
  {
    fault: 'the probe forgets its commands while flash is written',
    ...{ where: 'probe', code: 'PROBE_FAILED', hint: /Unplug the probe/, flash: 'changed' },
    arrange: (board) => void (board.fault = sinceFlashIsWritten(UNKNOWN_COMMAND, board.data.flash.start)),
    mend: replug,
  },
  {
    fault: 'the cable is pulled while flash is written',
    ...{ where: 'cable', code: 'BOARD_GONE', hint: /cable/, flash: 'changed' },
    arrange: (board) => {
      const written = sinceFlashIsWritten(0, board.data.flash.start)
      board.fault = (transfer) => (written(transfer) === undefined ? undefined : 'unplug')
    },
    mend: replug,
  },
  {
    fault: 'the board has no power',
    ...{ where: 'wires', code: 'TARGET_UNPOWERED', hint: /Power the board/, flash: 'untouched' },
    arrange: onCable(answers('voltage', 0xd1, 5, 0, 0, 9, 0, 0, 0)),
    mend: replug,
  },
  {
    fault: 'a wire to the chip falls off while flash is written',
    ...{ where: 'wires', code: 'TARGET_UNREACHABLE', hint: /SWDIO, SWCLK/, flash: 'changed' },
    arrange: (board) => void (board.fault = sinceFlashIsWritten(DP_ERROR, board.data.flash.start)),
    mend: replug,
  },
  {
    fault: 'the access port answers WAIT without end',
    ...{ where: 'chip', code: 'BOARD_TIMEOUT', hint: /Reset it/, flash: 'changed' },
    arrange: (board) => void (board.fault = sinceFlashIsWritten(WAIT, board.data.flash.start)),
    mend: replug,
  },
  {
    fault: 'the access port answers FAULT while flash is written',
    ...{ where: 'chip', code: 'BOARD_FAULT', hint: /controller/, flash: 'changed' },
    arrange: (board) => void (board.fault = sinceFlashIsWritten(AP_FAULT, board.data.flash.start)),
    mend: replug,
  },
  {
    fault: 'the program sleeps with its clocks stopped, and nRST is not wired',
    ...{ where: 'chip', code: 'TARGET_UNREACHABLE', hint: /under reset.*BOOT0/, flash: 'untouched' },
    arrange: (board) => {
      sleeps(board)
      onCable(WITHOUT_RESET)(board)
    },
    mend: replug,
  },
  {
    fault: 'the program uses the pins of SWD for itself, and nRST is not wired',
    ...{ where: 'chip', code: 'TARGET_UNREACHABLE', hint: /under reset.*BOOT0/, flash: 'untouched' },
    arrange: (board) => {
      takesPins(board)
      onCable(WITHOUT_RESET)(board)
    },
    mend: replug,
  },
  {
    fault: 'the chip is read-out protected (level 1)',
    ...{ where: 'chip', code: 'BOARD_PROTECTED', hint: /erases/, flash: 'untouched' },
    arrange: optionBytes(LEVEL_1),
    mend: (board) => {
      optionBytes(FACTORY_OPTIONS)(board)
      // What unprotecting does to flash (RM0090 3.7.3).
      board.powerCycle(new Uint8Array(board.data.flash.size).fill(0xff))
    },
  },
  {
    fault: "the model's sector is write-protected",
    ...{ where: 'chip', code: 'BOARD_PROTECTED', hint: /write protection/, flash: 'untouched' },
    arrange: optionBytes(PROTECTED_SECTOR_5),
    mend: optionBytes(FACTORY_OPTIONS),
  },
  {
    fault: 'the chip is none that Thimble knows',
    ...{ where: 'chip', code: 'BOARD_UNSUPPORTED', hint: /supports/, flash: 'untouched' },
    arrange: ({ machine }) => machine.bus.attach(DBGMCU, 1024, { read: () => 0x10006416, write: () => undefined }),
    mend: (board) => board.powerCycle(),
  },
  {
    fault: 'flash cells no longer change',
    ...{ where: 'chip', code: 'FLASH_VERIFY_FAILED', hint: /worn/, flash: 'changed' },
    arrange: ({ machine }) => machine.wornSectors.add(MODEL_SECTOR),
    mend: ({ machine }) => machine.wornSectors.delete(MODEL_SECTOR),
  },
]
