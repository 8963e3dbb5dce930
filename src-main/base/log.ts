export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogEntry {
  level: LogLevel
  message: string
  context?: Record<string, unknown>
}

export type Log = (level: LogLevel, message: string, context?: Record<string, unknown>) => void

export const silentLog: Log = () => undefined
