import assert from "node:assert/strict";
import { test } from "node:test";
import type { Mode, Table } from "@deskmirror/model";
import { batch, tombstone, upsert } from "./changes.ts";
import type { Contents } from "./contents.ts";

const columns = [{ path: ["subject"], type: "text" }] as const;

/** How a source's tables change between document and csv mode. */
export function modeTests({ sink, prepared, rowOf, flatOf }: Contents): void {
  const show = (tables: readonly Table[], mode: Mode): Promise<void> =>
    sink().prepare(tables, { source: tables[0]!.source, orgId: "org", mode });

  test("a change of mode keeps rows, tombstones, doubts and state, both ways, and writing goes on", async () => {
    const all = await prepared();
    const { tickets } = all;
    const tables = Object.values(all);
    const state = { watermarkMs: 5, progress: { n: 1 }, epoch: 3 };
    const core = { id: "1", subject: "first" };
    await sink().write({ ...batch(tickets, upsert("1", { modifiedMs: 1, core }), tombstone("2", 9)), state });
    for (const table of tables) await sink().shape(table, columns);
    const before = { row: await rowOf(tickets, "1"), count: await sink().count(tickets) };

    const views = { csv: "tickets", document: "tickets_flat" };
    for (const mode of ["csv", "csv", "document", "csv"] as const) {
      await show(tables, mode);
      assert.deepEqual(await rowOf(tickets, "1"), before.row);
      assert.deepEqual(await sink().count(tickets), before.count);
      assert.deepEqual((await sink().states(tickets.source)).get("tickets"), state);
      const rows = await flatOf(tickets, views[mode]);
      assert.deepEqual(
        rows.map(({ id, subject, _deleted_at: deletedMs }) => [id, subject, deletedMs]),
        [
          ["1", "first", null],
          ["2", null, 9],
        ],
      );
    }
    await sink().write(batch(tickets, upsert("1", { modifiedMs: 2, core: { id: "1", subject: "second" } })));
    assert.deepEqual(
      (await flatOf(tickets, "tickets")).map(({ subject }) => subject),
      ["second", null],
    );
    await sink().shape(tickets, [...columns, { path: ["note"], type: "text" }]);
    assert.ok("note" in (await flatOf(tickets, "tickets"))[0]!);
    await sink().prepare([tickets], { source: tickets.source, orgId: "org" });
    assert.equal((await flatOf(tickets, "tickets")).length, 2, "a mode that is not named stays");
  });

  test("a source may begin in csv mode, and tables that come later are in its mode", async () => {
    const { tickets, teams } = await prepared();
    const source = `${tickets.source}_csv`;
    const own = [
      { ...tickets, source },
      { ...teams, source },
    ] as const;
    await sink().prepare([own[0]], { source, orgId: "org", mode: "csv" });
    await sink().prepare(own, { source, orgId: "org" });
    for (const table of own) {
      await sink().shape(table, columns);
      await sink().write(batch(table, upsert("1", { modifiedMs: 1, core: { id: "1", subject: "s" } })));
      assert.deepEqual(
        (await flatOf(table, table.stream)).map(({ subject }) => subject),
        ["s"],
      );
    }
  });
}
