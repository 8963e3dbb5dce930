// The memory protection unit, PMSAv7 with eight regions. Source: ARM DDI 0403 (Armv7-M ARM), B3.5.

import type { Peripheral } from '../bus.ts'
import { PAGE_BITS, PAGE_SIZE } from '../memory.ts'
import { EXCEPTION } from './exception-numbers.ts'

/** Offsets from 0xE000E000. RBAR and RASR have three aliases each, so that STM writes four regions at once. */
const OFFSETS = { TYPE: 0xd90, CTRL: 0xd94, RNR: 0xd98, RBAR: 0xd9c, RASR: 0xda0, END: 0xdbc } as const
const REGIONS = 8
const TYPE = REGIONS << 8
const CTRL = { ENABLE: 1, HFNMIENA: 2, PRIVDEFENA: 4 } as const
const RBAR = { REGION: 0xf, VALID: 1 << 4, ADDRESS: ~31 } as const
const RASR = { ENABLE: 1, XN: 1 << 28, WRITABLE: 0x173fff3f, TEX_C_B: 0x3b0000 } as const
/** Regions of 256 bytes and more have eight subregions. */
const SMALLEST_WITH_SUBREGIONS = 8

export type Access = 'read' | 'write' | 'execute'

const READ_ONLY = 1
const READ_WRITE = 2
/** RASR.AP: [privileged, unprivileged]; 4 is reserved and grants nothing. */
const PERMISSIONS: readonly (readonly [number, number])[] = [
  [0, 0],
  [READ_WRITE, 0],
  [READ_WRITE, READ_ONLY],
  [READ_WRITE, READ_WRITE],
  [0, 0],
  [READ_ONLY, 0],
  [READ_ONLY, READ_ONLY],
  [READ_ONLY, READ_ONLY],
]

/** Through which eyes the core sees memory now. */
export type MpuView = 'off' | 'privileged' | 'unprivileged'

interface Running {
  readonly privileged: boolean
  readonly faultmask: number
  readonly nvic: { readonly active: Uint8Array }
}

export class Mpu implements Peripheral {
  /** grows whenever a register that matters changes */
  version = 0
  #control = 0
  #region = 0
  readonly #bases = new Int32Array(REGIONS)
  readonly #attributes = new Int32Array(REGIONS)
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  reset(): void {
    this.#control = this.#region = 0
    this.#bases.fill(0)
    this.#attributes.fill(0)
    this.#touch()
  }

  #touch(): void {
    this.version++
    this.#changed()
  }

  /** Off in HardFault, NMI and under FAULTMASK unless HFNMIENA says otherwise. */
  view({ privileged, faultmask, nvic }: Running, asUnprivileged = false): MpuView {
    if ((this.#control & CTRL.ENABLE) === 0) return 'off'
    const negative = faultmask !== 0 || nvic.active[EXCEPTION.NMI] === 1 || nvic.active[EXCEPTION.HardFault] === 1
    if (negative && (this.#control & CTRL.HFNMIENA) === 0) return 'off'
    return privileged && !asUnprivileged ? 'privileged' : 'unprivileged'
  }

  allows(view: MpuView, address: number, access: Access): boolean {
    // The private peripheral bus has its own rules.
    if (view === 'off' || address >>> 20 === 0xe00) return true
    const region = this.#find(address)
    if (region < 0) return view === 'privileged' && (this.#control & CTRL.PRIVDEFENA) !== 0
    const attributes = this.#attributes[region]!
    const granted = PERMISSIONS[(attributes >>> 24) & 7]![view === 'privileged' ? 0 : 1]
    if (access === 'write') return granted === READ_WRITE
    return granted !== 0 && (access === 'read' || (attributes & RASR.XN) === 0)
  }

  /** What a store there is: the architecture's memory map decides where no region does. */
  memoryType(view: MpuView, address: number): 'default' | 'bufferable' | 'strongly-ordered' {
    if (address >>> 20 === 0xe00) return 'strongly-ordered'
    const region = view === 'off' ? -1 : this.#find(address)
    if (region < 0) return 'default'
    return (this.#attributes[region]! & RASR.TEX_C_B) === 0 ? 'strongly-ordered' : 'bufferable'
  }

  /** Whether one answer holds for the whole 16 KB page: no region that matters there is smaller than it. */
  uniform(page: number): boolean {
    const start = (page << PAGE_BITS) >>> 0
    for (let region = 0; region < REGIONS; region++) {
      const attributes = this.#attributes[region]!
      if ((attributes & RASR.ENABLE) === 0) continue
      const size = this.#size(region)
      const base = this.#base(region, size)
      if (base >= start + PAGE_SIZE || base + size <= start) continue
      const parts = ((attributes >>> 8) & 0xff) === 0 ? 1 : 8
      if (size / parts < PAGE_SIZE) return false
    }
    return true
  }

  /** The region of highest number that holds the address, -1 for none. */
  #find(address: number): number {
    for (let region = REGIONS - 1; region >= 0; region--) {
      const attributes = this.#attributes[region]!
      if ((attributes & RASR.ENABLE) === 0) continue
      const size = this.#size(region)
      const offset = address - this.#base(region, size)
      if (offset < 0 || offset >= size) continue
      const disabled = size >= 2 ** SMALLEST_WITH_SUBREGIONS ? (attributes >>> 8) & 0xff : 0
      if (((disabled >>> Math.floor((offset * 8) / size)) & 1) === 0) return region
    }
    return -1
  }

  /** SIZE below 4 (32 bytes) is UNPREDICTABLE: the smallest region is taken. */
  #size(region: number): number {
    return 2 ** (Math.max(4, (this.#attributes[region]! >>> 1) & 31) + 1)
  }

  /** A base that is not a multiple of the size is UNPREDICTABLE: its low bits are ignored. */
  #base(region: number, size: number): number {
    const base = this.#bases[region]! >>> 0
    return base - (base % size)
  }

  read(offset: number): number {
    switch (offset) {
      case OFFSETS.TYPE:
        return TYPE
      case OFFSETS.CTRL:
        return this.#control
      case OFFSETS.RNR:
        return this.#region
      default:
        if (offset < OFFSETS.RBAR || offset >= OFFSETS.END) return 0
        return isBase(offset) ? this.#bases[this.#region]! | this.#region : this.#attributes[this.#region]!
    }
  }

  write(offset: number, value: number, mask: number): void {
    const merge = (old: number) => (old & ~mask) | (value & mask)
    if (offset === OFFSETS.CTRL) this.#control = merge(this.#control) & 7
    else if (offset === OFFSETS.RNR) this.#region = merge(this.#region) & (REGIONS - 1)
    else if (offset >= OFFSETS.RBAR && offset < OFFSETS.END) {
      if (isBase(offset)) this.#writeBase(merge(this.#bases[this.#region]!))
      else this.#attributes[this.#region] = merge(this.#attributes[this.#region]!) & RASR.WRITABLE
    } else return
    this.#touch()
  }

  #writeBase(value: number): void {
    if ((value & RBAR.VALID) !== 0) this.#region = value & RBAR.REGION & (REGIONS - 1)
    this.#bases[this.#region] = value & RBAR.ADDRESS
  }
}

const isBase = (offset: number) => ((offset - OFFSETS.RBAR) & 4) === 0
