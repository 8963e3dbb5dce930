import type { Provenance } from '../base/provenance.ts'

/** Where a number comes from, in the words that every screen uses. */
const PROVENANCE_WORDS: Record<Provenance, string> = {
  hardware: 'Measured',
  emulated: 'Emulated',
  estimated: 'Estimated',
  host: 'Host',
}

export const provenanceWord = (provenance: Provenance) => PROVENANCE_WORDS[provenance]
