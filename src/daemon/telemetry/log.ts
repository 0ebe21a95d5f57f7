// Structured lines for whoever looks for what happened: JSON, with the time, and the ids of the session, turn, call and connection that
// it is about. What was said in a session is never in them.
import type { pino } from 'pino';
import type { LogFile } from './log-file.ts';
import type { Redact } from './redact.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What it is about. */
export interface Correlation {
  readonly session?: string;
  readonly turn?: string;
  readonly step?: string;
  readonly call?: string;
  readonly connection?: string;
}

export interface Log {
  write(level: LogLevel, message: string, fields?: Correlation & Readonly<Record<string, unknown>>): void;
  /** Whether a line of this level would be written: for fields that are costly to make. */
  writes(level: LogLevel): boolean;
}

export interface LogOptions {
  readonly level: LogLevel | 'silent';
  readonly redact: Redact;
  readonly file: Pick<LogFile, 'write'>;
  readonly now: () => number;
}

export async function openLog({ level, redact, file, now }: LogOptions): Promise<Log> {
  if (level === 'silent') return { write: () => undefined, writes: () => false };
  const { pino } = await import('pino');
  const logger: pino.Logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"at":"${new Date(now()).toISOString()}"`,
    },
    { write: (line: string) => file.write(line) },
  );
  return {
    write: (at, message, fields) => {
      if (!logger.isLevelEnabled(at)) return;
      logger[at](redact(fields ?? {}) as object, String(redact(message)));
    },
    writes: (at) => logger.isLevelEnabled(at),
  };
}
