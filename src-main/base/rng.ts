// xoshiro128** (Blackman & Vigna, https://prng.di.unimi.it), seeded through SplitMix32 so that near seeds differ.

export interface Rng {
  /** uniform in [0, 2^32) */
  uint32(): number
  /** uniform in [0, 1) with 32 bits */
  float(): number
  /** uniform in [low, high) */
  uniform(low: number, high: number): number
  /** integer in [0, n) */
  int(n: number): number
  /** standard normal, Box-Muller */
  normal(): number
  /** a generator of its own for a named part, so that adding draws to one part leaves the others alone */
  fork(label: string): Rng
}

function splitMix32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
}

const rotl = (x: number, k: number) => ((x << k) | (x >>> (32 - k))) >>> 0

/** FNV-1a, 32 bits: a label's number for `fork`. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

export function createRng(seed: number): Rng {
  const mix = splitMix32(seed)
  let s0 = mix()
  let s1 = mix()
  let s2 = mix()
  let s3 = mix()

  const uint32 = () => {
    const result = Math.imul(rotl(Math.imul(s1, 5), 7), 9) >>> 0
    const t = s1 << 9
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = rotl(s3, 11)
    return result
  }
  const float = () => uint32() / 4294967296

  return {
    uint32,
    float,
    uniform: (low, high) => low + (high - low) * float(),
    int: (n) => Math.floor(float() * n),
    normal: () => Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float()),
    // Mixed before the label comes in, or fork(a).fork(b) would be fork(b).fork(a), and fork(a).fork(a) the start.
    fork: (label) => createRng((splitMix32(seed)() ^ fnv1a(label)) >>> 0),
  }
}
