// The packed-switch interpreter: one loop, one switch over the opcodes that matter for speed, with flags, PC and
// counters in locals. Anything that needs more (a peripheral, a fault, a system instruction) leaves the inner
// loop, puts the locals back into the core and goes through executeCold, then starts again.
// Where code was translated (translate/) it is entered from here and comes back here.
//
// The cases carry their opcodes as literals because V8 makes a jump table of literals only; the names behind
// them are checked against opcodes.ts by a test. i and `at` are indices into the code cache: i is the next
// instruction, at the current one; address = 2 * index + base.

import type { Core } from '../core/core.ts'
import { BRANCH_REFILL, divideExtra } from '../cycle-table.ts'
import { STATE } from '../memory.ts'
import { FIRST_COLD, FIRST_VFP } from '../opcodes.ts'
import { conditionPasses, highProduct, highProductUnsigned, shiftByRegister, shiftOperand } from './arithmetic.ts'
import { executeCold } from './cold.ts'
import { executeDsp } from './dsp.ts'
import { executeVfp } from './vfp.ts'

/** Of a decoded word: its cycles. */
const CYCLES_MASK = 31 << 22

/** Executes one instruction, whatever it takes: the first of two that issue together takes nothing. */
export function interpretOne(core: Core): void {
  const { pc, instructions } = core
  // What only prepares an instruction, such as storing a floating-point context, leaves it to be executed.
  do interpret(core, 0)
  while (core.pc === pc && core.instructions === instructions && !core.attention)
}

/**
 * Runs about `budget` cycles, one instruction at least, less when the core needs attention (core.attention is then set).
 */
