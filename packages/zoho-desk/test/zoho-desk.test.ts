import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { DeskEmulator, TableName } from "@deskmirror/desk-emulator";
import { toLifeParts } from "@deskmirror/model";
import type { Cursor, Tombstone } from "@deskmirror/model";
import { toText } from "../src/values.ts";
import { asked, createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

async function within(options: Parameters<typeof createWorld>[0], run: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld(options);
  try {
    await run(world);
  } finally {
    await world.desk.close();
  }
}

let world: World;
before(async () => {
  world = await createWorld();
  await world.zoho.organization(asked);
});
after(() => world.desk.close());

function firstOf(desk: DeskEmulator, table: TableName): string {
  for (const record of desk.store.records(table)) if (!record.deleted && !record.archived) return record.key;
  throw new Error(`no ${table}`);
}

test("the organization says its edition and what it allows", async () => {
  const organization = await world.zoho.organization(asked);
  assert.deepEqual(
    [organization.id, organization.edition, organization.concurrency, organization.dailyCredits],
    [world.desk.orgId, "ENTERPRISE", 25, 100_000],
  );
});

test("Zoho's clock is followed from below", () => {
  assert.ok(world.zoho.now() <= world.desk.clock.now());
  assert.ok(world.zoho.now() > world.desk.clock.now() - 3_000);
});

test("Zoho's time is learnt once, from a refusal too; before that it is this machine's", async () => {
  await within({}, async ({ desk, again }) => {
    const zoho = again();
    desk.clock.advance(600_000);
    desk.faults.revokedScopes.add("Desk.basic.READ");
    assert.ok(Math.abs(zoho.now() - Date.now()) < 60_000);
    await zoho.learnTime(asked);
    await zoho.learnTime(asked);
    assert.ok(zoho.now() <= desk.clock.now() && zoho.now() > desk.clock.now() - 3_000);
    assert.equal(desk.stats.snapshot().requests["GET /organizations"], 1);
  });
});

for (const trashedGet of ["trashed", "missing"] as const) {
  test(`a record in the recycle bin is proven gone by its GET (${trashedGet}) and listed by the bin`, async () => {
    await within({ settings: { trashedGet } }, async ({ desk, zoho }) => {
      const key = firstOf(desk, "tickets");
      const beforeMs = desk.clock.now();
      desk.store.delete("tickets", key);
      const got = await zoho.get("tickets", key, null, asked);
      assert.ok(got.op === "delete");
      assert.ok(toLifeParts(got.life)!.atMs <= desk.clock.now() && toLifeParts(got.life)!.atMs > beforeMs - 5_000);
      assert.ok(got.core === null && got.detail === null, "how it looks in the bin is no state of it");
      const { changes, next } = await zoho.bin(null, asked);
      const listed = changes.find(({ change }) => change.key === key);
      assert.equal(listed?.stream, "tickets");
      assert.ok(listed.change.deletedMs >= Math.floor(beforeMs) && next === null);
    });
  });
}

test("a GET of a record that never was is a proof at a time that has passed", async () => {
  const got = await world.again().get("contacts", "410000000000000001", null, asked);
  assert.ok(got.op === "delete" && got.deletedMs > world.desk.clock.now() - 10_000);
  assert.ok(got.deletedMs <= world.desk.clock.now());
});

test("a record that the agent may not see any more is not gone", async () => {
  await within({}, async ({ desk, zoho }) => {
    const key = firstOf(desk, "tickets");
    const ticket = desk.store.record("tickets", key)!;
    desk.faults.lostDepartments.add(toText(ticket.detail["departmentId"])!);
    await assert.rejects(zoho.get("tickets", key, null, asked), { name: "PermanentError", code: "FORBIDDEN" });
  });
});

test("a child is asked for under its ticket, and is gone with it", async () => {
  await within({}, async ({ desk, zoho }) => {
    const attachment = desk.store.records("ticket_attachments").next().value!;
    const { key, parentId } = attachment;
    assert.equal((await zoho.get("ticket_attachments", key, parentId, asked)).op, "upsert");
    assert.equal((await zoho.get("ticket_attachments", "4100", parentId, asked)).op, "delete");
    await assert.rejects(zoho.get("ticket_attachments", key, null, asked), { code: "NO_PARENT" });
    desk.store.delete("tickets", parentId);
    assert.equal((await zoho.get("ticket_attachments", key, parentId, asked)).op, "delete");
    const [cursor] = await zoho.plan("ticket_comments", [parentId!], asked);
    const page = await zoho.page("ticket_comments", cursor!, asked);
    assert.deepEqual([page.changes, page.shortfall, page.next], [[], null, null]);
  });
});

test("an archived ticket leaves the one table for the other, and a GET of either tells", async () => {
  await within({}, async ({ desk, zoho, readAll }) => {
    const key = firstOf(desk, "tickets");
    const departmentId = toText(desk.store.record("tickets", key)!.detail["departmentId"])!;
    assert.equal((await zoho.get("archived_tickets", key, departmentId, asked)).op, "delete");
    desk.store.archive(key);
    assert.equal((await readAll("tickets")).changes.has(key), false);
    assert.equal((await readAll("archived_tickets", [departmentId])).changes.get(key)?.parentId, departmentId);
    assert.equal((await zoho.get("archived_tickets", key, departmentId, asked)).op, "upsert");
    const inPlace = await zoho.get("tickets", key, null, asked);
    assert.ok(inPlace.op === "upsert" && inPlace.detail?.data["isArchived"] === true);
  });
});

test("archived tickets that search finds do not come back", async () => {
  await within({ settings: { searchFindsArchived: true } }, async ({ desk, readAll }) => {
    const key = firstOf(desk, "tickets");
    desk.store.archive(key);
    const { changes, shortfalls, distinct } = await readAll("tickets");
    assert.deepEqual([changes.has(key), shortfalls, distinct], [false, [], changes.size]);
  });
});

for (const table of [
  "tickets",
  "contacts",
  "accounts",
  "products",
  "contracts",
  "tasks",
  "calls",
  "events",
  "articles",
] as const) {
  test(`what was modified in ${table} since a time is read, and little else`, async () => {
    const { desk, zoho, follow } = world;
    const key = firstOf(desk, table);
    desk.clock.advance(60_000);
    const sinceMs = desk.clock.now();
    desk.store.update(table, key, {
      [{
        contacts: "lastName",
        accounts: "accountName",
        products: "productName",
        contracts: "contractName",
        articles: "title",
      }[table as string] ?? "subject"]: "Changed",
    });
    const { changes, shortfalls, pages } = await follow(table, await zoho.changedSince(table, sinceMs, asked));
    assert.deepEqual([[...changes.keys()].includes(key), shortfalls], [true, []]);
    assert.ok(changes.size <= 3 || table === "contracts", `${changes.size} rows`);
    assert.ok(pages <= 2);
  });
}

const variants: readonly [string, Parameters<typeof createWorld>[0], readonly TableName[]][] = [
  ["ranges that leave out their end", { settings: { searchRangeEnd: "exclusive" } }, ["tickets", "contacts"]],
  ["layouts under another key", { settings: { layoutsListKey: "layouts" } }, ["layouts"]],
  ["only the deprecated fields endpoint", { settings: { fieldsEndpoint: false } }, ["organization_fields"]],
  ["one search for all activities", { settings: { tasksAndCallsSearch: false } }, ["tasks", "calls", "events"]],
  [
    "activities that name their kind in the singular",
    { settings: { tasksAndCallsSearch: false, activitiesModule: "singular" } },
    ["tasks", "calls"],
  ],
  [
    "activities that do not name their kind",
    { settings: { tasksAndCallsSearch: false, activitiesModule: "absent" } },
    ["tasks", "calls"],
  ],
  ["search that cuts long text", { settings: { searchTextLimit: 5 } }, ["tickets"]],
  ["offsets that end early", { tickets: 400, settings: { listMaxFrom: 150 } }, ["contracts"]],
  ["templates with times", { settings: { templatesModifiedTime: true } }, ["ticket_templates"]],
];
for (const [what, options, tables] of variants) {
  test(`a Desk with ${what} is read whole all the same`, async () => {
    await within(options, async ({ desk, readAll }) => {
      for (const table of tables) {
        const { changes, distinct, shortfalls } = await readAll(table);
        const expected = [...desk.store.records(table)].filter(
          // Agents have fields but no layouts (Zoho Desk OAS, Layout.json).
          ({ deleted, archived, parentId }) => !deleted && !archived && !(table === "layouts" && parentId === "agents"),
        );
        assert.deepEqual([shortfalls, changes.size, distinct], [[], expected.length, expected.length], table);
        assert.ok([...changes.values()].every(({ op }) => op === "upsert"));
      }
    });
  });
}

test("an instant of more tickets than search reaches is read by department", async () => {
  let nowMs = Date.UTC(2026, 5, 1);
  const options = { tickets: 10, settings: { searchMaxFrom: 250 }, clock: () => nowMs };
  await within(options, async ({ desk, readAll }) => {
    const departments = [...desk.store.records("departments")].map(({ key }) => key);
    const contactId = firstOf(desk, "contacts");
    const create = (index: number): void => {
      const departmentId = departments[index % departments.length]!;
      desk.store.create("tickets", { subject: `T${index}`, departmentId, contactId });
    };
    for (let index = 0; index < 600; index += 1) create(index);
    nowMs += 1;
    for (let index = 0; index < 5; index += 1) create(index);
    nowMs += 600_000;
    const { changes, distinct, shortfalls } = await readAll("tickets");
    assert.deepEqual([changes.size, distinct, shortfalls], [615, 615, []]);
  });
});

test("tickets are read whole, and proven so, while they are created, changed, moved, archived and deleted", async () => {
  await within({ tickets: 2_500, indexLagMs: 200, latencyMs: 1 }, async ({ desk, readAll, zoho }) => {
    const mix = { ticketCreate: 8, ticketUpdate: 30, ticketDelete: 5, ticketMove: 3, ticketArchive: 3, commentAdd: 8 };
    const workload = desk.workload({ changesPerSecond: 200, mix });
    const initial = new Set(
      [...desk.store.records("tickets")].filter((one) => !one.deleted && !one.archived).map(({ key }) => key),
    );
    await zoho.organization(asked);
    workload.start();
    const { changes, shortfalls } = await readAll("tickets");
    workload.stop();
    assert.deepEqual(shortfalls, []);
    let untouched = 0;
    for (const { key, deleted, archived } of desk.store.records("tickets")) {
      if (!initial.has(key) || deleted || archived) continue;
      untouched += 1;
      assert.ok(changes.has(key), `${key} was never shown`);
    }
    assert.ok(untouched > 2_000);
  });
});

test("a full pull of tickets costs at most a tenth more than its pages", async () => {
  await within({ tickets: 6_000 }, async ({ desk, zoho, follow }) => {
    const spent = (): number => desk.stats.snapshot().creditsSpent;
    const beforeCredits = spent();
    const cursors: readonly Cursor[] = await zoho.plan("tickets", [], asked);
    const { distinct, credits } = await follow("tickets", cursors);
    const fewest = 3 * Math.ceil(distinct / 100);
    const cost = spent() - beforeCredits;
    assert.ok(cost <= fewest * 1.15, `${cost} credits, ${fewest} at least`);
    assert.equal(credits + 3, cost);
    assert.ok(cursors.length > 1 && cursors.length <= 8);
  });
});

test("an idle round of reconcile costs one call a table", async () => {
  const { desk, zoho, follow } = world;
  desk.clock.advance(3_600_000);
  const { pages, credits } = await follow("tickets", await zoho.changedSince("tickets", desk.clock.now(), asked));
  assert.deepEqual([pages, credits], [1, 3]);
});

test("the recycle bin is read beyond its first page, newest first", async () => {
  await within({ tickets: 300 }, async ({ desk, zoho }) => {
    const keys = [...desk.store.records("tickets")]
      .filter((one) => !one.deleted && !one.archived)
      .map(({ key }) => key)
      .slice(0, 230);
    for (const key of keys) {
      desk.clock.advance(10);
      desk.store.delete("tickets", key);
    }
    const seen: Tombstone[] = [];
    let cursor: Cursor | null = null;
    do {
      const page: Awaited<ReturnType<typeof zoho.bin>> = await zoho.bin(cursor, asked);
      seen.push(...page.changes.filter(({ stream }) => stream === "tickets").map(({ change }) => change));
      cursor = page.next;
    } while (cursor !== null);
    const known = new Set(seen.map(({ key }) => key));
    assert.ok(keys.every((key) => known.has(key)));
    const times = seen.map(({ deletedMs }) => deletedMs);
    assert.deepEqual(
      times,
      times.toSorted((left, right) => right - left),
    );
  });
});

test("a restore while the bin is read hides none of the other deletions", async () => {
  await within({ tickets: 300 }, async ({ desk, zoho }) => {
    const keys = [...desk.store.records("tickets")]
      .filter((one) => !one.deleted && !one.archived)
      .map(({ key }) => key)
      .slice(0, 150);
    for (const key of keys) {
      desk.clock.advance(10);
      desk.store.delete("tickets", key);
    }
    const first = await zoho.bin(null, asked);
    const restored = keys.slice(-5);
    for (const key of restored) desk.store.restore("tickets", key);
    const seen = new Set(first.changes.map(({ change }) => change.key));
    for (let { next } = first; next !== null;) {
      const page = await zoho.bin(next, asked);
      for (const { change } of page.changes) seen.add(change.key);
      next = page.next;
    }
    assert.deepEqual(
      keys.filter((key) => !seen.has(key)),
      [],
    );
  });
});

test("a grant without a scope says which tables it costs", async () => {
  const scopes = ["Desk.tickets.READ", "Desk.search.READ", "Desk.basic.READ"];
  const zoho = world.again({ scopes });
  assert.equal(zoho.missingScope("tickets"), null);
  assert.equal(zoho.missingScope("departments"), null);
  assert.match(zoho.missingScope("contacts") ?? "", /Desk\.contacts\.READ/);
  assert.match(world.again({ scopes: ["Desk.tickets.ALL"] }).missingScope("tickets") ?? "", /Desk\.search\.READ$/);
  const searching = world.again({ scopes: ["Desk.search.READ"] });
  assert.match(searching.missingScope("contacts") ?? "", /lacks the scope Desk\.contacts\.READ$/);
  assert.equal(world.again({ scopes: null }).missingScope("contacts"), null);
});
