import type { Rng } from '../base/rng.ts'
import { fraction, SAMPLE_RATE } from './audio.ts'
import { eventEnvelope, lowPass, whiteNoise } from './noise.ts'
import { addResonance } from './resonator.ts'

/** What else is heard in a hall: ventilation, a distant machine's hum, and now and then a clank. Arbitrary level. */
export function factoryNoise(rng: Rng, samples: number): Float64Array {
  const air = whiteNoise(rng, samples)
  const noise = lowPass(Float64Array.from(air), 0.9)
  addResonance(air, noise, rng.uniform(300, 2500), rng.uniform(0.4, 1.5), 1.2)

  const humHz = rng.uniform(20, 120)
  for (let i = 0; i < samples; i++) {
    const angle = 2 * Math.PI * fraction((humHz * i) / SAMPLE_RATE)
    noise[i] = noise[i]! + 0.35 * Math.sin(angle) + 0.2 * Math.sin(2 * angle + 1)
  }

  const clanks = eventEnvelope(rng, samples, SAMPLE_RATE, 0.4, 0.04)
  const loudness = rng.uniform(1, 8)
  for (let i = 0; i < samples; i++) clanks[i] = clanks[i]! * loudness * air[i]!
  addResonance(clanks, noise, rng.uniform(900, 4000), rng.uniform(5, 15), 1)
  return noise
}
