// Branded numbers: a mix-up of these has hurt others before. Make one with its function, use it as a number.

declare const unit: unique symbol
type Unit<Name extends string> = number & { readonly [unit]: Name }

export type Bytes = Unit<'bytes'>
export type Cycles = Unit<'cycles'>
export type Us = Unit<'us'>
export type Hz = Unit<'Hz'>
export type Addr = Unit<'addr'>

export const bytes = (n: number) => n as Bytes
export const cycles = (n: number) => n as Cycles
export const us = (n: number) => n as Us
export const hz = (n: number) => n as Hz
/** An address in the target's 32-bit space; wraps negative numbers into it. */
export const addr = (n: number) => (n >>> 0) as Addr

export const KB = 1024
export const MB = 1024 * 1024

/** 0x08020000: upper case, eight digits, as every screen and message shows an address. */
export const hexAddr = (n: number) => '0x' + (n >>> 0).toString(16).toUpperCase().padStart(8, '0')

/** Microseconds that `n` cycles take at `clock`. */
export const cyclesToUs = (n: Cycles, clock: Hz): Us => us((n / clock) * 1e6)
