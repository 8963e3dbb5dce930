export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type Log = (level: LogLevel, message: string, context?: Record<string, unknown>) => void

export const silentLog: Log = () => undefined
