/** SQLSTATEs after which the same statement may succeed later (PostgreSQL manual, appendix A). */
const retryable: ReadonlySet<string> = new Set([
  // Another transaction was in the way.
  "40001", // serialization_failure
  "40P01", // deadlock_detected
  "55P03", // lock_not_available, also lock_timeout
  // The statement or transaction took too long.
  "57014", // query_canceled, also statement_timeout
  "25P03", // idle_in_transaction_session_timeout
  "25P04", // transaction_timeout
  "57P05", // idle_session_timeout
  // The server stops, starts, or is another one now.
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
  "25006", // read_only_sql_transaction: a standby after a failover
  // A person must mend the database; the batch is not to blame and must not become dead letters.
  "28000", // invalid_authorization_specification
  "28P01", // invalid_password
  "3D000", // invalid_catalog_name
  "3F000", // invalid_schema_name
  "42P01", // undefined_table
  "42501", // insufficient_privilege
]);

/** Whole classes of the same kind. */
const retryableClasses: ReadonlySet<string> = new Set([
  "08", // connection exception
  "53", // insufficient resources: disk full, out of memory, too many connections
  "58", // system error: I/O
]);

/** Whether an error with this SQLSTATE may go away without a change of the batch. */
export function isRetryable(sqlstate: string): boolean {
  return retryable.has(sqlstate) || retryableClasses.has(sqlstate.slice(0, 2));
}

/** Why a connection is refused for good, by SQLSTATE, with the mend. */
export const refusals: ReadonlyMap<string, string> = new Map([
  ["28000", "PostgreSQL does not let this user in: check user and pg_hba.conf"],
  ["28P01", "PostgreSQL refused the password: check user and password of the sink URL"],
  ["3D000", "the database of the sink URL does not exist: create it"],
  ["42501", "the user of the sink URL may not create what is needed: grant CREATE on the database"],
]);
