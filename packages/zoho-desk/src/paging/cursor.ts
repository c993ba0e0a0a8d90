import { z } from "zod";

const ms = z.number().int();
const count = z.number().int().nonnegative();

const searchCursor = z.object({
  kind: z.literal("search"),
  by: z.enum(["createdTime", "modifiedTime"]),
  /** Rows of [startMs, endMs) are this reading's own. */
  startMs: ms,
  endMs: ms,
  /** Completeness is judged up to here, at most the end: later rows may not be in the index yet. */
  proofMs: ms,
  /** Everything before this instant was shown. */
  atMs: ms,
  /** Offset inside the instant `atMs`, where it has more rows than a page. */
  offset: count,
  /** Ids shown at `atMs` and the millisecond before: the only ones the next page can repeat. */
  seen: z.array(z.string()),
  /** Rows at `atMs` among those counted. */
  ties: count,
  /** Distinct rows shown. */
  rows: count,
  /** Among them: not this reading's own. */
  foreign: count,
  /** Among them: after `proofMs`. */
  late: count,
  /** Rows the search said there are, when this range was first asked for; null before. */
  expected: count.nullable(),
  /** A range with more rows than this is split; null: never. */
  partRows: count.nullable(),
  pass: z.number().int(),
  steps: count,
  departmentId: z.string().nullable(),
});

const listCursor = z.object({
  kind: z.literal("list"),
  parentId: z.string().nullable(),
  from: count,
  /** Backwards from the other end, since offsets end at 4999. */
  descending: z.boolean(),
  /** Ids of the page before: one of them must come again. */
  seen: z.array(z.string()),
  /** Last ids that the forward reading reached. */
  frontier: z.array(z.string()),
  /** Distinct rows of this pass, and the sum of their ids' hashes. */
  rows: count,
  sum: count,
  /** The same of the pass before; null in the first. */
  before: z.object({ rows: count, sum: count }).nullable(),
  pass: z.number().int(),
  steps: count,
  /** Newest modifiedTime first, until older than this; null: the whole list. */
  untilMs: ms.nullable(),
});

const cursor = z.discriminatedUnion("kind", [searchCursor, listCursor]);

/** A position in a reading by search. */
export type SearchCursor = z.infer<typeof searchCursor>;
/** A position in a reading by list. */
export type ListCursor = z.infer<typeof listCursor>;

/** Reads a cursor from a checkpoint; throws when it is none of ours. */
export function parseCursor(value: unknown): SearchCursor | ListCursor {
  return cursor.parse(value);
}

/** What decides a reading by search. */
export type SearchRange = Pick<SearchCursor, "by" | "startMs" | "endMs" | "proofMs"> &
  Partial<Pick<SearchCursor, "departmentId" | "partRows" | "pass">>;

/** The start of a reading by search. */
export function startSearch(range: SearchRange): SearchCursor {
  return {
    kind: "search",
    atMs: range.startMs,
    offset: 0,
    seen: [],
    ties: 0,
    rows: 0,
    foreign: 0,
    late: 0,
    expected: null,
    partRows: null,
    pass: 1,
    steps: 0,
    departmentId: null,
    ...range,
  };
}

/** The start of a reading by list. */
export function startList(parentId: string | null, untilMs: number | null = null): ListCursor {
  return {
    kind: "list",
    parentId,
    from: 0,
    descending: untilMs !== null,
    seen: [],
    frontier: [],
    rows: 0,
    sum: 0,
    before: null,
    pass: 1,
    steps: 0,
    untilMs,
  };
}
