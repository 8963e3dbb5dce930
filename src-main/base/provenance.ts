/** Where a number comes from. `hardware` is the only one that may be called measured. */
export type Provenance = 'hardware' | 'emulated' | 'estimated' | 'host'

/** Goes into the store beside every measurement. */
export interface ProvenanceDetail {
  provenance: Provenance
  board: string
  clock_hz: number
  firmware_sha256: string
  seed: number
  thimble_version: string
}
