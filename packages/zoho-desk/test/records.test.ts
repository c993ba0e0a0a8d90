import assert from "node:assert/strict";
import { test } from "node:test";
import { PermanentError } from "@deskmirror/model";
import type { JsonObject, JsonValue } from "@deskmirror/model";
import { createSourceClock } from "../src/clock.ts";
import { NOT_FOUND } from "../src/http/answer.ts";
import { createRowReader } from "../src/paging/rows.ts";
import type { DeskClient } from "../src/http/client.ts";
import { createRecordReader } from "../src/records.ts";
import { specOf } from "../src/scopes.ts";

const options = { purpose: "live", signal: new AbortController().signal } as const;
const modifiedTime = "2026-03-01T09:00:00.000Z";

function createReader(
  body: JsonValue | null,
  client: DeskClient = { send: async () => ({ body, boundMs: 5, credits: 1 }) },
) {
  const absent = new Map<string, readonly string[]>();
  const records = createRecordReader({
    client,
    reader: createRowReader(client),
    clock: createSourceClock(() => 1e6),
    monotonicMs: () => 1e6,
    absentKeys: () => new Set(),
    onMissing: (stream, keys) => void absent.set(stream, keys),
  });
  return { records, absent, client };
}

test("a core key that a GET lacks is told, and the answer is whole all the same", async () => {
  const spec = specOf("tickets");
  const row: JsonObject = { ...Object.fromEntries(spec.core!.map((key) => [key, null])), id: "1", modifiedTime };
  const { cf: _hidden, ...seen } = row;
  const { records, absent } = createReader(seen);
  const got = await records.get({ spec, key: "1", parentId: null }, options);
  assert.ok(got.op === "upsert" && got.core !== null && !("cf" in got.core.data));
  assert.deepEqual(absent.get("tickets"), ["cf"]);
});

for (const [what, body] of [
  ["an empty answer", null],
  ["a list", []],
  ["a record without an id", { subject: "x" }],
] as const) {
  test(`${what} to a GET is no record and no proof`, async () => {
    const { records } = createReader(body);
    await assert.rejects(records.get({ spec: specOf("tickets"), key: "1", parentId: null }, options), {
      name: "TransientError",
    });
  });
}

/** Zoho as it answers where paths by id are not known, and lists are (null: not either). */
function createListsOnly(rows: readonly JsonObject[] | null) {
  const client: DeskClient = {
    async send({ path }) {
      const isList = path.split("/").length === 2;
      if (!isList || rows === null) throw new PermanentError(`${path} is not known`, { code: NOT_FOUND });
      return { body: { data: [...rows] }, boundMs: 5, credits: 3 };
    },
  };
  return createReader(null, client).records;
}

const skill = { id: "1", name: "Refunds", departmentId: "7" };
test("a 404 alone proves nothing of a record without search: its list says what became of it", async () => {
  const name = { spec: specOf("skills"), key: "1", parentId: "7" };
  const op = async (rows: readonly JsonObject[] | null) => (await createListsOnly(rows).get(name, options)).op;
  assert.equal(await op([{ ...skill, id: "2" }, skill]), "upsert");
  assert.equal(await op([{ ...skill, id: "2" }]), "delete");
  assert.equal(await op(null), "delete", "the list is gone with its parent");
});

const lists: readonly [string, JsonValue | null, number | RegExp][] = [
  ["204", null, 0],
  ["an empty object", {}, 0],
  ["an empty list", { data: [] }, 0],
  ["rows under the list's key", { data: [{ id: "1" }] }, 1],
  ["rows under another key", { layouts: [{ id: "1" }, { id: "2" }] }, 2],
  ["an object without a list", { status: "ok" }, /no list/],
  ["several lists under other keys", { one: [], two: [] }, /no list/],
  ["a list of texts", { data: ["1"] }, /no list/],
  ["text", "x", /no list/],
  ["a bare array", [{ id: "1" }], /no list/],
];
for (const [what, body, expected] of lists) {
  test(`a list that is answered with ${what} gives ${expected}`, async () => {
    const reading = createRowReader(createReader(body).client).list(
      specOf("layouts"),
      { parentId: "tickets", query: {} },
      options,
    );
    if (typeof expected === "number") assert.equal((await reading).rows.length, expected);
    else await assert.rejects(reading, expected);
  });
}

/** A ticket, and the list of its children. */
function createTicket(ticket: JsonObject | null, rows: readonly JsonObject[]) {
  const client: DeskClient = {
    async send({ path }) {
      if (path.split("/").length > 3) return { body: { data: [...rows] }, boundMs: 5, credits: 1 };
      if (ticket === null) throw new PermanentError(`${path} is not known`, { code: NOT_FOUND });
      return { body: ticket, boundMs: 5, credits: 1 };
    },
  };
  return createReader(null, client).records;
}

const emptyLists: readonly [string, string, JsonObject | null, "delete" | RegExp][] = [
  ["of attachments whose ticket counts two", "ticket_attachments", { id: "7", attachmentCount: "2" }, /cannot be/],
  ["of attachments whose ticket counts none", "ticket_attachments", { id: "7", attachmentCount: "0" }, "delete"],
  ["of attachments whose ticket says no count", "ticket_attachments", { id: "7" }, "delete"],
  ["of attachments whose ticket is gone", "ticket_attachments", null, "delete"],
  ["of history whose ticket lives", "ticket_history", { id: "7" }, /cannot be/],
  ["of history whose ticket lies in the bin", "ticket_history", { id: "7", isTrashed: true }, "delete"],
];
for (const [what, table, ticket, expected] of emptyLists) {
  test(`an empty list ${what} ${expected === "delete" ? "proves an absence" : "proves nothing"}`, async () => {
    const name = { spec: specOf(table), key: "1", parentId: "7" };
    const answer = createTicket(ticket, []).get(name, options);
    if (expected === "delete") assert.equal((await answer).op, expected);
    else await assert.rejects(answer, expected);
  });
}

test("a list that shows others proves an absence, whatever its ticket counts", async () => {
  const records = createTicket({ id: "7", attachmentCount: "2" }, [{ id: "2" }]);
  const name = { spec: specOf("ticket_attachments"), key: "1", parentId: "7" };
  assert.equal((await records.get(name, options)).op, "delete");
});
