import { DeskError, internalError, outOfRange, unprocessable } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { parseSort, type Sort } from "../store/shelf.ts";
import { detailKeys, type Page, type TableSpec } from "../tables/spec.ts";

/** Most names in `fields`. */
export const maxFields = 30;

/** A part of a list that was asked for: rows `skip` to `skip + limit`. */
export interface PageQuery {
  /** `from` as given or defaulted; the price depends on it. */
  readonly from: number;
  readonly skip: number;
  readonly limit: number;
}

/** Refuses a query parameter that the endpoint does not know. */
export function refuseUnknown(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (name !== "orgId" && !known.includes(name)) {
      throw unprocessable(`Extra query parameter '${name}' is present in the input.`, "unknownParameter");
    }
  }
}

function wholeNumber(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!/^-?\d+$/.test(text)) throw unprocessable(`The value passed for the '${name}' query parameter is invalid.`);
  return Number(text);
}

/** Reads `from` and `limit` of a list; `null` page = the list is not paged. */
export function parsePage(query: URLSearchParams, page: Page | null, settings: Settings, maxFrom: number): PageQuery {
  if (page === null) return { from: 0, skip: 0, limit: Infinity };
  const oneBased = page.oneBased === true && settings.oneBasedLists !== "zero";
  const minFrom = oneBased && settings.oneBasedLists === "strict" ? 1 : 0;
  const from = wholeNumber(query, "from") ?? (oneBased ? 1 : 0);
  if (from < minFrom || from > maxFrom) throw outOfRange("from", minFrom, maxFrom);
  const limit = wholeNumber(query, "limit") ?? page.default;
  if (limit < page.min || limit > page.max) throw outOfRange("limit", page.min, page.max);
  const skip = oneBased ? Math.max(0, from - 1) : from;
  return { from, skip, limit: limit === 0 && page.zeroIsAll === true ? Infinity : limit };
}

/** Reads `sortBy` (agents: with sortOrder) of a list. */
export function parseSortBy(query: URLSearchParams, sorts: readonly string[], defaultSort: string): Sort {
  const sort = parseSort(query.get("sortBy") ?? defaultSort);
  if (query.has("sortBy") && !sorts.includes(sort.by)) {
    throw unprocessable(`The value passed for the 'sortBy' query parameter is invalid.`);
  }
  return query.get("sortOrder") === "desc" ? { by: sort.by, descending: true } : sort;
}

/** Keys that `fields` cannot name: multi-line text. */
const multiLine = new Set(["description", "resolution", "answer", "content", "customFields"]);

/** Reads `fields`; null when it was not given. */
export function parseFields(
  query: URLSearchParams,
  spec: TableSpec,
  fieldNames: ReadonlySet<string>,
  settings: Settings,
): string[] | null {
  const text = query.get("fields");
  if (text === null) return null;
  const names = text.split(",");
  if (names.length > maxFields) {
    throw unprocessable(`The value passed for field 'fields' exceeds the range of '1-${maxFields}'`);
  }
  const allowed = spec.fields === "all" ? detailKeys(spec).filter((key) => !multiLine.has(key)) : (spec.fields ?? []);
  const unknown = names.find((name) => name !== "id" && !allowed.includes(name) && !fieldNames.has(name));
  if (unknown !== undefined) {
    throw settings.unknownFieldStatus === 500
      ? internalError()
      : new DeskError(422, "UNPROCESSABLE_ENTITY", `The value passed for field 'fields' is invalid: ${unknown}`);
  }
  return ["id", ...names.filter((name) => name !== "id")];
}

/** Reads `include` into the keys it adds. */
export function parseIncludes(query: URLSearchParams, known: Readonly<Record<string, string>>): string[] {
  const names = (query.get("include") ?? "").split(",").filter((name) => name !== "");
  return names.map((name) => {
    const key = known[name];
    if (key === undefined) throw unprocessable(`The value passed for the 'include' query parameter is invalid.`);
    return key;
  });
}

/** The parameters every list of this table takes. */
export function listParameters(spec: TableSpec): string[] {
  return [
    ...(spec.page === null ? [] : ["from", "limit"]),
    ...(spec.sorts.length === 0 ? [] : ["sortBy"]),
    ...(spec.fields === null ? [] : ["fields"]),
    ...(Object.keys(spec.includes.list).length === 0 ? [] : ["include"]),
    ...Object.keys(spec.filters),
    ...spec.ignored,
  ];
}
