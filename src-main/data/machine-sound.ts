import type { Rng } from '../base/rng.ts'
import { decibelsToGain, rms, SAMPLE_RATE } from './audio.ts'
import { addLoadNoise, addTonalForce } from './excitation.ts'
import { factoryNoise } from './factory-noise.ts'
import { faultEffect, type Fault } from './faults.ts'
import type { Machine } from './machine.ts'
import { addResonance } from './resonator.ts'
import { reverberate } from './room.ts'
import { rotate } from './rotation.ts'

/** signal-to-noise ratio of the machine against the hall, in dB */
const SNR_DB = [3, 15] as const
const LEVEL_RMS = 0.05
const LEVEL_SPREAD_DB = 3
/** part of the forces that radiates without a resonance */
const DIRECT = 0.35
/** how far temperature and mounting move the housing's modes */
const MODE_DETUNE = 0.015
const MODE_SPREAD_DB = 1.5

/**
 * One recording: forces of a turning machine -> housing modes -> room -> hall noise. Mono, 16 kHz, about 0.05 RMS.
 * The fault, where given, is the only difference between a healthy and a faulty recording; the level says nothing,
 * since a microphone's gain differs from one recording to the next. The same `rng` seed gives the same samples.
 */
export function recordMachine(machine: Machine, rng: Rng, seconds: number, fault?: Fault): Float64Array {
  const samples = Math.round(seconds * SAMPLE_RATE)
  const effect = fault ? faultEffect(fault, machine, samples, rng.fork('fault')) : {}
  const rotation = rotate(machine, rng.fork('rotation'), samples, effect.slowdown)

  const force = new Float64Array(samples)
  addTonalForce(force, machine, rotation, rng.fork('tonal'), effect.torque, effect.harmonicGain)
  addLoadNoise(force, machine, rotation, rng.fork('load'))
  effect.addForce?.(force, rotation)

  const sound = force.map((value) => DIRECT * value)
  const housing = rng.fork('housing')
  for (const mode of machine.modes) {
    const frequencyHz = mode.frequencyHz * (1 + MODE_DETUNE * housing.normal())
    const gain = mode.gain * decibelsToGain(housing.uniform(-MODE_SPREAD_DB, MODE_SPREAD_DB))
    addResonance(force, sound, frequencyHz, mode.quality, gain)
  }
  effect.addSound?.(sound, rotation)

  const recording = reverberate(sound, rng.fork('room'))
  const hall = factoryNoise(rng.fork('hall'), samples)
  const microphone = rng.fork('microphone')
  const machineRms = rms(recording)
  const hallGain = (machineRms / rms(hall)) * decibelsToGain(-microphone.uniform(...SNR_DB))
  const gain = (LEVEL_RMS / machineRms) * decibelsToGain(microphone.uniform(-LEVEL_SPREAD_DB, LEVEL_SPREAD_DB))
  for (let i = 0; i < samples; i++) recording[i] = gain * (recording[i]! + hallGain * hall[i]!)
  return recording
}
