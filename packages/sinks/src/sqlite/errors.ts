import { ConfigError, FencedError, PermanentError, TransientError, toError } from "@deskmirror/model";

/** SQLite's primary result codes after which the same step may succeed later (sqlite.org/rescode.html). */
const retryable: ReadonlySet<number> = new Set([
  3, // PERM, and below AUTH, CANTOPEN, READONLY, CORRUPT, NOTADB: a person must mend the file; no batch is to blame
  5, // BUSY: another process writes
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  9, // INTERRUPT
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL: locking failed
  23, // AUTH
  26, // NOTADB
]);

const ERROR = 1;
const BUSY = 5;
const NOTADB = 26;

/** Classes what a call of SQLite threw by the caller's next move. */
export function toSinkError(thrown: unknown): Error {
  if (thrown instanceof ConfigError || thrown instanceof FencedError) return thrown;
  if (thrown instanceof PermanentError || thrown instanceof TransientError) return thrown;
  const { message } = toError(thrown);
  const code = `SQLITE_${primaryCode(thrown) ?? "STATE"}`;
  return isRetryable(thrown, message)
    ? new TransientError(`SQLite could not do it now (${message}): it is tried again`, { code })
    : new PermanentError(`SQLite refused the data (${message})`, { code });
}

/** The same when a file is opened, where a file of another kind is a mistake in the settings. */
export function toOpenError(thrown: unknown, path: string): Error {
  return primaryCode(thrown) === NOTADB
    ? new ConfigError(`${path} is no SQLite file: name another one in the sink URL`)
    : toSinkError(thrown);
}

/** Whether another process holds the lock. */
export function isBusy(thrown: unknown): boolean {
  return primaryCode(thrown) === BUSY;
}

/** Whether a table or a column is not there. */
export function isMissing(thrown: unknown): boolean {
  return primaryCode(thrown) === ERROR && /^no such (table|column)/.test(toError(thrown).message);
}

function isRetryable(thrown: unknown, message: string): boolean {
  const code = primaryCode(thrown);
  if (code === null) return !(thrown instanceof RangeError || thrown instanceof TypeError);
  return retryable.has(code) || message.startsWith("no such table"); // dropped by hand: made again at the next start
}

function primaryCode(thrown: unknown): number | null {
  if (typeof thrown !== "object" || thrown === null || !("errcode" in thrown)) return null;
  return typeof thrown.errcode === "number" ? thrown.errcode & 0xff : null;
}
