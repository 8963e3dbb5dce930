// The framing of GDB's remote serial protocol: $data#checksum, acknowledged until both sides agree not to.
// Source: the GDB manual, appendix E.

const [PLUS, MINUS, DOLLAR, HASH, ESCAPE] = [0x2b, 0x2d, 0x24, 0x23, 0x7d]
const INTERRUPT = 0x03
const ESCAPE_XOR = 0x20

export type Incoming = { kind: 'packet'; data: Buffer } | { kind: 'interrupt' | 'damaged' | 'resend' }

export class PacketReader {
  #received = Buffer.alloc(0)

  push(chunk: Buffer): Incoming[] {
    this.#received = Buffer.concat([this.#received, chunk])
    const found: Incoming[] = []
    while (this.#received.length > 0) {
      const first = this.#received[0]
      if (first !== DOLLAR) {
        if (first === INTERRUPT) found.push({ kind: 'interrupt' })
        else if (first === MINUS) found.push({ kind: 'resend' })
        this.#received = this.#received.subarray(1)
        continue
      }
      const end = this.#received.indexOf(HASH)
      if (end < 0 || this.#received.length < end + 3) break
      const body = this.#received.subarray(1, end)
      const sum = this.#received.toString('latin1', end + 1, end + 3)
      this.#received = this.#received.subarray(end + 3)
      found.push(parseInt(sum, 16) === checksum(body) ? { kind: 'packet', data: unescape(body) } : { kind: 'damaged' })
    }
    return found
  }
}

/** `text`: one byte a character. */
export function framePacket(text: string): Buffer {
  const body = Buffer.from(text.replace(/[#$}*]/g, escape), 'latin1')
  const sum = checksum(body).toString(16).padStart(2, '0')
  return Buffer.concat([Buffer.from('$'), body, Buffer.from(`#${sum}`)])
}

export const ACKNOWLEDGE = Buffer.of(PLUS)
export const ASK_AGAIN = Buffer.of(MINUS)

const escape = (character: string) => '}' + String.fromCharCode(character.charCodeAt(0) ^ ESCAPE_XOR)

function unescape(body: Buffer): Buffer {
  const bytes: number[] = []
  for (let at = 0; at < body.length; at++) {
    if (body[at] === ESCAPE && at + 1 < body.length) bytes.push(body[++at]! ^ ESCAPE_XOR)
    else bytes.push(body[at]!)
  }
  return Buffer.from(bytes)
}

const checksum = (body: Buffer) => body.reduce((sum, byte) => (sum + byte) & 0xff, 0)
