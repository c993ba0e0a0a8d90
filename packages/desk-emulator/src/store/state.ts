import type { Row } from "../json.ts";
import type { StoredTable } from "../tables/names.ts";

/** One immutable state of one record; a write makes the next state. */
export interface State {
  readonly table: StoredTable;
  /** Key of the record within its table. */
  readonly id: string;
  /** Number that orders ids. */
  readonly seq: number;
  /** The ticket, team, department or module it is read under. */
  readonly parentId: string | null;
  readonly createdMs: number;
  /** Milliseconds; 0 where the table has no modifiedTime or the record was never modified (comments). */
  readonly modifiedMs: number;
  readonly trashed: Trashed | null;
  readonly archived: boolean;
  /** The stored keys; what is derived is added when it is rendered. */
  readonly data: Row;
}

/** When and by whom a record went to the recycle bin. */
export interface Trashed {
  readonly at: number;
  readonly by: string;
}

/** What a write did to a record. */
export type ChangeKind = "create" | "update" | "count" | "trash" | "restore" | "purge" | "archive";

/** Who caused a write, as far as webhooks ask. */
export interface Cause {
  /** UUID of the source header; webhooks with the same ignoreSourceId do not hear of the write. */
  readonly sourceId?: string | undefined;
  /** Caused by supervise rules; only webhooks with includeEventsFrom AUTOMATION hear of it. */
  readonly automation?: boolean | undefined;
  /** Part of another write, which webhooks already heard of. */
  readonly silent?: boolean | undefined;
}

/** One write, as the index and the webhooks hear of it. */
export interface Change {
  readonly kind: ChangeKind;
  readonly before: State | null;
  /** Null when the record is gone for good. */
  readonly after: State | null;
  /** Time of the write on the emulator's clock. */
  readonly at: number;
  readonly cause: Cause;
  /** The description thread born with a ticket. */
  readonly firstThread?: State | undefined;
}

/** The 18-digit id of a sequence number; larger than 2^53, so it must be kept as text. */
export function idOf(seq: number): string {
  return `410${String(1e15 + seq).slice(1)}`;
}
