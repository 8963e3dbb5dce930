import { AppError } from '../base/errors.ts'

/** How far a tensor lies from its reference, over all samples that were measured. Real values unless said. */
export interface TensorErrors {
  values: number
  maxAbs: number
  meanAbs: number
  /** max |a - b| / max |b| of the worst sample, b the reference */
  relative: number
  /** 10 log10(sum b² / sum (a - b)²); null where there is no error at all */
  sqnrDb: number | null
  /** of the angle between the two over all samples; 1 where both are zero */
  cosine: number
  /** values that are not the same bits; 0 for an exact stage */
  mismatches: number
  /** the largest difference in quanta, where both hold integers of one scale; else null */
  maxQuanta: number | null
}

/** Collects TensorErrors sample by sample. `quantum`: the scale where both tensors are integers, to count in quanta. */
export class ErrorMeter {
  readonly #quantum: number | undefined
  #values = 0
  #maxAbs = 0
  #sumAbs = 0
  #relative = 0
  #signal = 0
  #noise = 0
  #given = 0
  #product = 0
  #mismatches = 0

  constructor(quantum?: number) {
    this.#quantum = quantum
  }

  /** Real values. A value that is not finite on one side only is an infinite error. */
  add(reference: ArrayLike<number>, given: ArrayLike<number>): void {
    if (reference.length !== given.length)
      throw new AppError('VERIFY_FAILED', `A tensor of ${given.length} values was compared with ${reference.length}.`)
    let maxAbs = 0
    let maxReference = 0
    for (let i = 0; i < reference.length; i++) {
      const [b, a] = [reference[i]!, given[i]!]
      const error = Object.is(a, b) || a === b ? 0 : Number.isNaN(a - b) ? Infinity : Math.abs(a - b)
      if (error > maxAbs) maxAbs = error
      if (Math.abs(b) > maxReference) maxReference = Math.abs(b)
      if (error !== 0) this.#mismatches++
      this.#sumAbs += error
      this.#noise += error * error
      this.#signal += b * b
      this.#given += a * a
      this.#product += a * b
    }
    this.#values += reference.length
    this.#maxAbs = Math.max(this.#maxAbs, maxAbs)
    if (maxAbs > 0) this.#relative = Math.max(this.#relative, maxAbs / maxReference)
  }

  result(): TensorErrors {
    const norms = Math.sqrt(this.#signal * this.#given)
    return {
      values: this.#values,
      maxAbs: this.#maxAbs,
      meanAbs: this.#values === 0 ? 0 : this.#sumAbs / this.#values,
      relative: this.#relative,
      sqnrDb: this.#noise === 0 ? null : 10 * Math.log10(this.#signal / this.#noise),
      cosine: norms === 0 ? (this.#signal === this.#given ? 1 : 0) : this.#product / norms,
      mismatches: this.#mismatches,
      maxQuanta: this.#quantum === undefined ? null : Math.round(this.#maxAbs / this.#quantum),
    }
  }
}
