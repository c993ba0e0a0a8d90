import { PermanentError, TransientError, isJsonObject } from "@deskmirror/model";
import type { JsonObject, JsonValue, RequestOptions } from "@deskmirror/model";
import { NOT_FOUND } from "../http/answer.ts";
import type { DeskClient } from "../http/client.ts";
import type { Query, StreamSpec } from "../streams/spec.ts";
import { toCount } from "../values.ts";

/** Rows of one answer. */
export interface Rows {
  readonly rows: readonly JsonObject[];
  /** Rows of the whole query, where the answer says so (search). */
  readonly count: number | null;
  readonly boundMs: number;
  readonly credits: number;
}

/** Reads lists and searches of one organization, and remembers which of several paths exist. */
export interface RowReader {
  list(
    spec: StreamSpec,
    ask: { readonly parentId: string | null; readonly query: Query },
    options: RequestOptions,
  ): Promise<Rows>;
  search(spec: StreamSpec, query: Query, options: RequestOptions): Promise<Rows>;
}

/** A row reader over a client. */
export function createRowReader(client: DeskClient): RowReader {
  const chosen = new Map<string, string>();

  async function read(spec: StreamSpec, path: string, query: Query, options: RequestOptions): Promise<Rows> {
    const { body, boundMs, credits } = await client.send(
      {
        path,
        query,
        table: spec.name,
        scopes: spec.scopes,
        withoutOrgId: path === "/organizations",
      },
      options,
    );
    const count = isJsonObject(body) ? toCount(body["count"]) : null;
    return { rows: toRows(body, spec), count: body === null ? 0 : count, boundMs, credits };
  }

  /** The first of the paths that Zoho knows; asked for again only while none is known. */
  async function readFirst(
    spec: StreamSpec,
    paths: readonly string[],
    readPath: (path: string) => Promise<Rows>,
  ): Promise<Rows> {
    const known = chosen.get(paths[0]!);
    if (known !== undefined) return readPath(known);
    for (const [index, path] of paths.entries()) {
      try {
        const rows = await readPath(path);
        if (paths.length > 1) chosen.set(paths[0]!, path);
        return rows;
      } catch (error) {
        if (index === paths.length - 1 || !isNotFound(error)) throw error;
      }
    }
    throw new TypeError(`${spec.name} has no path`);
  }

  return {
    list(spec, { parentId, query }, options) {
      const { path, fallbackPath, parentParam } = spec.list;
      const paths = fallbackPath === undefined ? [path] : [path, fallbackPath];
      const whole = {
        ...spec.list.query,
        ...query,
        ...(parentParam === undefined || parentId === null ? {} : { [parentParam]: parentId }),
      };
      return readFirst(spec, paths, (one) => read(spec, one.replace(":parent", parentId ?? ""), whole, options));
    },
    search(spec, query, options) {
      const { search } = spec;
      if (search === null) throw new TypeError(`${spec.name} has no search`);
      return readFirst(spec, search.paths, (path) => read(spec, path, query, options));
    },
  };
}

/** Whether Zoho does not know a path or record. */
export function isNotFound(error: unknown): boolean {
  return error instanceof PermanentError && error.code === NOT_FOUND;
}

/** The rows of a list's answer: under its key, else the one array there is. 204 and `{}` are empty. */
function toRows(body: JsonValue | null, spec: StreamSpec): readonly JsonObject[] {
  if (body === null) return [];
  const rows = isJsonObject(body) ? (body[spec.list.key] ?? onlyArray(body)) : undefined;
  if (rows === undefined && isJsonObject(body) && Object.keys(body).length === 0) return [];
  if (!Array.isArray(rows) || !rows.every(isJsonObject)) {
    throw new TransientError(`the list of ${spec.name} is no list of records`, { code: "SHAPE" });
  }
  return rows;
}

function onlyArray(body: JsonObject): JsonValue | undefined {
  const arrays = Object.values(body).filter(Array.isArray);
  return arrays.length === 1 ? arrays[0] : undefined;
}
