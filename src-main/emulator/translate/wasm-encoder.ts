// Writes WebAssembly: instructions into a function body, bodies into a module. Only what the translator needs.
// Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).

export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const
const FUNC_TYPE = 0x60
const FUNCREF = 0x70
const EMPTY = 0x40

/** Opcodes without immediates. */
export const W = {
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  i32eqz: 0x45,
  i32eq: 0x46,
  i32ne: 0x47,
  i32lts: 0x48,
  i32ltu: 0x49,
  i32gtu: 0x4b,
  i32les: 0x4c,
  i32ges: 0x4e,
  i32geu: 0x4f,
  i64ne: 0x52,
  f32eq: 0x5b,
  f32lt: 0x5d,
  f64eq: 0x61,
  f64ne: 0x62,
  f64lt: 0x63,
  f64ge: 0x66,
  i32clz: 0x67,
  i32add: 0x6a,
  i32sub: 0x6b,
  i32mul: 0x6c,
  i32divs: 0x6d,
  i32divu: 0x6e,
  i32and: 0x71,
  i32or: 0x72,
  i32xor: 0x73,
  i32shl: 0x74,
  i32shrs: 0x75,
  i32shru: 0x76,
  i32rotr: 0x78,
  i64add: 0x7c,
  i64sub: 0x7d,
  i64mul: 0x7e,
  i64or: 0x84,
  i64shl: 0x86,
  i64shrs: 0x87,
  i64shru: 0x88,
  f64abs: 0x99,
  f64neg: 0x9a,
  f64add: 0xa0,
  f64sub: 0xa1,
  f64mul: 0xa2,
  f64div: 0xa3,
  f64sqrt: 0x9f,
  i32wrap: 0xa7,
  i64extends: 0xac,
  i64extendu: 0xad,
  f32demote: 0xb6,
  f64converts: 0xb7,
  f64convertu: 0xb8,
  f64promote: 0xbb,
  i32extend8: 0xc0,
  i32extend16: 0xc1,
} as const

/** Opcodes of memory accesses. */
export const ACCESS = {
  i32load: 0x28,
  f32load: 0x2a,
  i32load8s: 0x2c,
  i32load8u: 0x2d,
  i32load16s: 0x2e,
  i32load16u: 0x2f,
  i32store: 0x36,
  f32store: 0x38,
  i32store8: 0x3a,
  i32store16: 0x3b,
} as const

function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value >>> 0
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest !== 0)
  return bytes
}

function signed(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value | 0; ;) {
    const low = rest & 0x7f
    rest >>= 7
    const done = rest === ((low & 0x40) === 0 ? 0 : -1)
    bytes.push(done ? low : low | 0x80)
    if (done) return bytes
  }
}

/** A place to branch to: how many blocks were open when it was opened. */
export type Label = number

/** Instructions in the order they are written. Blocks are counted, so that branches can name labels. */
export class WasmCode {
  readonly bytes: number[] = []
  #depth = 0

  op(...opcodes: number[]): this {
    this.bytes.push(...opcodes)
    return this
  }

  const(value: number): this {
    this.bytes.push(0x41, ...signed(value))
    return this
  }

  const64(value: number): this {
    this.bytes.push(0x42, ...signed(value))
    return this
  }

  constDouble(value: number): this {
    this.bytes.push(0x44, ...new Uint8Array(new Float64Array([value]).buffer))
    return this
  }

  get(local: number): this {
    this.bytes.push(0x20, ...unsigned(local))
    return this
  }

  set(local: number): this {
    this.bytes.push(0x21, ...unsigned(local))
    return this
  }

  tee(local: number): this {
    this.bytes.push(0x22, ...unsigned(local))
    return this
  }

  /** A load or store at the address on the stack plus `offset`; its alignment is not promised. */
  access(opcode: number, offset = 0): this {
    this.bytes.push(opcode, 0, ...unsigned(offset))
    return this
  }

  block(): Label {
    return this.#open(0x02, EMPTY)
  }

  loop(): Label {
    return this.#open(0x03, EMPTY)
  }

  if(): Label {
    return this.#open(0x04, EMPTY)
  }

  else(): this {
    return this.op(0x05)
  }

  end(): this {
    this.#depth--
    return this.op(0x0b)
  }

  br(label: Label): this {
    this.bytes.push(0x0c, ...unsigned(this.#depth - label))
    return this
  }

  brIf(label: Label): this {
    this.bytes.push(0x0d, ...unsigned(this.#depth - label))
    return this
  }

  /** Takes an index off the stack; what is past the list goes to the last label. */
  brTable(labels: readonly Label[]): this {
    const depths = labels.map((label) => this.#depth - label)
    this.bytes.push(0x0e, ...unsigned(labels.length - 1), ...depths.flatMap(unsigned))
    return this
  }

  call(functionIndex: number): this {
    this.bytes.push(0x10, ...unsigned(functionIndex))
    return this
  }

  callIndirect(typeIndex: number): this {
    this.bytes.push(0x11, ...unsigned(typeIndex), 0)
    return this
  }

  #open(opcode: number, type: number): Label {
    this.bytes.push(opcode, type)
    return ++this.#depth
  }
}

export interface FunctionType {
  parameters: readonly number[]
  results: readonly number[]
}

export interface ModuleParts {
  types: readonly FunctionType[]
  /** functions from module 'env': [name, type index]; the memory 'env.memory' is always imported */
  imports: readonly (readonly [string, number])[]
  memoryPages: number
  /** entries of the imported table 'env.table' */
  table?: number
  /** the one function of the module, exported as 'run': its type index, its locals by type and its body without `end` */
  run: { type: number; locals: readonly (readonly [count: number, type: number])[]; code: readonly number[] }
}

const vector = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()]
const name = (text: string) => [...unsigned(text.length), ...new TextEncoder().encode(text)]
const section = (id: number, body: readonly number[]) => [id, ...unsigned(body.length), ...body]

export function encodeModule({ types, imports, memoryPages, table, run }: ModuleParts): Uint8Array<ArrayBuffer> {
  const limits = (count: number) => [1, ...unsigned(count), ...unsigned(count)]
  const imported = [
    [...name('env'), ...name('memory'), 2, ...limits(memoryPages)],
    ...(table === undefined ? [] : [[...name('env'), ...name('table'), 1, FUNCREF, ...limits(table)]]),
    ...imports.map(([text, type]) => [...name('env'), ...name(text), 0, ...unsigned(type)]),
  ]
  const locals = vector(run.locals.map(([count, type]) => [...unsigned(count), type]))
  const body = [...locals, ...run.code, 0x0b]
  const bytes = [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(
      1,
      vector(
        types.map(({ parameters, results }) => [
          FUNC_TYPE,
          ...vector(parameters.map((type) => [type])),
          ...vector(results.map((type) => [type])),
        ]),
      ),
    ),
    section(2, vector(imported)),
    section(3, vector([unsigned(run.type)])),
    section(7, vector([[...name('run'), 0, ...unsigned(imports.length)]])),
    section(10, vector([[...unsigned(body.length), ...body]])),
  ]
  return new Uint8Array(bytes.flat())
}
