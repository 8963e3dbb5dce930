// From a probe that was just opened to a target that answers: version, mode, voltage, clock, debug mode.

import { AppError } from '../../base/errors.ts'
import { addr } from '../../base/units.ts'
import type { ProbeInfo } from '../probe.ts'
import { command, frequencyCommand, wordCommand } from './commands.ts'
import { ENTER_SWD, isSupported, MODE, NRST, PRODUCTS, type CommandName, type StlinkVersion } from './protocol.ts'
import { statusError, statusKind } from './status.ts'
import type { StlinkCommand, StlinkTransport } from './transport.ts'

export interface ConnectOptions {
  serial: string
  /** keeps the target in reset while it connects and stops it before its first instruction */
  underReset?: boolean
}

export interface ConnectedStlink {
  info: ProbeInfo
  version: StlinkVersion
  dpidr: number
}

/** Below it no STM32 works (data sheets: 1.7 V at least). */
const LOWEST_VOLTAGE = 1.6
const ADC_REFERENCE_V = 1.2

/** 4 MHz, the fastest of a V2, and a V3 at twice that: what unshielded wires stand. */
const V2_FASTEST_DIVISOR = 0
const V3_KHZ = 8000

/** Probes with older firmware (before V2J15, of 2013) are not worth special cases. */
const NEEDED: readonly CommandName[] = ['statusAndAddress', 'voltage']

const DHCSR = addr(0xe000edf0)
const DHCSR_HALT = 0xa05f0003
const DEMCR = addr(0xe000edfc)
const DEMCR_CATCH_RESET = 1

export async function connectStlink(transport: StlinkTransport, options: ConnectOptions): Promise<ConnectedStlink> {
  const ask = async (single: StlinkCommand) => (await transport.exchange([single]))[0]!
  const demand = async (single: StlinkCommand, what: string) => {
    const answer = await ask(single)
    if (statusKind(answer) !== 'ok') throw statusError(answer, what)
    return answer
  }

  const identity = await identify(ask)
  const { version } = identity
  if (!NEEDED.every((name) => isSupported(name, version))) {
    throw new AppError('PROBE_OLD_FIRMWARE', `The probe's firmware ${identity.info.firmware} is too old.`)
  }
  await leaveOtherModes(ask)
  await checkVoltage(ask)

  if (isSupported('swdDivisor', version)) {
    await demand(command('swdDivisor', { parameter: V2_FASTEST_DIVISOR }), 'Setting the clock of SWD')
  } else if (isSupported('setFrequency', version)) await demand(frequencyCommand(V3_KHZ), 'Setting the clock of SWD')

  const driveReset = (level: number) => demand(command('driveReset', { parameter: level }), 'Driving nRST')
  if (options.underReset) await driveReset(NRST.LOW)
  await demand(command('enterDebug', { parameter: ENTER_SWD }), 'Reaching the target')
  if (isSupported('openAp', version)) {
    await demand(command('openAp', { parameter: 0 }), 'Opening the access port')
  }
  const codes = await demand(command('idCodes'), 'Reading the id code')
  if (options.underReset) {
    await demand(wordCommand('writeWord', DHCSR, DHCSR_HALT), 'Stopping the core')
    await demand(wordCommand('writeWord', DEMCR, DEMCR_CATCH_RESET), 'Catching the reset')
    await driveReset(NRST.HIGH)
    await demand(wordCommand('writeWord', DEMCR, 0), 'Ending the catch of resets')
  }
  return {
    version,
    dpidr: new DataView(codes.buffer, codes.byteOffset).getUint32(4, true),
    info: { ...identity.info, serial: options.serial },
  }
}

type Ask = (command: StlinkCommand) => Promise<Uint8Array>

async function identify(ask: Ask): Promise<{ version: StlinkVersion; info: Omit<ProbeInfo, 'serial'> }> {
  const answer = await ask(command('version'))
  if (answer.length < 6) throw new AppError('PROBE_FAILED', 'The probe does not say its version.')
  const view = new DataView(answer.buffer, answer.byteOffset)
  const word = view.getUint16(0) // the only big-endian number of the protocol
  const stlink = word >>> 12
  if (stlink < 3) {
    const jtag = (word >>> 6) & 0x3f
    return { version: { stlink, jtag }, info: describe(stlink, jtag, view.getUint16(4, true)) }
  }
  const extended = await ask(command('extendedVersion'))
  if (extended.length < 12) throw new AppError('PROBE_FAILED', 'The probe does not say its extended version.')
  const jtag = extended[2]!
  const productId = new DataView(extended.buffer, extended.byteOffset).getUint16(10, true)
  return { version: { stlink, jtag }, info: describe(stlink, jtag, productId) }
}

const describe = (stlink: number, jtag: number, productId: number) => ({
  name: PRODUCTS[productId]?.name ?? `ST-Link V${stlink}`,
  firmware: `V${stlink}J${jtag}`,
})

/** What an earlier program left the probe in, or its state after power-on. */
async function leaveOtherModes(ask: Ask): Promise<void> {
  const mode = (await ask(command('mode')))[0]
  if (mode === MODE.DFU) await ask(command('leaveDfu'))
  else if (mode === MODE.SWIM) await ask(command('leaveSwim'))
  const now = (await ask(command('mode')))[0]
  if (now === MODE.DFU || now === MODE.BOOTLOADER) {
    throw new AppError('PROBE_MODE', 'The probe is in its firmware update mode and does not leave it.')
  }
}

async function checkVoltage(ask: Ask): Promise<void> {
  const answer = await ask(command('voltage'))
  if (answer.length < 8) throw new AppError('PROBE_FAILED', "The probe does not say the target's voltage.")
  const view = new DataView(answer.buffer, answer.byteOffset)
  const reference = view.getUint32(0, true)
  const volts = reference === 0 ? 0 : (2 * ADC_REFERENCE_V * view.getUint32(4, true)) / reference
  if (volts < LOWEST_VOLTAGE) {
    throw new AppError('TARGET_UNPOWERED', `The target's supply is at ${volts.toFixed(2)} V.`, { context: { volts } })
  }
}
