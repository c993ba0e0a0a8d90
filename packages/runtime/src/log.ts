import { pino } from "pino";
import type { DestinationStream, Level, Logger } from "pino";
import { redact } from "./redact.ts";

/** Writes one event a line: a fixed message, data as fields. */
export type Log = Logger;

/** What a log is made of. */
export interface LogOptions {
  readonly service: string;
  readonly level: Level | "silent";
  /** Where lines go; stdout when left out. */
  readonly to?: DestinationStream;
}

/** JSON lines without secrets (docs/invariants.md, I11). */
export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    hooks: { streamWrite: redact },
  };
  return options.to === undefined ? pino(settings) : pino(settings, options.to);
}
