import type { BinPage, Cursor, JsonObject, RequestOptions } from "@deskmirror/model";
import { parseCursor, startList } from "./paging/cursor.ts";
import { readList } from "./paging/read-list.ts";
import type { RowReader } from "./paging/rows.ts";
import { STREAM_SPECS } from "./streams/index.ts";
import { stream } from "./streams/spec.ts";
import { toTombstone } from "./to-change.ts";
import { toId, toText, toTime } from "./values.ts";

/** The bin as a list, newest deletion first (Zoho Desk OAS, RecycleBin.json); records of all modules lie in it. */
const bin = stream({
  name: "recycle bin",
  list: {
    path: "/recycleBin",
    order: { ascending: { sortBy: "-deletedTime" }, descending: { sortBy: "deletedTime" } },
  },
  toKey: (row) => `${toText(row["type"])}:${toId(row["id"])}`,
  scopes: { read: ["Desk.settings.READ"] },
});

const streamOfType = new Map(
  STREAM_SPECS.flatMap(({ name, bin: types }) => types.map((type) => [type.toLowerCase(), name])),
);

/** Reads a page of the recycle bin; what lies there of no table is left out. */
export async function readBinPage(reader: RowReader, cursor: Cursor | null, options: RequestOptions): Promise<BinPage> {
  const place = cursor === null ? startList(null) : parseCursor(cursor);
  if (place.kind !== "list") throw new TypeError("this cursor is of no list");
  const { rows, next, credits } = await readList({ spec: bin, cursor: place, reader, options });
  return { changes: rows.flatMap(toDeleted), credits, next };
}

function toDeleted(row: JsonObject): BinPage["changes"] {
  const name = streamOfType.get((toText(row["type"]) ?? "").toLowerCase());
  const key = toId(row["id"]);
  const deletedMs = toTime(row["deletedTime"]);
  if (name === undefined || key === null || deletedMs === null) return [];
  return [{ stream: name, change: toTombstone(key, "bin", deletedMs, null) }];
}
