/** A stream of bytes in both directions to the firmware: an RTT channel through the probe, a serial port, a socket. */
export interface ByteStream {
  /** Hands over all of `data`; waits while the other end has no room. Throws BOARD_TIMEOUT, BOARD_GONE. */
  write(data: Uint8Array): Promise<void>
  /** What has arrived; waits about `waitMs` for a first byte, then answers with none. Throws BOARD_GONE. */
  read(waitMs: number): Promise<Uint8Array>
  /** Where the other end's state can be seen: throws BOARD_FAULT when its silence has a reason. */
  diagnose?(): Promise<void>
  /** A serial line: bytes get lost on it without a trace, and it has a rate. */
  serial?: SerialLine
  close(): Promise<void>
}

export interface SerialLine {
  /** Changes the rate both ways, when what was written has left. Throws SERIAL_FAILED, BOARD_GONE. */
  setBaud(baud: number): Promise<void>
}
