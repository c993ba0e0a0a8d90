import type { JsonObject } from "./json.ts";
import type { ContentVersion, LifeVersion } from "./version.ts";

/** Where a state was seen. */
export type Origin = "event" | "list" | "search" | "get" | "bin";

/** One last-writer-wins register of a row: whole content and the version that orders it. */
export interface Register {
  readonly version: ContentVersion;
  readonly data: JsonObject;
}

interface ChangeOfKey {
  /** The record's key within its stream, as text. */
  readonly key: string;
  readonly origin: Origin;
}

interface ChangeOfState extends ChangeOfKey {
  /** The stream's core keys; null when not carried. */
  readonly core: Register | null;
  /** Every other key; null when not carried. Its version starts with zeros while provisional. */
  readonly detail: Register | null;
  readonly life: LifeVersion;
  /** The source's own modifiedTime in ms; null where it has none. Goes with `core`. */
  readonly modifiedMs: number | null;
  /** The ticket, team, department or module the record was read under; null where the stream has no parent. Goes with `core`. */
  readonly parentId: string | null;
}

/** The record exists and looks like this. */
export interface Upsert extends ChangeOfState {
  readonly op: "upsert";
}

/** The record does not exist any more; what registers it carries are its last known state. */
export interface Tombstone extends ChangeOfState {
  readonly op: "delete";
  /** When the source deleted it, or when its absence was proven, in ms. */
  readonly deletedMs: number;
}

/** The record changed, and what the source said of it is not enough to write: it must be asked for. */
export interface Refetch extends ChangeOfKey {
  readonly op: "refetch";
  /** Only an answer known current after this time (ms) says what it became. */
  readonly afterMs: number;
  readonly parentId: string | null;
}

/** The only thing a sink accepts. A pull page, an event, a refetch and a proven absence all become changes. */
export type Change = Upsert | Tombstone | Refetch;

/** What became of a change: the row holds its version, the row is newer, or its key must be asked for. */
export type Outcome = "applied" | "superseded" | "doubt";
