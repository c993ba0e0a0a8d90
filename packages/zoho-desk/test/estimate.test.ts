import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { listCost, pageCredits, searchCost } from "../src/paging/cost.ts";
import { asked, createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

async function newWorld(t: TestContext, options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = await createWorld(options);
  t.after(() => world.desk.close());
  return world;
}

test("credits of a page follow its offset", () => {
  const offsets = [0, 2_000, 2_001, 10_000, 10_001, 50_000, 50_001, 100_000, 100_001];
  assert.deepEqual(offsets.map(pageCredits), [3, 3, 5, 5, 10, 10, 50, 50, 100]);
});

test("a list costs a page more where the last is full, twice as much without an order, and no offset beyond the last", () => {
  const order = { ascending: {}, descending: {} };
  const calls = (limit: number | null, rows: number, ordered: boolean) =>
    listCost({ limit, ...(ordered && { order }) }, rows).calls;
  assert.deepEqual(
    [0, 99, 100, 198, 199].map((rows) => calls(100, rows, true)),
    [1, 1, 2, 2, 3],
  );
  assert.deepEqual(
    [0, 99, 100].map((rows) => calls(100, rows, false)),
    [1, 1, 4],
  );
  assert.equal(calls(null, 5_000, false), 1);
  assert.equal(listCost({ limit: 100, order }, 4_000).credits, 21 * 3 + 20 * 5);
  assert.equal(calls(100, 1_000_000, true), 2 * 51);
});

test("what a list without an order costs is what reading it costs", async (t) => {
  const world = await newWorld(t, { tickets: 20 });
  const [ticket] = world.desk.store.records("tickets").filter(({ archived, deleted }) => !archived && !deleted);
  for (let status = 0; status < 130; status += 1) {
    world.desk.store.update("tickets", ticket!.key, { status: status % 2 === 0 ? "Open" : "Closed" });
  }
  const { pages, changes, credits } = await world.readAll("ticket_history", [ticket!.key]);
  assert.deepEqual(listCost({ limit: 50 }, changes.size), { calls: pages, credits });
  assert.ok(pages >= 6);
});

test("a search that is read in parts costs about what is estimated", { timeout: 60_000 }, async (t) => {
  const world = await newWorld(t, { tickets: 3_500 });
  const before = world.desk.stats.snapshot().creditsSpent;
  const { listing, detail, rows, readings } = (await world.zoho.estimate(["tickets"], asked)).get("tickets")!;
  const own = world.desk.stats.snapshot().creditsSpent - before;
  await world.zoho.count("tickets", asked);
  const { pages, changes } = await world.readAll("tickets");
  const real = world.desk.stats.snapshot().creditsSpent - before - own;
  t.diagnostic(`${readings} parts: planned ${listing.credits} credits, real ${real}, ${pages} pages`);
  assert.equal(rows, changes.size);
  assert.deepEqual(detail, { calls: rows, credits: rows });
  assert.equal(readings, 3);
  assert.ok(Math.abs(listing.credits - real) <= 0.15 * real, `planned ${listing.credits}, real ${real}`);
  assert.equal(searchCost(0, 100).calls, 1);
  assert.ok(own <= 3, `it took ${own} credits`);
});

test("a list without a count is measured by trying offsets", async (t) => {
  const world = await newWorld(t, { tickets: 1_500, departments: 2 });
  const open = [...world.desk.store.records("tickets")].filter(({ deleted, archived }) => !deleted && !archived);
  for (const { key } of open.slice(0, 900)) world.desk.store.archive(key);
  const all = await world.readAll("archived_tickets", departments(world));
  const before = world.desk.stats.snapshot().creditsSpent;
  const { rows, listing } = (await world.zoho.estimate(["departments", "archived_tickets"], asked)).get(
    "archived_tickets",
  )!;
  const own = world.desk.stats.snapshot().creditsSpent - before;
  assert.ok(Math.abs(rows! - all.changes.size) <= 0.1 * all.changes.size, `${rows} of ${all.changes.size}`);
  assert.ok(Math.abs(listing.credits - all.credits) <= 0.15 * all.credits, `${listing.credits} of ${all.credits}`);
  assert.ok(own < 70, `it took ${own} credits`);
});

function departments({ desk }: World): readonly string[] {
  return [...desk.store.records("departments")].map(({ key }) => key);
}

test("streams that Zoho refuses are left out with their children, the others are estimated", async (t) => {
  const world = await newWorld(t);
  world.desk.faults.revokedScopes.add("Desk.tickets.READ");
  const estimates = await world.zoho.estimate(["agents", "tickets", "ticket_threads"], asked);
  assert.deepEqual([...estimates.keys()], ["agents"]);
});

test("no estimate is given when the grant is refused or Zoho does not answer", async (t) => {
  const world = await newWorld(t);
  world.desk.faults.add({ kind: "unauthorized", match: "GET /", times: 100 });
  await assert.rejects(world.zoho.estimate(["agents", "tickets"], asked), { code: "INVALID_OAUTH" });
});

test("children are counted by their parents' counts, and where the profile hides those, by the lists of a few", async (t) => {
  const world = await newWorld(t, { tickets: 40 });
  const { desk, zoho } = world;
  const estimate = () => zoho.estimate(["tickets", "ticket_threads", "ticket_attachments"], asked);
  const lists = () => desk.stats.snapshot().requests["GET /tickets/:parentId/threads"] ?? 0;
  for (const [hidden, asks] of [
    [[], 0],
    [["threadCount"], 5],
  ] as const) {
    desk.settings.hiddenKeys = hidden;
    const estimates = await estimate();
    const tickets = estimates.get("tickets")!.rows!;
    for (const child of ["ticket_threads", "ticket_attachments"]) {
      const { listing, rows } = estimates.get(child)!;
      assert.deepEqual(listing, { calls: tickets, credits: 3 * tickets });
      assert.ok(rows! > 0);
    }
    assert.equal(lists(), asks, JSON.stringify(desk.stats.snapshot().requests));
  }
});

test("where there is no ticket, no child is to be read", async (t) => {
  const { zoho } = await newWorld(t, { tickets: 0 });
  const { rows, listing, detail } = (await zoho.estimate(["tickets", "ticket_threads"], asked)).get("ticket_threads")!;
  assert.deepEqual(
    { rows, listing, detail },
    { rows: 0, listing: { calls: 0, credits: 0 }, detail: { calls: 0, credits: 0 } },
  );
});

test("requests are measured, assumed before the first", async (t) => {
  const world = await newWorld(t, { latencyMs: 120 });
  const { zoho } = world;
  assert.equal(zoho.latencyMs(), 200);
  await zoho.count("agents", asked);
  assert.notEqual(zoho.latencyMs(), 200);
  assert.ok(zoho.latencyMs() >= 100, String(zoho.latencyMs()));
});
