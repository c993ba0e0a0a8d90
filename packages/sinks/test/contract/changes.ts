import { hashContent, toContentVersion, toLifeVersion } from "@deskmirror/model";
import type { Batch, Change, JsonObject, Origin, Refetch, Register, Table, Tombstone, Upsert } from "@deskmirror/model";

const noKeys: ReadonlySet<string> = new Set();

/** Tables as three kinds of stream have them; give each test its own source. */
export function testTables(source: string): { readonly tickets: Table; readonly agents: Table; readonly teams: Table } {
  return {
    tickets: { source, stream: "tickets", core: ["id", "subject"], hasModifiedTime: true, isByCreatedTime: true },
    agents: { source, stream: "agents", core: ["id", "subject"], hasModifiedTime: false, isByCreatedTime: false },
    teams: { source, stream: "teams", core: null, hasModifiedTime: false, isByCreatedTime: false },
  };
}

export interface Seen {
  readonly origin?: Origin;
  /** `s` of core, and of detail with authority. */
  readonly modifiedMs: number;
  /** `a`; the same as `modifiedMs` when not given. */
  readonly currentMs?: number;
  readonly core?: JsonObject | null;
  readonly detail?: JsonObject | null;
  readonly provisional?: boolean;
  readonly parentId?: string | null;
  readonly aliveMs?: number;
}

export function upsert(key: string, seen: Seen): Upsert {
  const { origin = "list", modifiedMs, parentId = null, aliveMs = modifiedMs } = seen;
  return { ...registers(seen), op: "upsert", key, origin, modifiedMs, parentId, life: toLifeVersion(aliveMs, "alive") };
}

export function tombstone(key: string, atMs: number, origin: Origin = "event"): Tombstone {
  const life = toLifeVersion(atMs, "dead");
  const nothing = { core: null, detail: null, modifiedMs: null, parentId: null };
  return { op: "delete", key, origin, ...nothing, life, deletedMs: atMs };
}

export function refetch(key: string, afterMs = 0): Refetch {
  return { op: "refetch", key, origin: "event", parentId: null, afterMs };
}

export function batch(table: Table, ...changes: readonly Change[]): Batch {
  return { table, changes, horizonMs: 2_000_000_000_000 };
}

export function registers({
  origin,
  modifiedMs,
  currentMs = modifiedMs,
  core = null,
  detail = null,
  provisional,
}: Seen): {
  readonly core: Register | null;
  readonly detail: Register | null;
} {
  const register = (data: JsonObject, atMs: number): Register => ({
    version: toContentVersion({
      modifiedMs: atMs,
      currentMs,
      contentHash: hashContent(data, noKeys),
      fromGet: origin === "get",
    }),
    data,
  });
  return {
    core: core && register(core, modifiedMs),
    detail: detail && register(detail, provisional === true ? 0 : modifiedMs),
  };
}
