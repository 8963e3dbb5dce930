import { spawn, spawnSync } from 'node:child_process'
import { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createFirmwareClient, type FirmwareClient } from '../../src-main/device/firmware-client.ts'
import { createLink, type Link } from '../../src-main/device/link.ts'
import { openDuplexStream } from '../../src-main/device/stream-link.ts'

export const imagePath = fileURLToPath(new URL('../../assets/firmware/stm32f407.bin', import.meta.url))

/** Debian's qemu-system-arm; tests say that they are skipped where it is missing. */
export const hasQemu = spawnSync('qemu-system-arm', ['--version']).status === 0

export interface QemuBoard {
  link: Link
  firmware: FirmwareClient
  /** the bare serial line, for sending what no host should */
  serial: Duplex
  close(): Promise<void>
}

/** QEMU's netduinoplus2 (an STM32F405) with the shipped image and, where given, a packed model in its flash region. */
export function startQemu(modelFile?: string): QemuBoard {
  const model = modelFile === undefined ? [] : ['-device', `loader,file=${modelFile},addr=0x08020000,force-raw=on`]
  const serials = ['-serial', 'null', '-serial', 'stdio', '-monitor', 'none', '-display', 'none']
  const qemu = spawn('qemu-system-arm', ['-M', 'netduinoplus2', '-kernel', imagePath, ...model, ...serials], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => qemu.once('exit', () => resolve()))
  const serial = Duplex.from({ readable: qemu.stdout, writable: qemu.stdin })
  const link = createLink(openDuplexStream(serial, "QEMU's USART2"))
  return {
    link,
    firmware: createFirmwareClient(link),
    serial,
    async close() {
      qemu.kill('SIGKILL')
      await link.close()
      await exited
    },
  }
}
