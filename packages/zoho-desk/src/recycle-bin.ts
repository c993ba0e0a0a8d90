import { PermanentError, isJsonObject } from "@deskmirror/model";
import type { BinPage, Cursor, RequestOptions } from "@deskmirror/model";
import { OFFSET_LIMIT } from "./http/answer.ts";
import type { DeskClient } from "./http/client.ts";
import { STREAM_SPECS } from "./streams/index.ts";
import { toTombstone } from "./to-change.ts";
import { toId, toText, toTime } from "./values.ts";

const LIMIT = 100;
const scopes = { read: ["Desk.settings.READ"] } as const;

const streamOfType = new Map(STREAM_SPECS.flatMap(({ name, bin }) => bin.map((type) => [type.toLowerCase(), name])));

/** Reads a page of the recycle bin, newest deletion first (Zoho Desk OAS, RecycleBin.json); pages overlap by a row. */
export async function readBinPage(
  client: DeskClient,
  cursor: Cursor | null,
  options: RequestOptions,
): Promise<BinPage> {
  const from = cursor === null ? 0 : Number(cursor["from"]);
  const query = { sortBy: "-deletedTime", from: String(from), limit: String(LIMIT) };
  try {
    const { body } = await client.send({ path: "/recycleBin", query, table: "recycle bin", scopes }, options);
    const rows = isJsonObject(body) && Array.isArray(body["data"]) ? body["data"].filter(isJsonObject) : [];
    const changes = rows.flatMap((row) => {
      const stream = streamOfType.get((toText(row["type"]) ?? "").toLowerCase());
      const key = toId(row["id"]);
      const deletedMs = toTime(row["deletedTime"]);
      if (stream === undefined || key === null || deletedMs === null) return [];
      return [{ stream, change: toTombstone(key, "bin", deletedMs, null) }];
    });
    return { changes, next: rows.length < LIMIT ? null : { from: from + LIMIT - 1 } };
  } catch (error) {
    if (error instanceof PermanentError && error.code === OFFSET_LIMIT) return { changes: [], next: null };
    throw error;
  }
}
