import { runElf } from '../emulator/run-elf.ts'
import { virtualBoardData } from './boards.ts'
import { readFile } from './read-model-file.ts'

export interface EmulateRequest {
  elf: string
  boardId: string
  maxInstructions: number
  onOutput: (text: string) => void
}

/** Runs any bare-metal ELF with semihosting. Throws ELF_INVALID, TARGET_FAULT, INSTRUCTION_LIMIT, CANCELLED. */
export async function emulate({ elf, boardId, maxInstructions, onOutput }: EmulateRequest, signal: AbortSignal) {
  const result = await runElf(readFile(elf, 'ELF'), virtualBoardData(boardId), { maxInstructions, signal, onOutput })
  const { stdout, exitCode, instructions, cycles } = result
  return { stdout, exitCode, instructions, cycles }
}
