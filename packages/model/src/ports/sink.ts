import type { Change, Outcome } from "../change.ts";
import type { JsonObject } from "../json.ts";
import type { RowVersions } from "../join.ts";
import type { Doubt } from "../resolve.ts";
import type { Column } from "./columns.ts";
import type { DataSource } from "./data-source.ts";

/** A table to keep: the stream as a sink must know it. */
export interface Table {
  readonly source: string;
  readonly stream: string;
  /** Keys of the core register; null when core is the whole record. */
  readonly core: readonly string[] | null;
  readonly hasModifiedTime: boolean;
  /** Whether listings of it prove spans of `createdTime`: rows are found by it. */
  readonly isByCreatedTime: boolean;
}

/** Whose tables they are: a source made again under its old name keeps them only when the organization is the same. */
export interface TableOwner {
  readonly source: string;
  readonly orgId: string;
  /** How all of them are shown; left out: as before, a new source's in `document` mode. */
  readonly mode?: Mode;
}

/**
 * What a plain name shows (contract section 6): in `document` mode `tickets` is the table and `tickets_flat` its flat view, in `csv` mode
 * `_tickets` and `tickets`. The document is what is stored in both.
 */
export type Mode = DataSource["mode"];

/** State of one table that must never run ahead of its rows: written in their transaction (docs/invariants.md, I6). */
export interface TableState {
  /** Everything modified up to this time (ms, source's clock) is proven in the sink; null before the first complete pull. */
  readonly watermarkMs: number | null;
  /** Checkpoint of pull, reconcile and compare, opaque to the sink. */
  readonly progress: JsonObject;
  /** Epoch of the lease under which it was last written; a write under a smaller one is refused. */
  readonly epoch: number;
}

/** One transaction: changes of one table, what they settle, and the state that speaks of them. */
export interface Batch {
  readonly table: Table;
  readonly changes: readonly Change[];
  /** A state modified after this time (ms, source's clock) is doubted, not written. */
  readonly horizonMs: number;
  /** What the pages of listings among these changes proved; written with them. */
  readonly shown?: readonly Shown[];
  /** Written with the rows; FencedError, and nothing written, when the stored epoch is larger. */
  readonly state?: TableState;
}

/** All a listing shows with a `createdTime` in [fromMs, toMs): live rows of that span which it lacks become suspects, the others are none. */
export interface Shown {
  /** The listing, by a number that grows with every listing of the table. */
  readonly listing: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly keys: readonly string[];
  /** Rows with true under this key are never suspects (`Stream.asideKey`). */
  readonly asideKey: string | null;
}

/** A live row that a listing does not show; once that listing proved complete it is asked for, or held for a person. */
export interface Suspect {
  readonly key: string;
  readonly parentId: string | null;
  /** Only an answer known current after this time (ms) says what became of it. */
  readonly afterMs: number;
}

/** Rows of a table that are held: nothing is asked of them, and nothing deleted, before a person decides. */
export interface Held {
  readonly stream: string;
  readonly count: number;
  /** The first 20 keys. */
  readonly keys: readonly string[];
  /** Since when the first of them is held, in ms. */
  readonly sinceMs: number;
}

/** Live rows that listings do not show (docs/invariants.md, I7). */
export interface Suspects {
  /** Adds what a listing lacks where it does not prove spans. */
  add(table: Table, listing: number, suspects: readonly Suspect[]): Promise<void>;
  /** How many suspects a listing left, held ones that it lacks too among them. */
  count(table: Table, listing: number): Promise<number>;
  /** Ends a listing that proved complete: what it lacks becomes doubts (`ask`) or is held; what only others lacked is no suspect any more. */
  end(table: Table, listing: number, verdict: "ask" | "hold"): Promise<void>;
  /** Holds a suspect whose doubt the source refuses to answer, and ends the doubt; false when the doubt came from no listing. */
  hold(table: Table, key: string): Promise<boolean>;
  /** What is held of a source, by stream in their order of names. */
  held(source: string): Promise<readonly Held[]>;
  /** Decides on what is held of a table: doubts (`ask`), or rows as before until the next listing (`forget`). Gives how many they were. */
  decide(table: Table, verdict: "ask" | "forget"): Promise<number>;
}

/** What became of a batch, one outcome for each change in order. */
export interface WriteResult {
  readonly outcomes: readonly Outcome[];
  /** Keys whose data or deletion changed. */
  readonly changedKeys: readonly string[];
  /** Doubts raised; a contradiction that was raised before does not count. */
  readonly doubts: number;
  /** Rows that were tombstones and are live again. */
  readonly restored: number;
}

