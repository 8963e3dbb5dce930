// MRS and MSR. Source: ARM DDI 0403 (Armv7-M ARM), B5.2.2 and B5.2.3.

import type { Core } from '../core/core.ts'

const SYSM = { MSP: 8, PSP: 9, PRIMASK: 16, BASEPRI: 17, BASEPRI_MAX: 18, FAULTMASK: 19, CONTROL: 20 } as const
const IPSR_BIT = 1
const FLAGS_EXCLUDED_BIT = 4
const APSR_BITS = 0xf80f0000 | 0
/** MSR's mask field. */
const WRITE_GE = 1
const WRITE_FLAGS = 2

export function readSpecial(core: Core, sysm: number): number {
  if (sysm < 8) {
    const ipsr = sysm & IPSR_BIT ? core.ipsr : 0
    return ipsr | (sysm & FLAGS_EXCLUDED_BIT ? 0 : core.apsr & APSR_BITS)
  }
  if (!core.privileged && sysm !== SYSM.CONTROL) return 0
  switch (sysm) {
    case SYSM.MSP:
      return core.msp
    case SYSM.PSP:
      return core.psp
    case SYSM.PRIMASK:
      return core.primask
    case SYSM.BASEPRI:
    case SYSM.BASEPRI_MAX:
      return core.basepri
    case SYSM.FAULTMASK:
      return core.faultmask
    case SYSM.CONTROL:
      return core.control
    default:
      return 0
  }
}

export function writeSpecial(core: Core, sysm: number, mask: number, value: number): void {
  if (sysm < 4) {
    const kept = core.apsr
    const flags = mask & WRITE_FLAGS ? value : kept
    const ge = mask & WRITE_GE ? value : kept
    core.apsr = (flags & 0xf8000000) | (ge & 0x000f0000)
    return
  }
  if (!core.privileged) return
  core.attention = true
  switch (sysm) {
    case SYSM.MSP:
      core.msp = value
      break
    case SYSM.PSP:
      core.psp = value
      break
    case SYSM.PRIMASK:
      core.primask = value & 1
      break
    case SYSM.BASEPRI:
      core.basepri = value & 0xf0
      break
    case SYSM.BASEPRI_MAX: {
      const priority = value & 0xf0
      if (priority !== 0 && (core.basepri === 0 || priority < core.basepri)) core.basepri = priority
      break
    }
    case SYSM.FAULTMASK:
      if ((value & 1) === 0 || core.nvic.executionPriority(core) > -1) core.faultmask = value & 1
      break
    case SYSM.CONTROL:
      if (core.ipsr === 0) core.selectStack((value & 2) !== 0)
      core.unprivileged = (value & 1) !== 0
      core.fpContext = (value & 4) !== 0
      core.updateFpu()
      break
  }
}
