import type { DataSource } from "@deskmirror/model";
import { createLog } from "@deskmirror/runtime";
import { testDataSource } from "@deskmirror/testing";
import { createShapes } from "../../src/mirror/shapes.ts";
import type { Shapes } from "../../src/mirror/shapes.ts";
import type { Stage } from "./stage.ts";

/** The flat views of a stage, on a clock that tests move. */
export interface StageShapes extends Shapes {
  /** What was logged, a JSON line each. */
  readonly lines: readonly string[];
  /** `table change` of each field that changed. */
  readonly fieldChanges: readonly string[];
  readonly clock: { nowMs: number };
  /** As its tables are to be shown. */
  readonly dataSource: { mode: DataSource["mode"] };
}

export const COMPARE_MS = 6 * 3_600_000;

/** Keeps the flat views of a stage's tables. */
export function stageShapes({ desk, source, sink, contexts }: Stage): StageShapes {
  const tables = [...contexts.values()];
  const clock = { nowMs: 1 };
  const lines: string[] = [];
  const fieldChanges: string[] = [];
  const name = tables[0]!.writer.table.source;
  const dataSource = { ...testDataSource({ name, orgId: desk.orgId }) };
  const shapes = createShapes({
    dataSource: () => dataSource,
    source,
    sink,
    streams: tables.map(({ stream }) => stream),
    toTable: (stream) => contexts.get(stream.name)!.writer.table,
    compareMs: () => COMPARE_MS,
    nowMs: () => clock.nowMs,
    onFieldChanged: (table, change) => void fieldChanges.push(`${table} ${change}`),
    log: createLog({ service: "sync", level: "info", to: { write: (line) => void lines.push(line) } }),
  });
  return { ...shapes, lines, fieldChanges, clock, dataSource };
}