/** A doubt as stored. */
export interface OpenDoubt extends Doubt {
  readonly stream: string;
  readonly sinceMs: number;
}

/** A row as the sink holds it. */
export interface Row {
  readonly key: string;
  readonly parentId: string | null;
  readonly data: JsonObject | null;
  readonly versions: RowVersions;
  readonly modifiedMs: number | null;
  /** Null while the record exists. */
  readonly deletedMs: number | null;
}

/** How many rows a table has. */
export interface TableCount {
  /** Live rows. */
  readonly rows: number;
  readonly deleted: number;
  /** Live rows whose detail is not due. */
  readonly full: number;
  /** Latest `_synced_at` in ms; null when empty. */
  readonly lastChangeMs: number | null;
}

/** Selects rows of a table in key order: live ones, tombstones when `deletedAfterMs` is given, both when `changedAfterMs` is. */
export interface RowQuery {
  /** Only keys after this one (byte order). */
  readonly after?: string;
  readonly parentId?: string;
  /** Instead of live rows: tombstones with a later `_deleted_at` (ms). */
  readonly deletedAfterMs?: number;
  /** Whose data or deletion changed here after this time (ms, the sink's clock). */
  readonly changedAfterMs?: number;
  readonly limit: number;
}

/**
 * The downstream database. Errors: TransientError (connection, deadlock, disk), PermanentError (it will never take this batch).
 * `resolve` decides outcomes and doubts in every implementation.
 */
export interface Sink {
  /** Random identity of this database's contents; another one after it was dropped and made again. */
  readonly identity: string;
  /**
   * Whether the database is still the one that was opened, and has these prepared tables; false once it, or one of them, was dropped or put
   * in another's place: then it must be opened again. TransientError when it is out of reach.
   */
  isIntact(tables: readonly Table[]): Promise<boolean>;
  /**
   * Creates what the tables (all of the owner) need; keeps what is there. Brings everything of the owner into the mode it names, in one
   * transaction. ConfigError when a table is there that belongs to another source, to another organization of the same name, or to
   * nobody we know; TransientError when somebody reads a table too long for a change of mode.
   */
  prepare(tables: readonly Table[], owner: TableOwner): Promise<void>;
  /**
   * Gives the table's flat view these columns, in a transaction of its own; nothing is done when it has them. Resolves to the names of
   * columns that should have gone or become of another type, and stay while views of others stand on them; new ones come all the same.
   * ConfigError when the view's name belongs to somebody else, TransientError when somebody reads it too long.
   */
  shape(table: Table, columns: readonly Column[]): Promise<readonly string[]>;
  /** Columns of the flat views of a source, by stream; a stream that was never shaped is not there. */
  shapes(source: string): Promise<ReadonlyMap<string, readonly Column[]>>;
  write(batch: Batch): Promise<WriteResult>;
  /** State of every prepared table of a source, by stream; epoch 0 while none was written. */
  states(source: string): Promise<ReadonlyMap<string, TableState>>;
  /** Doubts that wait for an answer, oldest first. */
  doubts(source: string, limit: number): Promise<readonly OpenDoubt[]>;
  /** Adds doubts that no batch raised. */
  addDoubts(table: Table, doubts: readonly Doubt[]): Promise<void>;
  readonly suspects: Suspects;
  /** Live rows whose detail is due, newest core first. */
  detailDue(table: Table, limit: number): Promise<readonly Row[]>;
  /** Rows of the given keys, tombstones too. */
  rowsByKey(table: Table, keys: readonly string[]): Promise<readonly Row[]>;
  /** Rows in key order. */
  rows(table: Table, query: RowQuery): Promise<readonly Row[]>;
  count(table: Table): Promise<TableCount>;
  /** Sealed texts kept beside the data (sources and their grants), by name. */
  readonly vault: Vault;
  close(): Promise<void>;
}

/** A few sealed texts, kept by name. */
export interface Vault {
  put(name: string, sealed: string): Promise<void>;
  remove(name: string): Promise<void>;
  all(): Promise<ReadonlyMap<string, string>>;
}

/** Opens the sink a URL names (`postgres://…`, `sqlite:…`); ConfigError when it is refused, TransientError when it is out of reach. */
export type OpenSink = (url: string) => Promise<Sink>;
