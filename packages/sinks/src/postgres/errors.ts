import pg from "pg";
import { ConfigError, FencedError, PermanentError, TransientError, toError } from "@deskmirror/model";
import { isRetryable, refusals } from "./sqlstates.ts";

/**
 * Classes what a call of PostgreSQL threw by the caller's next move. Message and detail of the server are left out: they quote
 * values.
 */
export function toSinkError(thrown: unknown): Error {
  if (isOurs(thrown)) return thrown;
  if (thrown instanceof pg.DatabaseError) {
    const code = thrown.code ?? "unknown";
    return isRetryable(code)
      ? new TransientError(`PostgreSQL could not do it now (${describe(thrown)}): it is tried again`, { code })
      : new PermanentError(`PostgreSQL refused the data (${describe(thrown)})`, { code });
  }
  const error = toError(thrown);
  if (error instanceof TypeError || error instanceof RangeError) return new PermanentError(error.message);
  return new TransientError(`PostgreSQL is out of reach (${connectionReason(error)}): it is tried again`, {
    code: "CONNECTION",
  });
}

/** The same for the first connection, where a refusal is a mistake in the settings. */
export function toOpenError(thrown: unknown): Error {
  if (thrown instanceof pg.DatabaseError) {
    const refusal = refusals.get(thrown.code ?? "");
    if (refusal !== undefined) return new ConfigError(`${refusal} (SQLSTATE ${thrown.code})`);
  }
  if (toError(thrown).message.startsWith("SASL")) {
    return new ConfigError("PostgreSQL asks for a password that the sink URL lacks: add it, encoded as in a URL");
  }
  return toSinkError(thrown);
}

/** Whether a table or a column is not there: undefined_table, undefined_column. */
export function isMissing(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError && (thrown.code === "42P01" || thrown.code === "42703");
}

/** What may be said of a server's error: SQLSTATE and names, no values. */
export function describe({ code, routine, table, constraint }: pg.DatabaseError): string {
  const names = [routine && `in ${routine}`, table && `table ${table}`, constraint && `constraint ${constraint}`];
  return [`SQLSTATE ${code}`, ...names.filter((name) => name)].join(", ");
}

function isOurs(thrown: unknown): thrown is Error {
  return (
    thrown instanceof ConfigError ||
    thrown instanceof FencedError ||
    thrown instanceof PermanentError ||
    thrown instanceof TransientError
  );
}

function connectionReason(error: Error & { code?: string }): string {
  return error.code ?? error.message;
}
