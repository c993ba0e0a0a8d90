import assert from "node:assert/strict";
import { test } from "node:test";
import { startPair } from "./pair.ts";
import { equal, settle, until } from "./support/status.ts";

const MODES = ["document", "csv"] as const;
const pair = await startPair({ tickets: 20, latencyMs: 5 }, { env: { COMPARE_SECONDS: "20", LOG_LEVEL: "info" } });
const { store } = pair.desk;

const views = { document: "plain_tickets_flat", csv: "wide_tickets" } as const;
const columnsOf = (mode: (typeof MODES)[number]): ReadonlyMap<string, unknown> =>
  pair.sinkRow(`select * from ${views[mode]} where id = '${key}'`);
const ticketOf = (): string => [...store.records("tickets")].find(({ deleted, trashed }) => !deleted && !trashed)!.key;
const key = ticketOf();
const addField = (apiName: string, type: string): string =>
  store.create("organization_fields", { apiName, type, isCustomField: true }, { parentId: "tickets" }).id;
const rows = (): string => MODES.map((mode) => pair.sinkText(`select count(*) from ${views[mode]}`)).join();

/** Waits until the columns of both views hold what is given; undefined: there is no such column. */
async function shown(what: string, expected: Readonly<Record<string, unknown>>): Promise<void> {
  await until(
    what,
    async () => {
      for (const mode of MODES) {
        const row = columnsOf(mode);
        for (const [column, value] of Object.entries(expected))
          assert.equal(row.get(column), value, `${mode} ${column}`);
      }
      return true;
    },
    90_000,
  );
}

test("fields that come, go and change their type while sync runs are columns of both modes, filled from what is stored", async () => {
  const [size, old] = [addField("cf_size", "Text"), addField("cf_old", "Text")];
  store.update("tickets", key, { cf: { cf_size: "12", cf_old: "kept" } });
  for (const [name, mode] of [
    ["plain", "document"],
    ["wide", "csv"],
  ] as const) {
    const made = await pair.call("POST", "/sources", pair.newSource(name, { mode, tables: ["tickets"] }));
    assert.equal(made.status, 201, JSON.stringify(made.body));
    await pair.call("POST", `/sources/${name}/webhook`);
    await pair.run(`/sources/${name}/pull`);
  }
  for (const name of ["plain", "wide"]) await settle(pair, name);
  await shown("the fields there were are columns", { cf_size: "12", cf_old: "kept" });
  const before = rows();

  const workload = pair.desk.workload({ changesPerSecond: 10, mix: { ticketUpdate: 1 } });
  workload.start();
  addField("cf_added", "Number");
  store.update("tickets", key, { cf: { cf_size: "12", cf_old: "kept", cf_added: 7 } });
  await shown("an added field is a column", { cf_added: 7 });

  store.update("organization_fields", size, { type: "Number" });
  store.update("organization_fields", old, { apiName: "cf_new" });
  store.update("tickets", key, { cf: { cf_size: "12", cf_new: "kept", cf_added: 7 } });
  await shown("one column changed its type, one its name", { cf_size: 12, cf_new: "kept", cf_old: undefined });
  store.delete("organization_fields", size);
  await shown("a removed field is no column", { cf_size: undefined, cf_added: 7 });
  workload.stop();

  assert.equal(rows(), before, "no row is lost");
  for (const name of ["plain", "wide"]) {
    await settle(pair, name);
    await equal(pair, name);
  }
  const metrics = await (await fetch(`${pair.syncUrl}/metrics`)).text();
  for (const source of ["plain", "wide"]) {
    for (const [change, count] of [
      ["added", 2],
      ["removed", 2],
      ["retyped", 1],
    ] as const) {
      const line = `deskmirror_schema_changes_total{source="${source}",table="tickets",change="${change}"} ${count}`;
      assert.ok(
        metrics.includes(line),
        `${line}\n${metrics
          .split("\n")
          .filter((one) => one.includes("schema_ch"))
          .join("\n")}`,
      );
    }
  }
  assert.match(pair.syncOutput(), /"removed":\["cf\.cf_old"\].*fields of a table changed/);
});
