// Cortex-M4 instruction timing at zero wait states. Source: ARM DDI 0439 (Cortex-M4 TRM), tables 3-1 and 7-1.
// Where the manual gives a range the choice is stated here. Flash wait states come on top of it, where the chip's are
// modelled (stm32/flash-accelerator.ts). docs/timing.md says what the figures are worth.

export const CYCLES = {
  alu: 1,
  /** plus DIVIDE_EXTRA, by operand */
  divide: 2,
  branch: 3,
  /** not taken; BRANCH_REFILL more when taken (timing/m4-timing.ts) */
  conditionalBranch: 1,
  tableBranch: 4,
  /** 1 when a load or store that doesn't need its result follows (the manual's pipelining rule) */
  load: 2,
  loadBranch: 4,
  store: 1,
  /** plus one for each word moved */
  multiple: 1,
  barrier: 1,
  vfpStore: 2,
  vfpAccumulate: 3,
  vfpDivide: 14,
  vfpPair: 2,
} as const

export type CycleClass = keyof typeof CYCLES

/** P of the manual, 1 to 3 by alignment and width of the target: the middle is taken. */
export const BRANCH_REFILL = 2

/**
 * Cycles of SDIV and UDIV beyond the first two. The manual says 2 to 12, earlier for quotients of few bits;
 * this spreads the ten over the 32 possible quotient bits.
 */
export function divideExtra(dividend: number, divisor: number): number {
  if (divisor === 0) return 0
  const bits = Math.clz32(divisor) - Math.clz32(dividend) + 1
  return bits <= 0 ? 0 : (bits * 10 + 31) >> 5
}

/** Interrupt latency and return (ARM DDI 0439, 3.9); from one handler straight to the next. */
export const EXCEPTION_ENTRY = 12
export const EXCEPTION_RETURN = 10
export const TAIL_CHAIN = 6
/** S0 to S15 and FPSCR to or from the stack: 29 cycles of entry instead of 12 (ARM application note 298). */
export const FLOAT_STATE = 17
