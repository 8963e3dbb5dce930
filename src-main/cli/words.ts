import type { Provenance } from '../base/provenance.ts'
import { formatClock } from '../contract/format.ts'

/** Where a number comes from, in the words that every screen uses. */
const PROVENANCE_WORDS: Record<Provenance, string> = {
  hardware: 'Measured',
  emulated: 'Emulated',
  estimated: 'Estimated',
  host: 'Host',
}

export const provenanceWord = (provenance: Provenance) => PROVENANCE_WORDS[provenance]

/** The word for a board: what else it says where its cycles and latencies are of another kind. */
export const boardWords = ({ provenance, timing }: { provenance: Provenance; timing: Provenance }) =>
  provenance === timing
    ? provenanceWord(provenance)
    : `${provenanceWord(provenance)}, latency ${provenanceWord(timing)}`

/** What stands behind a latency: its provenance, and the clock that its cycles were divided by. */
export const timingWords = (timing: Provenance, clockHz: number) =>
  clockHz > 0 ? `${provenanceWord(timing)}, at ${formatClock(clockHz)}` : provenanceWord(timing)
