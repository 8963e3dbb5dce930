// How the host talks to the loader, the small program that it runs in the chip's RAM to hash and to program flash: where
// both keep what, and what a job says. The same table gives the loader's C header.

import type { CField, CHeader, CStruct } from '../base/c-header.ts'
import { structBytes } from '../base/c-header.ts'
import { KB, addr } from '../base/units.ts'

/**
 * SRAM1 of the STM32F405/407 (RM0090 2.3.1), DTCM of the STM32F74x (RM0385 2.2) and of the STM32H74x (RM0433 2.4): RAM
 * with no cache before it that works right after a reset and that code can be fetched from.
 */
export const LOADER_START = addr(0x20000000)
/** Code from the start on, then the mailbox, the stack up to the buffers, and one buffer for each job. */
export const LOADER_MAILBOX = 1 * KB
const LOADER_STACK_TOP = 4 * KB
export const LOADER_BUFFERS = LOADER_STACK_TOP
export const LOADER_BUFFER_BYTES = 16 * KB
/** one is carried out while the other is handed over */
export const LOADER_JOBS = 2

export const LOADER_READY = 0x444c4d54 // "TMLD"

export const LOADER_OP = { hash: 1, program: 2 } as const
export const LOADER_RESULT = { done: 1, refused: 2, busy: 3, unknownOp: 4 } as const

/** 32-bit words, all of them. */
const words = <const Name extends string>(rows: Readonly<Record<Name, string>>) =>
  (Object.entries(rows) as [Name, string][]).map(([name, comment]) => ({ name, type: 'uint32_t' as const, comment }))

export const LOADER_REQUEST = words({
  op: 'TM_LOADER_HASH or TM_LOADER_PROGRAM',
  address: 'a multiple of unit_bytes',
  bytes: 'a multiple of 4, of unit_bytes where flash is programmed',
  source: 'what is programmed',
  control: "the flash controller's control register",
  program_bits: 'what it holds while flash is programmed',
  idle_bits: 'and afterwards',
  status: 'the status register',
  busy: 'its bits that are set while the controller works',
  errors: 'its bits that tell of an error',
  unit_bytes: 'what the controller programs at once',
  polls: 'of the status register at most, for each unit',
  pause: 'turns of an empty loop between two polls',
  number: 'written last: a job begins when it differs from the number of the answer',
})

export const LOADER_ANSWER = [
  ...words({
    result: 'TM_LOADER_DONE, or what follows it',
    stopped_at: 'the unit that could not be programmed',
    flags: 'the status register then',
  }),
  { name: 'hash', type: 'uint32_t', count: 4, comment: 'of `bytes` from `address` on' },
  ...words({ number: 'of the request, written last' }),
] as const satisfies readonly CField[]

const struct = (name: string, title: string, fields: readonly CField[]): CStruct => ({
  ...{ kind: 'struct', name, title, fields },
})

const REQUEST = struct('tm_loader_request', 'What the host asks for.', LOADER_REQUEST)
const ANSWER = struct('tm_loader_answer', 'What came of it.', LOADER_ANSWER)
const JOB = struct('tm_loader_job', 'Jobs take turns: the first, the second, the first again.', [
  { name: 'request', type: REQUEST },
  { name: 'answer', type: ANSWER },
])
export const LOADER_SETTINGS = words({
  watchdog: "the independent watchdog's key register",
  idle_polls: 'so often the next job is looked for before the chip is reset',
})
const MAILBOX = struct('tm_loader_mailbox', 'The host writes the settings before it starts the loader.', [
  ...LOADER_SETTINGS,
  { name: 'ready', type: 'uint32_t', comment: 'TM_LOADER_READY, from the loader' },
  { name: 'jobs', type: JOB, count: LOADER_JOBS },
])

export const REQUEST_BYTES = structBytes(LOADER_REQUEST)
export const ANSWER_BYTES = structBytes(LOADER_ANSWER)
export const MAILBOX_BYTES = structBytes(MAILBOX.fields)
const READY_OFFSET = structBytes(LOADER_SETTINGS)
const JOBS_OFFSET = READY_OFFSET + 4

export const loaderPlace = {
  stackTop: addr(LOADER_START + LOADER_STACK_TOP),
  mailbox: addr(LOADER_START + LOADER_MAILBOX),
  ready: addr(LOADER_START + LOADER_MAILBOX + READY_OFFSET),
  request: (job: number) => addr(LOADER_START + LOADER_MAILBOX + JOBS_OFFSET + job * (REQUEST_BYTES + ANSWER_BYTES)),
  answer: (job: number) => addr(loaderPlace.request(job) + REQUEST_BYTES),
  buffer: (job: number) => addr(LOADER_START + LOADER_BUFFERS + job * LOADER_BUFFER_BYTES),
} as const

export const loaderC: CHeader = {
  file: 'tm_loader.h',
  source: 'src-main/device/loader-layout.ts',
  blocks: [
    {
      kind: 'defines',
      title: 'The loader.',
      constants: [
        { name: 'TM_LOADER_READY', value: LOADER_READY, comment: '"TMLD"' },
        { name: 'TM_LOADER_JOBS', value: LOADER_JOBS },
        { name: 'TM_LOADER_HASH', value: LOADER_OP.hash },
        { name: 'TM_LOADER_PROGRAM', value: LOADER_OP.program },
        { name: 'TM_LOADER_DONE', value: LOADER_RESULT.done },
        { name: 'TM_LOADER_REFUSED', value: LOADER_RESULT.refused, comment: 'an error flag is set' },
        { name: 'TM_LOADER_BUSY', value: LOADER_RESULT.busy, comment: 'the controller stays busy' },
        { name: 'TM_LOADER_UNKNOWN_OP', value: LOADER_RESULT.unknownOp },
      ],
    },
    REQUEST,
    ANSWER,
    JOB,
    MAILBOX,
  ],
}
