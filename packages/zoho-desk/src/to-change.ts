import { hashContent, toContentVersion, toLifeVersion } from "@deskmirror/model";
import type { Change, JsonObject, JsonValue, Origin, Register, Tombstone } from "@deskmirror/model";
import type { StreamSpec } from "./streams/spec.ts";
import { firstId, isTrue, toTime } from "./values.ts";

/** How and when a record was seen, in ms on Zoho's clock: an event's eventTime, or the bound from below of a read. */
export interface Seen {
  readonly origin: Exclude<Origin, "bin">;
  readonly atMs: number;
  /** The parent the record was read under or asked for; null when unknown. */
  readonly parentId: string | null;
  /** Core keys that a GET of this source lacked: not required any more. */
  readonly absentKeys: ReadonlySet<string>;
}

/**
 * What a record as Zoho gave it says of its row (design decisions 2 to 4): registers with their versions, life, or that it must be
 * asked for. Null when the row has no key.
 */
export function toChange(spec: StreamSpec, row: JsonObject, seen: Seen): Change | null {
  const parentId = toParentId(spec, row, seen.parentId);
  const key = spec.toKey(row, parentId);
  if (key === null) return null;
  const { origin } = seen;
  const modifiedMs = spec.modified === "never" ? null : toTime(row["modifiedTime"]);
  const isWhole = origin === "get" || isEnough(spec, row, modifiedMs, seen);
  const currentMs = origin === "search" ? (modifiedMs ?? seen.atMs) : seen.atMs;
  // How it looks in the bin is no state of it: its flags would stay on a record that comes back without being modified.
  if (isDeleted(spec, row)) return toTombstone(key, origin, currentMs, parentId);
  if (!isWhole) return { op: "refetch", key, origin, parentId, afterMs: seen.atMs };

  const sourceMs = modifiedMs ?? (spec.modified === "sometimes" ? toTime(row["commentedTime"]) : null);
  const registers = toRegisters(spec, row, { origin, currentMs, modifiedMs: sourceMs ?? currentMs });
  const aliveMs = origin === "list" || origin === "get" ? seen.atMs : (modifiedMs ?? seen.atMs);
  return { op: "upsert", key, origin, ...registers, life: toLifeVersion(aliveMs, "alive"), modifiedMs, parentId };
}

/** The record is gone: told by a delete event or the recycle bin, or proven by a read. */
export function toTombstone(key: string, origin: Origin, deletedMs: number, parentId: string | null): Tombstone {
  const life = toLifeVersion(deletedMs, "dead");
  return { op: "delete", key, origin, core: null, detail: null, life, modifiedMs: null, parentId, deletedMs };
}

/** Keys of the core register that a row lacks. */
export function missingCore(spec: StreamSpec, row: JsonObject): readonly string[] {
  return spec.core === null ? [] : spec.core.filter((key) => row[key] === undefined);
}

/** Whether a row has every key that makes its detail the record's own. */
export function hasDetail(spec: StreamSpec, row: JsonObject): boolean {
  return spec.core === null || spec.detail.every((key) => row[key] !== undefined);
}

/** The parent is named by the row where rows move between parents, else by the reading. */
export function toParentId(spec: StreamSpec, row: JsonObject, readUnder: string | null): string | null {
  if (spec.parent === null) return null;
  const named = firstId(row, spec.parentKeys);
  return spec.parent === "departments" ? (named ?? readUnder) : (readUnder ?? named);
}

/** Zoho says deleted by a state, or by any of three flags, as boolean or text (Zoho Desk OAS, Ticket.json; older events: IsDel). */
export function isDeleted(spec: StreamSpec, row: JsonObject): boolean {
  return isTrue(row["isDeleted"]) || isTrue(row["isTrashed"]) || isTrue(row["IsDel"]) || spec.isGone(row);
}

function isEnough(spec: StreamSpec, row: JsonObject, modifiedMs: number | null, seen: Seen): boolean {
  if (spec.modified === "always" && modifiedMs === null) return false;
  const required = spec.core ?? (seen.origin === "event" ? spec.whole : []);
  return required.every((key) => row[key] !== undefined || seen.absentKeys.has(key));
}

interface Times {
  readonly origin: Origin;
  readonly modifiedMs: number;
  readonly currentMs: number;
}

interface Registers {
  readonly core: Register;
  readonly detail: Register | null;
}

function toRegisters(spec: StreamSpec, row: JsonObject, times: Times): Registers {
  const keys = keySets(spec);
  const core: Record<string, JsonValue> = {};
  const rest: Record<string, JsonValue> = {};
  let hasRest = false;
  for (const key in row) {
    if (keys.eventOnly.has(key)) continue;
    const value = row[key] as JsonValue;
    if (keys.core === null || keys.core.has(key)) core[key] = value;
    else {
      rest[key] = value;
      hasRest = true;
    }
  }
  const fromGet = times.origin === "get";
  const owns = fromGet || (times.origin === "event" && hasDetail(spec, row));
  return {
    core: toRegister(core, keys.volatile, times),
    detail:
      keys.core === null || (!hasRest && !fromGet)
        ? null
        : toRegister(rest, keys.volatile, owns ? times : { ...times, modifiedMs: 0 }),
  };
}

function toRegister(data: JsonObject, volatile: ReadonlySet<string>, times: Times): Register {
  const contentHash = hashContent(data, volatile);
  return { data, version: toContentVersion({ ...times, contentHash, fromGet: times.origin === "get" }) };
}

interface KeySets {
  readonly core: ReadonlySet<string> | null;
  readonly volatile: ReadonlySet<string>;
  readonly eventOnly: ReadonlySet<string>;
}

const sets = new WeakMap<StreamSpec, KeySets>();

function keySets(spec: StreamSpec): KeySets {
  let known = sets.get(spec);
  if (known === undefined) {
    known = {
      core: spec.core === null ? null : new Set(spec.core),
      volatile: new Set(spec.volatile),
      eventOnly: new Set(spec.eventOnly),
    };
    sets.set(spec, known);
  }
  return known;
}
