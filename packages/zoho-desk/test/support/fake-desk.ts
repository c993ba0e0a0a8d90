import { PermanentError } from "@deskmirror/model";
import type { JsonObject } from "@deskmirror/model";
import { OFFSET_LIMIT } from "../../src/http/answer.ts";
import type { RowReader, Rows } from "../../src/paging/rows.ts";
import type { Query } from "../../src/streams/spec.ts";

/** A record of a Desk that is only lists. */
export interface FakeRecord {
  readonly id: string;
  readonly createdMs: number;
  readonly departmentId: string;
}

/** What Zoho does not say about its ranges and offsets. */
export interface FakeRules {
  readonly startIsIn: boolean;
  readonly endIsIn: boolean;
  readonly lastOffset: number;
}

/** A Desk whose records tests change between two questions. */
export interface FakeDesk {
  readonly records: Map<string, FakeRecord>;
  /** Called before each answer. */
  beforeAnswer: () => void;
  /** Rows that the search counts but never shows. */
  readonly hidden: Set<string>;
  readonly reader: RowReader;
  /** Questions so far. */
  asked: number;
}

/** A Desk over the given records; lists are in order of creation, ties by id. */
export function createFakeDesk(records: readonly FakeRecord[], rules: FakeRules): FakeDesk {
  const desk: FakeDesk = {
    records: new Map(records.map((record) => [record.id, record])),
    beforeAnswer: () => {},
    hidden: new Set(),
    asked: 0,
    reader: {
      async search(_spec, query) {
        return answer(find(query), query, true);
      },
      async list(_spec, { query }) {
        const all = sorted([...desk.records.values()]);
        return answer(query["sortBy"]?.startsWith("-") === true ? all.toReversed() : all, query, false);
      },
    },
  };

  function find(query: Query): readonly FakeRecord[] {
    const [startMs = 0, endMs = 0] = (query["createdTimeRange"] ?? "").split(",").map(Date.parse);
    const department = query["departmentId"];
    return sorted(
      [...desk.records.values()].filter(
        ({ createdMs, departmentId }) =>
          (createdMs > startMs || (rules.startIsIn && createdMs === startMs)) &&
          (createdMs < endMs || (rules.endIsIn && createdMs === endMs)) &&
          (department === undefined || department === departmentId),
      ),
    );
  }

  function answer(found: readonly FakeRecord[], query: Query, counts: boolean): Rows {
    desk.asked += 1;
    const from = Number(query["from"]);
    if (from > rules.lastOffset) throw new PermanentError("'from' is out of range", { code: OFFSET_LIMIT });
    const page = found.slice(from, from + Number(query["limit"])).filter(({ id }) => !desk.hidden.has(id));
    const rows = page.map(toRow);
    desk.beforeAnswer();
    return { rows, count: counts ? found.length : null, boundMs: 1, credits: 3 };
  }
  return desk;
}

function sorted(records: readonly FakeRecord[]): readonly FakeRecord[] {
  return records.toSorted((left, right) => left.createdMs - right.createdMs || (left.id < right.id ? -1 : 1));
}

function toRow({ id, createdMs, departmentId }: FakeRecord): JsonObject {
  return { id, departmentId, createdTime: new Date(createdMs).toISOString() };
}
