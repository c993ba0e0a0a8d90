import { PermanentError, isJsonObject } from "@deskmirror/model";
import type { Change, JsonObject, Page, RequestOptions } from "@deskmirror/model";
import { NOT_FOUND } from "../http/answer.ts";
import type { DeskClient } from "../http/client.ts";
import type { Query, StreamSpec } from "../streams/spec.ts";
import { toChange } from "../to-change.ts";
import { toCount } from "../values.ts";

/** Rows of one answer and what it cost. */
export interface Rows {
  readonly rows: readonly JsonObject[];
  /** Hits in all, where the answer says so. */
  readonly count: number | null;
  readonly boundMs: number;
  readonly credits: number;
}

/** Asks for rows of one stream. */
export interface RowReader {
  readonly spec: StreamSpec;
  /** Null when the path is not there: an unknown parent or endpoint. */
  read(path: string, query: Query, options: RequestOptions): Promise<Rows | null>;
  /** The changes of rows seen in a list or a search. */
  changes(rows: Rows, origin: "list" | "search", parentId: string | null): readonly Change[];
}

/** Reads rows of a stream with its scopes named in errors. */
export function createRowReader(options: {
  readonly spec: StreamSpec;
  readonly client: DeskClient;
  readonly absentKeys: (stream: string) => ReadonlySet<string>;
}): RowReader {
  const { spec, client, absentKeys } = options;
  return {
    spec,
    async read(path, query, request) {
      try {
        const withoutOrgId = path === "/organizations";
        const ask = { path, query, table: spec.name, scopes: spec.scopes, withoutOrgId };
        const { body, boundMs, credits } = await client.send(ask, request);
        const answer = isJsonObject(body) ? body : {};
        const found = answer[spec.list.key] ?? answer["data"];
        const rows = Array.isArray(found) ? found.filter(isJsonObject) : [];
        return { rows, count: body === null ? 0 : toCount(answer["count"]), boundMs, credits };
      } catch (error) {
        if (error instanceof PermanentError && error.code === NOT_FOUND) return null;
        throw error;
      }
    },
    changes({ rows, boundMs }, origin, parentId) {
      const seen = { origin, atMs: boundMs, parentId, absentKeys: absentKeys(spec.name) };
      return rows.flatMap((row) => {
        const change = spec.excludes(row) ? null : toChange(spec, row, seen);
        return change === null ? [] : [change];
      });
    },
  };
}

/** A page of nothing that ends its reading. */
export function emptyPage(distinct: number, shortfall: string | null = null): Page {
  return { changes: [], rows: 0, credits: 0, next: null, split: [], shortfall, distinct };
}
