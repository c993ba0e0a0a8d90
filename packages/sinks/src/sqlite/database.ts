import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { isBusy } from "./errors.ts";

/** An open file. Its calls are synchronous, so nothing else of this process can come between the steps of a transaction. */
export interface Database {
  /** A statement, prepared once. */
  statement(text: string): StatementSync;
  exec(sql: string): void;
  /** Runs `work` in one transaction under the write lock; waits up to 10 s for other processes without blocking this one. */
  transaction<T>(work: () => T): Promise<T>;
  close(): void;
}

const LOCK_WAIT_MS = 10_000;

/** How long SQLite itself waits for a lock, blocking the event loop. */
const BLOCKING_WAIT_MS = 50;

/** Opens a file, made with its folder when it is not there. Several processes may have it open. */
export async function openDatabase(path: string): Promise<Database> {
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path, { timeout: BLOCKING_WAIT_MS });
  // FULL: the WAL is synced at each commit, so that what an event was settled for survives loss of power, not only kill -9.
  await whenFree(() => db.exec("pragma journal_mode = wal; pragma synchronous = full"));
  // A rename touches the table alone: views name what they read, and one that somebody built on a view of ours must not stop it.
  db.exec("pragma legacy_alter_table = on");
  const statements = new Map<string, StatementSync>();
  return {
    statement(text) {
      const statement = statements.get(text) ?? db.prepare(text);
      statements.set(text, statement);
      return statement;
    },

    exec: (sql) => db.exec(sql),

    // Begin, work and commit are one step of the event loop: between them no other transaction may begin on this connection.
    transaction: (work) =>
      whenFree(() => {
        db.exec("begin immediate");
        try {
          const result = work();
          db.exec("commit");
          return result;
        } catch (error) {
          if (db.isTransaction) db.exec("rollback");
          throw error;
        }
      }),

    close: () => db.close(),
  };
}

async function whenFree<T>(step: () => T): Promise<T> {
  const endMs = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      return step();
    } catch (error) {
      if (!isBusy(error) || performance.now() > endMs) throw error;
    }
    await sleep(5 + Math.random() * 20);
  }
}
