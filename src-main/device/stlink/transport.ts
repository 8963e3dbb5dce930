/** One command as it goes over USB: 16 bytes, then data to the probe or an answer from it. */
export interface StlinkCommand {
  cdb: Uint8Array
  data?: Uint8Array | undefined
  /** how many bytes to fetch; 0: the probe says nothing */
  answer: number
}

/** A way to one ST-Link, real or virtual. */
export interface StlinkTransport {
  /** Carries the commands out in their order; one answer each. Throws BOARD_GONE. */
  exchange(commands: readonly StlinkCommand[]): Promise<Uint8Array[]>
  close(): Promise<void>
}
