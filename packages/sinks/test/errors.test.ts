import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { ConfigError, FencedError, PermanentError, TransientError } from "@deskmirror/model";
import { toSinkError as fromPostgres } from "../src/postgres/errors.ts";
import { toSinkError as fromSqlite } from "../src/sqlite/errors.ts";

const SECRET = "s3cret";

function serverError(code: string): Error {
  const error = new pg.DatabaseError(`Key (id)=(${SECRET}) exists`, 1, "error");
  return Object.assign(error, { code, detail: SECRET, where: SECRET, routine: "ExecInsert" });
}

const sqliteError = (errcode: number): Error => Object.assign(new Error("of SQLite"), { errcode });

const transient = {
  serialization_failure: fromPostgres(serverError("40001")),
  deadlock_detected: fromPostgres(serverError("40P01")),
  connection_failure: fromPostgres(serverError("08006")),
  disk_full: fromPostgres(serverError("53100")),
  too_many_connections: fromPostgres(serverError("53300")),
  admin_shutdown: fromPostgres(serverError("57P01")),
  query_canceled: fromPostgres(serverError("57014")),
  "a password that was changed": fromPostgres(serverError("28P01")),
  "a refused connection": fromPostgres(Object.assign(new AggregateError([]), { code: "ECONNREFUSED" })),
  "a lost connection": fromPostgres(new Error("Connection terminated unexpectedly")),
  SQLITE_BUSY_SNAPSHOT: fromSqlite(sqliteError(517)),
  SQLITE_FULL: fromSqlite(sqliteError(13)),
  SQLITE_IOERR_FSYNC: fromSqlite(sqliteError(1034)),
  "a closed file": fromSqlite(new Error("database is not open")),
};

const permanent = {
  untranslatable_character: fromPostgres(serverError("22P05")),
  check_violation: fromPostgres(serverError("23514")),
  program_limit_exceeded: fromPostgres(serverError("54000")),
  "a record nested too deeply": fromPostgres(new RangeError("Maximum call stack size exceeded")),
  SQLITE_TOOBIG: fromSqlite(sqliteError(18)),
  SQLITE_CONSTRAINT_CHECK: fromSqlite(sqliteError(275)),
  "a record nested too deeply for SQLite": fromSqlite(new RangeError("Maximum call stack size exceeded")),
};

for (const [name, error] of Object.entries(transient)) {
  test(`${name} is transient and tells no value`, () => {
    assert.ok(error instanceof TransientError);
    assert.ok(!JSON.stringify([error, error.message, error.cause]).includes(SECRET));
  });
}

for (const [name, error] of Object.entries(permanent)) {
  test(`${name} is permanent and tells no value`, () => {
    assert.ok(error instanceof PermanentError);
    assert.ok(!JSON.stringify([error, error.message, error.cause]).includes(SECRET));
  });
}

test("errors that are classed already stay as they are", () => {
  for (const error of [new ConfigError("a"), new FencedError("b"), new PermanentError("c"), new TransientError("d")]) {
    assert.equal(fromPostgres(error), error);
    assert.equal(fromSqlite(error), error);
  }
});
