import { PermanentError } from "@deskmirror/model";
import type { Estimate, JsonObject, RequestOptions } from "@deskmirror/model";
import { NOT_FOUND } from "../http/answer.ts";
import { GET_COST, NO_COST, addCosts, listCost, pageCredits, searchCost, timesCost } from "../paging/cost.ts";
import { everything, toParts } from "../paging/plan.ts";
import type { RowReader } from "../paging/rows.ts";
import { specOf } from "../scopes.ts";
import { isOfTable } from "../streams/spec.ts";
import type { StreamSpec } from "../streams/spec.ts";
import { toCount } from "../values.ts";
import { measureList } from "./list-length.ts";
import type { ListLength } from "./list-length.ts";

/** What estimating needs. */
export interface EstimateOptions {
  readonly reader: RowReader;
  /** Of streams with a count of their own. */
  readonly count: (spec: StreamSpec) => Promise<number | null>;
  readonly options: RequestOptions;
}

/** Parents whose children are counted by reading their lists, spread evenly over those that are known. */
const PARENTS_ASKED = 5;

/** What Zoho says of a stream that this grant, this agent or this edition cannot have. */
const refusals: ReadonlySet<string> = new Set(["SCOPE_MISMATCH", "FORBIDDEN", "LICENSE_ACCESS_LIMITED", NOT_FOUND]);

/** Records of a stream, as far as they are known. */
interface Counted {
  readonly rows: number | null;
  readonly sample: readonly JsonObject[];
}

/** What reading streams whole would cost, their details included; those that Zoho refuses are left out. */
export async function estimateStreams(
  names: readonly string[],
  { reader, count, options }: EstimateOptions,
): Promise<ReadonlyMap<string, Estimate>> {
  const specs = names.map(specOf);
  const parents = new Set(specs.map(({ parent }) => parent));
  const counting = new Map<StreamSpec, Promise<Counted>>();

  /** Counts a stream that is read whole, once. */
  function counted(spec: StreamSpec): Promise<Counted> {
    const known = counting.get(spec) ?? countWhole(spec);
    counting.set(spec, known);
    return known;
  }

  async function countWhole(spec: StreamSpec): Promise<Counted> {
    const isParent = parents.has(spec.name);
    if (spec.search !== null) return countSearched(spec, isParent);
    if (spec.countPath === null) return measureList({ spec, reader, options, parentId: null });
    const rows = await count(spec);
    return { rows, sample: isParent ? (await measureList({ spec, reader, options, parentId: null })).sample : [] };
  }

  /** The oldest records tell how many of a mixed search are wanted; as a sample the newest are as good. */
  async function countSearched(spec: StreamSpec, isSample: boolean): Promise<Counted> {
    const query = { ...everything, limit: String(spec.search!.limit) };
    const ends = isSample ? ["createdTime", "-createdTime"] : ["createdTime"];
    const found = await Promise.all(ends.map((sortBy) => reader.search(spec, { ...query, sortBy }, options)));
    const shown = found.flatMap(({ rows }) => rows);
    const sample = shown.filter((row) => isOfTable(spec, row));
    const all = found[0]!.count;
    const share = shown.length === 0 ? 1 : sample.length / shown.length;
    return { rows: all === null ? null : Math.round(all * share), sample };
  }

  async function estimateWhole(spec: StreamSpec): Promise<Estimate> {
    const { rows, sample } = await counted(spec);
    const known = rows ?? sample.length;
    const detail = toDetail(spec, known);
    const asked = spec.countPath === null ? NO_COST : GET_COST;
    if (spec.search === null)
      return { rows, listing: addCosts(asked, listCost(spec.list, known)), detail, readings: 1 };
    const search = { calls: 1, credits: pageCredits(0) };
    const listing = addCosts(spec.countPath === null ? search : asked, search, searchCost(known, spec.search.limit));
    return { rows, listing, detail, readings: toParts(known) };
  }

  async function estimateChildren(spec: StreamSpec): Promise<Estimate> {
    const { of, lengths } = await lengthsOf(spec);
    const scale = lengths.length === 0 ? 0 : of / lengths.length;
    const sum = lengths.reduce((total, length) => total + length, 0);
    const cost = addCosts(...lengths.map((length) => listCost(spec.list, length)));
    const listing = {
      calls: Math.round(cost.calls * scale),
      credits: Math.round(cost.credits * scale),
    };
    const rows = Math.round(sum * scale);
    return { rows: lengths.length === 0 && of > 0 ? null : rows, listing, detail: toDetail(spec, rows), readings: of };
  }

  /** How many parents there are, and how many children some of them have. */
  async function lengthsOf(spec: StreamSpec): Promise<{ readonly of: number; readonly lengths: readonly number[] }> {
    if (spec.parent === "module") return { of: spec.modules.length, lengths: await measure(spec, spec.modules) };
    const parent = specOf(spec.parent!);
    const { rows, sample } = await counted(parent);
    const of = rows ?? sample.length;
    const told = sample.map((row) => (spec.countedBy === null ? null : toCount(row[spec.countedBy])));
    if (told.every((length) => length !== null)) return { of, lengths: told };
    return {
      of,
      lengths: await measure(
        spec,
        sample.map((row) => parent.toKey(row, null)!),
      ),
    };
  }

  async function measure(spec: StreamSpec, parentIds: readonly string[]): Promise<readonly number[]> {
    const lists = spread(parentIds).map((parentId) => measureList({ spec, reader, options, parentId }));
    return (await Promise.all(lists)).map(({ rows }: ListLength) => rows);
  }

  async function estimateOne(spec: StreamSpec): Promise<readonly (readonly [string, Estimate])[]> {
    try {
      return [[spec.name, await (spec.parent === null ? estimateWhole(spec) : estimateChildren(spec))]];
    } catch (error) {
      if (error instanceof PermanentError && refusals.has(error.code)) return [];
      throw error;
    }
  }

  return new Map((await Promise.all(specs.map(estimateOne))).flat());
}

function toDetail({ core }: StreamSpec, rows: number) {
  return core === null ? NO_COST : timesCost(GET_COST, rows);
}

/** Some of a list, evenly spread. */
function spread<T>(all: readonly T[]): readonly T[] {
  const some = Math.min(PARENTS_ASKED, all.length);
  return Array.from({ length: some }, (_, index) => all[Math.floor((index * all.length) / some)]!);
}
