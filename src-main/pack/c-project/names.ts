// What a project's files and symbols are called.

const MAX_LENGTH = 40

/** A header of such a name beside the runtime's sources would take the place of the C library's (C11 7.1.2). */
const STANDARD_HEADERS = new Set(
  (
    'assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic ' +
    'stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype'
  ).split(' '),
)

/** A C identifier from a model file's name: `Kws int8.tflite` is kws_int8. Reserved ones and the runtime's get `model_`. */
export function projectName(fileName: string): string {
  const stem = fileName.replace(/\.[^.]*$/, '').toLowerCase()
  const plain = stem
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, MAX_LENGTH)
    .replace(/^_+|_+$/g, '')
  if (plain === '') return 'model'
  return /^\d|^tm_/.test(plain) || STANDARD_HEADERS.has(plain) ? `model_${plain}` : plain
}

/** `INPUT`, or `INPUT_1` where there are several. */
export const tensorMacro = (name: string, role: 'input' | 'output', index: number, count: number): string =>
  `${name}_${tensorFunction(role, index, count)}`.toUpperCase()

export const tensorFunction = (role: 'input' | 'output', index: number, count: number): string =>
  count === 1 ? role : `${role}_${index}`
