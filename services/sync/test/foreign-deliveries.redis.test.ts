import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";

type Ledger = Readonly<Record<string, number>>;

// No webhook is registered: only the foreign deliveries tell of a change.
const pair = await startPair({ tickets: 400, latencyMs: 2 });
const created = await pair.call("POST", "/sources", pair.newSource("acme", { tables: ["tickets", "contacts"] }));
const { serviceUrl } = created.body as { readonly serviceUrl: string };
await pair.run("/sources/acme/pull");

async function send(body: string, query = ""): Promise<void> {
  const answer = await fetch(`${serviceUrl}${query}`, { method: "POST", body });
  assert.equal(answer.status, 200);
}

interface Status {
  readonly ledger: Ledger;
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly full: number }[];
}

const status = async (): Promise<Status> => (await pair.call("GET", "/sources/acme/status")).body as Status;

const ledger = async (): Promise<Ledger> => (await status()).ledger;

const table = async (name: string) => (await status()).tables.find((one) => one.name === name)!;

async function letters(): Promise<
  readonly { readonly id: string; readonly attempts: number; readonly reason: string }[]
> {
  const { body } = await pair.call("GET", "/dead-letters");
  return (body as { readonly items: Awaited<ReturnType<typeof letters>> }).items;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 30_000; performance.now() < endMs; await sleep(100)) {
    if (await holds()) return;
  }
  assert.fail(`it did not come to pass within 30 s that ${what}: ${JSON.stringify([await ledger(), await letters()])}`);
}

function assertBalanced({
  accepted,
  applied,
  superseded,
  filtered,
  deadLettered,
  inFlight,
  unaccounted,
}: Ledger): void {
  assert.equal(unaccounted, 0);
  assert.equal(accepted, applied! + superseded! + filtered! + deadLettered! + inFlight!);
}

/** Live records of a table, the first of them. */
function keysOf(table: "tickets" | "contacts", limit: number): readonly string[] {
  const live = [...pair.desk.store.records(table)].filter(({ deleted, archived }) => !deleted && !archived);
  return live.slice(0, limit).map(({ key }) => key);
}

/** How often single records of a table were asked for. */
function gets(table: string): number {
  const { requests } = pair.desk.stats.snapshot();
  const isGet = (name: string): boolean => name.includes(`/${table}/:`) && !/:\w+\//.test(name);
  return Object.entries(requests).reduce((sum, [name, count]) => sum + (isGet(name) ? count : 0), 0);
}

test("JSON, form and text name a record, and its row becomes what Zoho has", { timeout: 60_000 }, async () => {
  const { store } = pair.desk;
  const [byId, byNumber, byForm] = keysOf("tickets", 3) as [string, string, string];
  const [byModule] = keysOf("contacts", 1) as [string];
  const { ticketNumber } = store.records("tickets").find(({ key }) => key === byNumber)!.detail;
  for (const key of [byId, byNumber, byForm]) store.update("tickets", key, { subject: "told by nobody else" });
  store.update("contacts", byModule, { lastName: "Foreign" });
  await send(JSON.stringify({ module: "Tickets", id: byId }));
  await send(`Ticket #${ticketNumber as string} was escalated`);
  await send(`ticketId=${byForm}&event=closed`);
  await send(`A contact moved: ${byModule}`, "?module=Contacts");
  await send(JSON.stringify({ module: "Tasks", id: "410000000101001" }));
  await until(
    "all are settled",
    async () => (await ledger())["superseded"] === 4 && (await ledger())["filtered"] === 1,
  );
  let equal = false;
  for (let look = 0; look < 10 && !equal; look += 1) {
    const verdict = await pair.run("/sources/acme/verify");
    ({ equal } = verdict as { equal: boolean });
  }
  assert.ok(equal);
  assertBalanced(await ledger());
});

test("what names no record waits for a person, and dies again when it is replayed as it is", async () => {
  await send("the printer is on fire", "?module=Contacts");
  await until("it is dead", async () => (await letters()).length === 1);
  const [{ id, reason }] = (await letters()) as [Awaited<ReturnType<typeof letters>>[number]];
  assert.equal(reason, "foreign");
  assert.equal((await pair.call("POST", `/dead-letters/${id}/replay`)).status, 200);
  await until("it died again", async () => (await letters())[0]?.attempts === 2);
  assertBalanced(await ledger());
});

test("of many at once 60 a minute are asked for, the others stay in the queue", { timeout: 60_000 }, async () => {
  const keys = keysOf("contacts", 100);
  assert.equal(keys.length, 100);
  // Until then contacts are asked for because their detail is due.
  await until("all detail is filled in", async () => (await table("contacts")).full === (await table("contacts")).rows);
  const before = gets("contacts");
  await Promise.all(keys.map((key) => send(JSON.stringify({ contactId: key }))));
  await until("those that have their turn are settled", async () => (await ledger())["superseded"]! >= 40);
  await sleep(6_000);
  const now = await ledger();
  assertBalanced(now);
  assert.equal((await letters()).length, 1);
  // Who had a turn is settled; one whose answer may be older than the question is asked again.
  assert.ok(now["inFlight"]! >= keys.length - 60, JSON.stringify(now));
  assert.ok(gets("contacts") - before >= 30);
});