export function interpret(core: Core, budget: number): void {
  const { r: R, s32: S, memory, code } = core
  const { words: W, immediates: IM, it: IT } = code
  const { state, loads: L, stores: ST, fetches: X, u8: U8, s8: S8, u16: U16, s16: S16, s32: M } = memory
  // An offset is negative (bit 31) where the slow path must look; the other bits are misalignment.
  const WORD = 0x80000003 | 0
  const HALF = 0x80000001 | 0
  const timing = core.memoryTiming
  // What memory costs in time: without timing no offset is below the ends, and no index at the end of the line.
  const loadsEnd = timing === undefined ? 0 : timing.loadsEnd | 0
  const storesEnd = timing === undefined ? 0 : timing.storesEnd | 0
  const inLine = timing === undefined ? 0 : (1 << (timing.lineBits - 1)) - 1
  const untimed = timing === undefined ? 0x7fffffff : 0
  // Small integers all of them, whatever they were outside: V8 keeps such locals in registers.
  let limit = Math.min(Math.ceil(budget), 0x3fffffff) | 0
  const end = core.cycles + limit

  for (;;) {
    const start = X[core.pc >>> 14]! | (core.pc & 0x3fff)
    if (start < 0) {
      core.faults.fetch(core.pc)
      return
    }
    let i = start >> 1
    let at = i
    let base = (core.pc - start) | 0
    // where the line ends that instructions are executed from; 0 where that has to be looked up
    let lineEnd = untimed
    let N = core.n | 0
    let Z = core.z | 0
    let C = core.c | 0
    let V = core.v | 0
    const fp = core.fpu.active
    let n = 0
    let cyc = 0
    let w = 0

    hot: {
      do {
        w = W[i]!
        if (w <= 0) {
          if (w === 0) {
            code.decode(i, ((i << 1) + base) >>> 0)
            w = W[i]!
          }
          if ((w & 511) === 0) {
            // Translated code starts here.
            state[STATE.N] = N
            state[STATE.Z] = Z
            state[STATE.C] = C
            state[STATE.V] = V
            state[STATE.BASE] = base
            state[STATE.FP] = fp ? 1 : 0
            state[STATE.Q] = 0
            state[STATE.LEFT] = limit - cyc
            state[STATE.COUNT] = 0
            i = code.translations!.drive(i)
            // It may have waited for the line of an instruction that it then could not do.
            cyc = limit - state[STATE.LEFT]!
            if (state[STATE.COUNT] !== 0) {
              N = state[STATE.N]!
              Z = state[STATE.Z]!
              C = state[STATE.C]!
              V = state[STATE.V]!
              base = state[STATE.BASE]!
              n += state[STATE.COUNT]!
              if (state[STATE.Q] !== 0) core.q = 1
              lineEnd = untimed
              continue
            }
            // It would not go on: too little of the budget is left, or the first instruction needs the whole core.
            w = code.decoded(i)
          }
          if (w < 0 && !conditionPasses(IT[i]! >>> 4, N, Z, C, V)) {
            if (i >= lineEnd) {
              cyc += timing!.fetch(i)
              lineEnd = (i | inLine) + 1
            }
            n++
            if ((w & CYCLES_MASK) !== 0) cyc++
            i += 1 + ((w >>> 21) & 1)
            continue
          }
        }
        at = i
        if (i >= lineEnd) {
          cyc += timing!.fetch(i)
          lineEnd = (i | inLine) + 1
        }
        i += 1 + ((w >>> 21) & 1)
        n++
        cyc += (w >>> 22) & 31
        const a = (w >>> 9) & 15
        const b = (w >>> 13) & 15
        const im = IM[at]!
        taken: {
          // prettier-ignore
          switch (w & 511) {
          case 1: /* MOV_I */ R[a] = im; break
          case 2: /* MOVS_I */ R[a] = N = Z = im; if ((w & 0x60000) !== 0) C = ((w >>> 17) & 3) - 1; break
          case 3: /* MOVT */ R[a] = (R[a]! & 0xffff) | im; break
          case 4: /* MOV_R */ R[a] = R[b]!; break
          case 5: /* MOVS_R */ R[a] = N = Z = R[b]!; break
          case 6: /* MVN_R */ R[a] = ~R[b]!; break
          case 7: /* MVNS_R */ R[a] = N = Z = ~R[b]!; break
          case 8: /* ADD_I */ R[a] = R[b]! + im; break
          case 9: /* ADDS_I */ { const x = R[b]!; N = Z = R[a] = (x + im) | 0; C = (N >>> 0) < (x >>> 0) ? 1 : 0; V = ((x ^ N) & (im ^ N)) >>> 31; break }
          case 10: /* ADD_R */ R[a] = R[b]! + R[(w >>> 17) & 15]!; break
          case 11: /* ADDS_R */ { const x = R[b]!, y = R[(w >>> 17) & 15]!; N = Z = R[a] = (x + y) | 0; C = (N >>> 0) < (x >>> 0) ? 1 : 0; V = ((x ^ N) & (y ^ N)) >>> 31; break }
          case 12: /* SUB_R */ R[a] = R[b]! - R[(w >>> 17) & 15]!; break
          case 13: /* SUBS_I */ { const x = R[b]!; N = Z = R[a] = (x - im) | 0; C = (x >>> 0) >= (im >>> 0) ? 1 : 0; V = ((x ^ im) & (x ^ N)) >>> 31; break }
          case 14: /* SUBS_R */ { const x = R[b]!, y = R[(w >>> 17) & 15]!; N = Z = R[a] = (x - y) | 0; C = (x >>> 0) >= (y >>> 0) ? 1 : 0; V = ((x ^ y) & (x ^ N)) >>> 31; break }
          case 15: /* ADC_I */ R[a] = R[b]! + im + C; break
          case 16: /* ADCS_I */ { const x = R[b]!, sum = (x >>> 0) + (im >>> 0) + C; N = Z = R[a] = sum | 0; C = sum > 0xffffffff ? 1 : 0; V = ((x ^ N) & (im ^ N)) >>> 31; break }
          case 17: /* ADC_R */ R[a] = R[b]! + R[(w >>> 17) & 15]! + C; break
          case 18: /* ADCS_R */ { const x = R[b]!, y = R[(w >>> 17) & 15]!, sum = (x >>> 0) + (y >>> 0) + C; N = Z = R[a] = sum | 0; C = sum > 0xffffffff ? 1 : 0; V = ((x ^ N) & (y ^ N)) >>> 31; break }
          case 19: /* SBC_R */ R[a] = R[b]! + ~R[(w >>> 17) & 15]! + C; break
          case 20: /* SBCS_R */ { const x = R[b]!, y = ~R[(w >>> 17) & 15]!, sum = (x >>> 0) + (y >>> 0) + C; N = Z = R[a] = sum | 0; C = sum > 0xffffffff ? 1 : 0; V = ((x ^ N) & (y ^ N)) >>> 31; break }
          case 21: /* RSB_I */ R[a] = im - R[b]!; break
          case 22: /* RSBS_I */ { const y = R[b]!; N = Z = R[a] = (im - y) | 0; C = (im >>> 0) >= (y >>> 0) ? 1 : 0; V = ((im ^ y) & (im ^ N)) >>> 31; break }
          case 23: /* CMP_I */ { const x = R[b]!; N = Z = (x - im) | 0; C = (x >>> 0) >= (im >>> 0) ? 1 : 0; V = ((x ^ im) & (x ^ N)) >>> 31; break }
          case 24: /* CMP_R */ { const x = R[b]!, y = R[(w >>> 17) & 15]!; N = Z = (x - y) | 0; C = (x >>> 0) >= (y >>> 0) ? 1 : 0; V = ((x ^ y) & (x ^ N)) >>> 31; break }
          case 25: /* CMN_I */ { const x = R[b]!; N = Z = (x + im) | 0; C = (N >>> 0) < (x >>> 0) ? 1 : 0; V = ((x ^ N) & (im ^ N)) >>> 31; break }
          case 26: /* CMN_R */ { const x = R[b]!, y = R[(w >>> 17) & 15]!; N = Z = (x + y) | 0; C = (N >>> 0) < (x >>> 0) ? 1 : 0; V = ((x ^ N) & (y ^ N)) >>> 31; break }
          case 27: /* AND_I */ R[a] = R[b]! & im; break
          case 28: /* ANDS_I */ R[a] = N = Z = R[b]! & im; if ((w & 0x60000) !== 0) C = ((w >>> 17) & 3) - 1; break
          case 29: /* AND_R */ R[a] = R[b]! & R[(w >>> 17) & 15]!; break
          case 30: /* ANDS_R */ R[a] = N = Z = R[b]! & R[(w >>> 17) & 15]!; break
          case 31: /* ORR_I */ R[a] = R[b]! | im; break
          case 32: /* ORRS_I */ R[a] = N = Z = R[b]! | im; if ((w & 0x60000) !== 0) C = ((w >>> 17) & 3) - 1; break
          case 33: /* ORR_R */ R[a] = R[b]! | R[(w >>> 17) & 15]!; break
          case 34: /* ORRS_R */ R[a] = N = Z = R[b]! | R[(w >>> 17) & 15]!; break
          case 35: /* EOR_I */ R[a] = R[b]! ^ im; break
          case 36: /* EORS_I */ R[a] = N = Z = R[b]! ^ im; if ((w & 0x60000) !== 0) C = ((w >>> 17) & 3) - 1; break
          case 37: /* EOR_R */ R[a] = R[b]! ^ R[(w >>> 17) & 15]!; break
          case 38: /* EORS_R */ R[a] = N = Z = R[b]! ^ R[(w >>> 17) & 15]!; break
          case 39: /* BIC_R */ R[a] = R[b]! & ~R[(w >>> 17) & 15]!; break
          case 40: /* BICS_R */ R[a] = N = Z = R[b]! & ~R[(w >>> 17) & 15]!; break
          case 41: /* TST_I */ N = Z = R[b]! & im; if ((w & 0x60000) !== 0) C = ((w >>> 17) & 3) - 1; break
          case 42: /* TST_R */ N = Z = R[b]! & R[(w >>> 17) & 15]!; break
          case 43: /* TEQ_I */ N = Z = R[b]! ^ im; if ((w & 0x60000) !== 0) C = ((w >>> 17) & 3) - 1; break
          case 44: /* LSL_I */ R[a] = R[b]! << im; break
          case 45: /* LSLS_I */ { const x = R[b]!; C = (x >>> (32 - im)) & 1; R[a] = N = Z = x << im; break }
          case 46: /* LSR_I */ R[a] = im === 32 ? 0 : R[b]! >>> im; break
          case 47: /* LSRS_I */ { const x = R[b]!; C = (x >>> (im - 1)) & 1; N = Z = R[a] = im === 32 ? 0 : (x >>> im) | 0; break }
          case 48: /* ASR_I */ R[a] = R[b]! >> (im === 32 ? 31 : im); break
          case 49: /* ASRS_I */ { const x = R[b]!; C = (x >> (im - 1)) & 1; N = Z = R[a] = x >> (im === 32 ? 31 : im); break }
          case 50: /* SHIFT_R */ R[a] = shiftByRegister(im, R[b]!, R[(w >>> 17) & 15]! & 255); break
          case 51: /* SHIFTS_R */ { const x = R[b]!, by = R[(w >>> 17) & 15]! & 255; N = Z = R[a] = shiftByRegister(im, x, by); if (by !== 0) C = im === 0 ? (by > 32 ? 0 : (x >>> (32 - by)) & 1) : im === 1 ? (by > 32 ? 0 : (x >>> (by - 1)) & 1) : im === 2 ? (x >> (by > 32 ? 31 : by - 1)) & 1 : N >>> 31; break }
          case 52: /* DP_SHIFT */ {
            const x = R[b]!, y = shiftOperand(im & 255, im >>> 8, R[(w >>> 17) & 15]!, C)
            switch ((w >>> 27) & 15) {
              case 0: R[a] = x & y; break
              case 1: R[a] = x & ~y; break
              case 2: R[a] = x | y; break
              case 3: R[a] = x | ~y; break
              case 4: R[a] = x ^ y; break
              case 5: R[a] = y; break
              case 6: R[a] = ~y; break
              case 8: R[a] = x + y; break
              case 10: R[a] = x + y + C; break
              case 11: R[a] = x + ~y + C; break
              case 13: R[a] = x - y; break
              default: R[a] = y - x
            }
            break
          }
          case 53: /* DPS_SHIFT */ {
            const x = R[b]!, source = R[(w >>> 17) & 15]!, type = im & 255, by = im >>> 8
            const y = shiftOperand(type, by, source, C)
            const carry = type === 0 ? (by === 0 ? C : (source >>> (32 - by)) & 1) : type === 4 ? source & 1 : (source >> (by - 1)) & 1
            const sub = (w >>> 27) & 15
            if (sub < 8) {
              N = Z = sub === 0 ? x & y : sub === 1 ? x & ~y : sub === 2 ? x | y : sub === 3 ? x | ~y : sub === 4 ? x ^ y : sub === 5 ? y : ~y
              C = carry
            } else {
              // SUB, SBC and RSB are additions of a complement
              const p = sub === 14 ? ~x : x, q = sub === 14 || sub < 11 ? y : ~y
              const sum = (p >>> 0) + (q >>> 0) + (sub === 8 ? 0 : sub < 13 ? C : 1)
              N = Z = sum | 0
              C = sum > 0xffffffff ? 1 : 0
              V = ((p ^ N) & (q ^ N)) >>> 31
            }
            R[a] = N
            break
          }
          case 54: /* ADD_LSL */ R[a] = R[b]! + (R[(w >>> 17) & 15]! << im); break
          case 55: /* ADR */ R[a] = (((at << 1) + base + 4) & ~3) + im; break
          case 56: /* MUL */ R[a] = Math.imul(R[b]!, R[(w >>> 17) & 15]!); break
          case 57: /* MULS */ R[a] = N = Z = Math.imul(R[b]!, R[(w >>> 17) & 15]!); break
          case 58: /* MLA */ R[a] = Math.imul(R[b]!, R[(w >>> 17) & 15]!) + R[(w >>> 27) & 15]!; break
          case 59: /* MLS */ R[a] = R[(w >>> 27) & 15]! - Math.imul(R[b]!, R[(w >>> 17) & 15]!); break
          case 60: /* UMULL */ { const x = R[b]!, y = R[(w >>> 17) & 15]!; R[a] = Math.imul(x, y); R[(w >>> 27) & 15] = highProductUnsigned(x, y); break }
          case 61: /* SMULL */ { const x = R[b]!, y = R[(w >>> 17) & 15]!; R[a] = Math.imul(x, y); R[(w >>> 27) & 15] = highProduct(x, y); break }
          case 62: /* UMLAL */ { const x = R[b]!, y = R[(w >>> 17) & 15]!, low = (Math.imul(x, y) >>> 0) + (R[a]! >>> 0); R[a] = low; R[(w >>> 27) & 15] = highProductUnsigned(x, y) + R[(w >>> 27) & 15]! + (low > 0xffffffff ? 1 : 0); break }
          case 63: /* SMLAL */ { const x = R[b]!, y = R[(w >>> 17) & 15]!, low = (Math.imul(x, y) >>> 0) + (R[a]! >>> 0); R[a] = low; R[(w >>> 27) & 15] = highProduct(x, y) + R[(w >>> 27) & 15]! + (low > 0xffffffff ? 1 : 0); break }
          case 64: /* SDIV */ { const x = R[b]!, y = R[(w >>> 17) & 15]!; if (y === 0) { if (core.divideTrap) break hot; R[a] = 0; break } R[a] = (x / y) | 0; cyc += divideExtra(Math.abs(x), Math.abs(y)); break }
          case 65: /* UDIV */ { const x = R[b]! >>> 0, y = R[(w >>> 17) & 15]! >>> 0; if (y === 0) { if (core.divideTrap) break hot; R[a] = 0; break } R[a] = (x / y) | 0; cyc += divideExtra(x, y); break }
          case 66: /* SMLAD */ { const x = R[b]!, y = R[(w >>> 17) & 15]!; const sum = Math.imul((x << 16) >> 16, (y << 16) >> 16) + Math.imul(x >> 16, y >> 16) + R[(w >>> 27) & 15]!; const word = sum | 0; if (word !== sum) core.q = 1; R[a] = word; break }
          case 67: /* SXTB16 */ { const x = R[b]!, y = im === 0 ? x : (x >>> im) | (x << (32 - im)); R[a] = (((y << 24) >> 24) & 0xffff) | (((y << 8) >> 24) << 16); break }
          case 68: /* SXTB */ R[a] = (R[b]! << 24) >> 24; break
          case 69: /* SXTH */ R[a] = (R[b]! << 16) >> 16; break
          case 70: /* UXTB */ R[a] = R[b]! & 0xff; break
          case 71: /* UXTH */ R[a] = R[b]! & 0xffff; break
          case 72: /* CLZ */ R[a] = Math.clz32(R[b]!); break
          case 73: /* UBFX */ R[a] = (R[b]! << (32 - (im & 255) - (im >>> 8))) >>> (32 - (im >>> 8)); break
          case 74: /* SBFX */ R[a] = (R[b]! << (32 - (im & 255) - (im >>> 8))) >> (32 - (im >>> 8)); break
          case 75: /* BFI */ { const mask = (0xffffffff >>> (32 - (im >>> 8))) << (im & 255); R[a] = (R[a]! & ~mask) | (b === 15 ? 0 : (R[b]! << (im & 255)) & mask); break }
          case 76: /* B */ i = im; break taken
          case 77: /* BEQ */ if (Z === 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 78: /* BNE */ if (Z !== 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 79: /* BCS */ if (C !== 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 80: /* BCC */ if (C === 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 81: /* BMI */ if (N < 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 82: /* BPL */ if (N >= 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 83: /* BVS */ if (V !== 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 84: /* BVC */ if (V === 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 85: /* BHI */ if (C !== 0 && Z !== 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 86: /* BLS */ if (C === 0 || Z === 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 87: /* BGE */ if (N >>> 31 === V) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 88: /* BLT */ if (N >>> 31 !== V) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 89: /* BGT */ if (Z !== 0 && N >>> 31 === V) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 90: /* BLE */ if (Z === 0 || N >>> 31 !== V) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 91: /* CBZ */ if (R[b] === 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 92: /* CBNZ */ if (R[b] !== 0) { i = im; cyc += (w << 1) >> 28; break taken } break
          case 93: /* BL */ R[14] = ((i << 1) + base) | 1; i = im; break taken
          case 94: /* BX */ { const to = R[b]!, o = X[to >>> 14]! | (to & 0x3ffe); if ((to & 1) === 0 || o < 0) break hot; i = o >> 1; base = (to & ~1) - o; break taken }
          case 95: /* BLX */ { const to = R[b]!, o = X[to >>> 14]! | (to & 0x3ffe); if ((to & 1) === 0 || o < 0) break hot; R[14] = ((i << 1) + base) | 1; i = o >> 1; base = (to & ~1) - o; break taken }
          case 96: /* TBB */ { const ad = (b === 15 ? (at << 1) + base + 4 : R[b]!) + R[(w >>> 17) & 15]!, o = L[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); i = at + 2 + U8[o]!; break taken }
          case 97: /* TBH */ { const ad = (b === 15 ? (at << 1) + base + 4 : R[b]!) + (R[(w >>> 17) & 15]! << 1), o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); i = at + 2 + U16[o >> 1]!; break taken }
          case 98: /* NOP */ break
          case 99: /* IT */ break
          case 100: /* LDR_I */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = M[o >> 2]!; break }
          case 101: /* LDR_R */ { const ad = R[b]! + (R[(w >>> 17) & 15]! << im), o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = M[o >> 2]!; break }
          case 102: /* LDR_POST */ { const ad = R[b]!, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad + im; R[a] = M[o >> 2]!; break }
          case 103: /* LDR_PRE */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad; R[a] = M[o >> 2]!; break }
          case 104: /* LDRB_I */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = U8[o]!; break }
          case 105: /* LDRB_R */ { const ad = R[b]! + (R[(w >>> 17) & 15]! << im), o = L[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = U8[o]!; break }
          case 106: /* LDRB_POST */ { const ad = R[b]!, o = L[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad + im; R[a] = U8[o]!; break }
          case 107: /* LDRB_PRE */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad; R[a] = U8[o]!; break }
          case 108: /* LDRSB_I */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = S8[o]!; break }
          case 109: /* LDRSB_R */ { const ad = R[b]! + (R[(w >>> 17) & 15]! << im), o = L[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = S8[o]!; break }
          case 110: /* LDRSB_POST */ { const ad = R[b]!, o = L[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad + im; R[a] = S8[o]!; break }
          case 111: /* LDRSB_PRE */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad; R[a] = S8[o]!; break }
          case 112: /* LDRH_I */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = U16[o >> 1]!; break }
          case 113: /* LDRH_R */ { const ad = R[b]! + (R[(w >>> 17) & 15]! << im), o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = U16[o >> 1]!; break }
          case 114: /* LDRH_POST */ { const ad = R[b]!, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad + im; R[a] = U16[o >> 1]!; break }
          case 115: /* LDRH_PRE */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad; R[a] = U16[o >> 1]!; break }
          case 116: /* LDRSH_I */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = S16[o >> 1]!; break }
          case 117: /* LDRSH_R */ { const ad = R[b]! + (R[(w >>> 17) & 15]! << im), o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = S16[o >> 1]!; break }
          case 118: /* LDRSH_POST */ { const ad = R[b]!, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad + im; R[a] = S16[o >> 1]!; break }
          case 119: /* LDRSH_PRE */ { const ad = R[b]! + im, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[b] = ad; R[a] = S16[o >> 1]!; break }
          case 120: /* STR_I */ { const ad = R[b]! + im, o = ST[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) { if (core.storeNearCode(ad, 4, R[a]!)) break; break hot } if (o < storesEnd) cyc += timing!.store(o); M[o >> 2] = R[a]!; break }
          case 121: /* STR_R */ { const ad = R[b]! + (R[(w >>> 17) & 15]! << im), o = ST[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) { if (core.storeNearCode(ad, 4, R[a]!)) break; break hot } if (o < storesEnd) cyc += timing!.store(o); M[o >> 2] = R[a]!; break }
          case 122: /* STR_POST */ { const ad = R[b]!, o = ST[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) break hot; if (o < storesEnd) cyc += timing!.store(o); M[o >> 2] = R[a]!; R[b] = ad + im; break }
          case 123: /* STR_PRE */ { const ad = R[b]! + im, o = ST[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) break hot; if (o < storesEnd) cyc += timing!.store(o); M[o >> 2] = R[a]!; R[b] = ad; break }
          case 124: /* STRB_I */ { const ad = R[b]! + im, o = ST[ad >>> 14]! | (ad & 0x3fff); if (o < 0) { if (core.storeNearCode(ad, 1, R[a]!)) break; break hot } if (o < storesEnd) cyc += timing!.store(o); U8[o] = R[a]!; break }
          case 125: /* STRB_R */ { const ad = R[b]! + (R[(w >>> 17) & 15]! << im), o = ST[ad >>> 14]! | (ad & 0x3fff); if (o < 0) { if (core.storeNearCode(ad, 1, R[a]!)) break; break hot } if (o < storesEnd) cyc += timing!.store(o); U8[o] = R[a]!; break }
          case 126: /* STRB_POST */ { const ad = R[b]!, o = ST[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < storesEnd) cyc += timing!.store(o); U8[o] = R[a]!; R[b] = ad + im; break }
          case 127: /* STRB_PRE */ { const ad = R[b]! + im, o = ST[ad >>> 14]! | (ad & 0x3fff); if (o < 0) break hot; if (o < storesEnd) cyc += timing!.store(o); U8[o] = R[a]!; R[b] = ad; break }
          case 128: /* STRH_I */ { const ad = R[b]! + im, o = ST[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) { if (core.storeNearCode(ad, 2, R[a]!)) break; break hot } if (o < storesEnd) cyc += timing!.store(o); U16[o >> 1] = R[a]!; break }
          case 129: /* STRH_R */ { const ad = R[b]! + (R[(w >>> 17) & 15]! << im), o = ST[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) { if (core.storeNearCode(ad, 2, R[a]!)) break; break hot } if (o < storesEnd) cyc += timing!.store(o); U16[o >> 1] = R[a]!; break }
          case 130: /* STRH_POST */ { const ad = R[b]!, o = ST[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < storesEnd) cyc += timing!.store(o); U16[o >> 1] = R[a]!; R[b] = ad + im; break }
          case 131: /* STRH_PRE */ { const ad = R[b]! + im, o = ST[ad >>> 14]! | (ad & 0x3fff); if ((o & HALF) !== 0) break hot; if (o < storesEnd) cyc += timing!.store(o); U16[o >> 1] = R[a]!; R[b] = ad; break }
          case 132: /* LDR_LIT */ { const ad = (((at << 1) + base + 4) & ~3) + im, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); R[a] = M[o >> 2]!; break }
          case 133: /* LDRD */ {
            // d: bit 0 write-back, bit 1 post-index
            const from = b === 15 ? ((at << 1) + base + 4) & ~3 : R[b]!
            const ad = (w & 0x10000000) !== 0 ? from : from + im
            const o = L[ad >>> 14]! | (ad & 0x3fff), o2 = L[(ad + 4) >>> 14]! | ((ad + 4) & 0x3fff)
            if (((o | o2) & WORD) !== 0) break hot
            if (o < loadsEnd) cyc += timing!.load(o)
            if (o2 < loadsEnd) cyc += timing!.load(o2)
            const low = M[o >> 2]!
            if ((w & 0x8000000) !== 0) R[b] = from + im
            R[(w >>> 17) & 15] = M[o2 >> 2]!
            R[a] = low
            break
          }
          case 134: /* STRD */ {
            const from = R[b]!
            const ad = (w & 0x10000000) !== 0 ? from : from + im
            const o = ST[ad >>> 14]! | (ad & 0x3fff), o2 = ST[(ad + 4) >>> 14]! | ((ad + 4) & 0x3fff)
            if (((o | o2) & WORD) !== 0) break hot
            if (o < storesEnd) cyc += timing!.store(o)
            if (o2 < storesEnd) cyc += timing!.store(o2)
            M[o >> 2] = R[a]!
            M[o2 >> 2] = R[(w >>> 17) & 15]!
            if ((w & 0x8000000) !== 0) R[b] = from + im
            break
          }
          case 135: /* LDM */ {
            // d: bit 0 write-back, bit 1 decrement before; imm: list | count << 16
            const size = (im >>> 16) << 2
            const from = (w & 0x10000000) !== 0 ? R[b]! - size : R[b]!
            const end = from + size - 4
            const o = L[from >>> 14]! | (from & 0x3fff), last = L[end >>> 14]! | (end & 0x3fff)
            if (((o | last) & WORD) !== 0 || last - o !== size - 4) break hot
            let to = 0
            if ((im & 0x8000) !== 0) {
              to = M[last >> 2]!
              const target = X[to >>> 14]! | (to & 0x3ffe)
              if ((to & 1) === 0 || target < 0) break hot
              i = target >> 1
              base = ((to & ~1) - target) | 0
              cyc += BRANCH_REFILL
            }
            if (o < loadsEnd) for (let each = o; each <= last; each += 4) cyc += timing!.load(each)
            let p = o >> 2
            for (let list = im & 0x7fff; list !== 0; list &= list - 1) R[31 - Math.clz32(list & -list)] = M[p++]!
            if ((w & 0x8000000) !== 0) R[b] = (w & 0x10000000) !== 0 ? from : from + size
            if ((im & 0x8000) !== 0) break taken
            break
          }
          case 136: /* STM */ {
            const size = (im >>> 16) << 2
            const from = (w & 0x10000000) !== 0 ? R[b]! - size : R[b]!
            const end = from + size - 4
            const o = ST[from >>> 14]! | (from & 0x3fff), last = ST[end >>> 14]! | (end & 0x3fff)
            if (((o | last) & WORD) !== 0 || last - o !== size - 4) break hot
            if (o < storesEnd) for (let each = o; each <= last; each += 4) cyc += timing!.store(each)
            let p = o >> 2
            for (let list = im & 0x7fff; list !== 0; list &= list - 1) M[p++] = R[31 - Math.clz32(list & -list)]!
            if ((w & 0x8000000) !== 0) R[b] = (w & 0x10000000) !== 0 ? from : from + size
            break
          }
          case 137: /* VLDR */ { if (!fp) break hot; const ad = (b === 15 ? ((at << 1) + base + 4) & ~3 : R[b]!) + im, o = L[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) break hot; if (o < loadsEnd) cyc += timing!.load(o); S[a | (((w >>> 17) & 1) << 4)] = M[o >> 2]!; break }
          case 138: /* VSTR */ { if (!fp) break hot; const ad = R[b]! + im, o = ST[ad >>> 14]! | (ad & 0x3fff); if ((o & WORD) !== 0) break hot; if (o < storesEnd) cyc += timing!.store(o); M[o >> 2] = S[a | (((w >>> 17) & 1) << 4)]!; break }
          case 139: /* VMRS_APSR */ { if (!fp) break hot; const flags = core.fpu.fpscr; N = flags; Z = ((flags >>> 30) & 1) ^ 1; C = (flags >>> 29) & 1; V = (flags >>> 28) & 1; break }
          default: {
            const op = w & 511
            if (op >= FIRST_COLD) break hot
            if (op < FIRST_VFP) executeDsp(core, op, w, im)
            else if (fp) executeVfp(core, op, w, im)
            else break hot
          }
        }
          continue
        }
        // A branch was taken. Its second halfword may be in another line than its first, and so may its target.
        if (timing !== undefined) {
          if (at + ((w >>> 21) & 1) >= lineEnd) cyc += timing.fetch(lineEnd)
          lineEnd = 0
        }
      } while (cyc < limit)
      core.suspend(((i << 1) + base) >>> 0, N, Z, C, V, n, cyc)
      return
    }
    core.suspend(((at << 1) + base) >>> 0, N, Z, C, V, n, cyc)
    executeCold(core, w, IM[at]!)
    // It may have taken more than its row says (state to be stored), or nothing (to be executed again).
    limit = (end - core.cycles) | 0
    if (core.attention || limit <= 0) return
  }
}
