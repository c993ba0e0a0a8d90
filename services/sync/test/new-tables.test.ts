import assert from "node:assert/strict";
import { test } from "node:test";
import { testDataSource } from "@deskmirror/testing";
import { pullingNewTables } from "../src/api/new-tables.ts";

test("a table that is named while its source's mirror is closed, to be opened anew, is pulled like the others", async () => {
  let stored = testDataSource({ tables: ["contacts"], pulls: { contacts: 1 } });
  const registry = {
    list: async () => [stored],
    update: async (_name: string, change: (now: typeof stored) => Partial<typeof stored>) =>
      (stored = { ...stored, ...change(stored) }),
  };
  const mirrors = { get: () => null, follow: async () => {} };
  const keptTables = async ({ tables }: typeof stored) => new Set(tables);
  await pullingNewTables({ registry, mirrors, keptTables }, [stored.name], async () => {
    stored = { ...stored, tables: ["contacts", "agents"] };
  });
  assert.deepEqual(stored.pulls, { contacts: 1, agents: 1 });
});
