import { listParameters, parseFields, parseIncludes, parsePage, parseSortBy } from "../checks/query.ts";
import { listFilter, type Desk } from "../desk.ts";
import { invalidData } from "../errors.ts";
import type { Row } from "../json.ts";
import type { Call } from "../http/route.ts";
import type { Sort } from "../store/shelf.ts";
import type { State } from "../store/state.ts";
import { listKeys, render } from "../tables/render.ts";
import type { TableSpec } from "../tables/spec.ts";

/** Where the rows of a list come from, in the order asked for. */
export type Source = (sort: Sort, call: Call) => readonly State[];

/** A page of a list. */
export interface ListPage {
  readonly rows: Row[];
  readonly from: number;
  /** Whether rows follow. */
  readonly more: boolean;
}

/** The part of `states` that passes the filters, from `skip` on. */
function slice(
  states: readonly State[],
  passes: ((state: State) => boolean) | null,
  skip: number,
  limit: number,
): State[] {
  if (passes === null) return states.slice(skip, limit === Infinity ? undefined : skip + limit);
  const page: State[] = [];
  let seen = 0;
  for (const state of states) {
    if (!passes(state)) continue;
    if (seen >= skip) page.push(state);
    seen += 1;
    if (page.length >= limit) break;
  }
  return page;
}

/** The test of a call's filters; null when everything passes. */
export function filterOf(desk: Desk, spec: TableSpec, query: URLSearchParams): ((state: State) => boolean) | null {
  const given = Object.entries(spec.filters).flatMap(([name, filter]) => {
    const value = query.get(name);
    return value === null ? [] : [{ filter, value }];
  });
  const isListed = listFilter(desk);
  if (given.length === 0) return isListed;
  return (state) =>
    (isListed?.(state) ?? true) && given.every(({ filter, value }) => filter(state, value, desk.context));
}

/** Reads one page of a table: parameters, filters, order, projection. */
export function readList(desk: Desk, spec: TableSpec, source: Source, call: Call): ListPage {
  const { settings, context } = desk;
  const missing = spec.requires.filter((name) => !call.query.has(name));
  if (missing.length > 0) throw invalidData(missing.map((name) => ({ fieldName: `/${name}`, errorType: "missing" })));
  const page = parsePage(call.query, spec.page, settings, settings.listMaxFrom);
  const sort = parseSortBy(call.query, spec.sorts, spec.defaultSort);
  const names = parseFields(call.query, spec, desk.customFieldNames(spec.table), settings);
  const included = parseIncludes(call.query, spec.includes.list);
  const keys = [...(names ?? listKeys(spec.table, context)), ...included];
  const states = slice(source(sort, call), filterOf(desk, spec, call.query), page.skip, page.limit + 1);
  return {
    rows: states.slice(0, page.limit).map((state) => withoutCf(render(state, keys, context), names)),
    from: page.from,
    more: states.length > page.limit,
  };
}

/** `cf` named in `fields` of a list comes back null; each `cf_x` must be named. */
function withoutCf(row: Row, names: readonly string[] | null): Row {
  return names !== null && names.includes("cf") ? { ...row, cf: null } : row;
}

/** The parameters of a table's list. */
export function parametersOf(spec: TableSpec): () => readonly string[] {
  const parameters = listParameters(spec);
  return () => parameters;
}
