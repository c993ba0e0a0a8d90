import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";

const pair = await startPair({ tickets: 60, latencyMs: 0, indexLagMs: 0 });
const { desk } = pair;

interface Gap {
  readonly from: string;
  readonly to: string | null;
  readonly reason: string;
  readonly state: string;
}

interface Status {
  readonly tables: readonly { readonly name: string; readonly state: string; readonly watermark: string | null }[];
  readonly webhook: { readonly id: string | null; readonly state: string; readonly message: string | null };
  readonly gaps: readonly Gap[];
}

async function status(name: string): Promise<Status> {
  return (await pair.call("GET", `/sources/${name}/status`)).body as Status;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await holds()) return;
    await sleep(200);
  }
  assert.fail(`it did not come to pass within 40 s that ${what}`);
}

/** Makes a source whose webhook is registered and whose tables are live; gives its service URL. */
async function goLive(name: string): Promise<string> {
  const created = await pair.call("POST", "/sources", pair.newSource(name, { tables: ["tickets", "contacts"] }));
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.equal((await pair.call("POST", `/sources/${name}/webhook`)).status, 200);
  await pair.run(`/sources/${name}/pull`);
  await until("it is live", async () => (await status(name)).tables.every(({ state }) => state === "live"));
  return (created.body as { serviceUrl: string }).serviceUrl;
}

/** Changes a ticket of which no event arrives. */
function changeQuietly(): void {
  desk.webhookControls.dropNext(1);
  const { key } = desk.store.records("tickets").find(({ deleted, archived }) => !deleted && !archived)!;
  desk.store.update("tickets", key, { subject: `quietly at ${Date.now()}` });
}

async function assertEqual(name: string): Promise<void> {
  const verdict = (await pair.run(`/sources/${name}/verify`)) as { readonly equal: boolean };
  assert.equal(verdict.equal, true, JSON.stringify(verdict));
}

async function isHealed(name: string, reason: string): Promise<boolean> {
  const { gaps } = await status(name);
  return gaps.some((gap) => gap.reason === reason && gap.state === "closed" && gap.to !== null && gap.from < gap.to);
}

test("a delivery that was refused opens a gap; a round runs at once, finds what its event told, and closes it", async () => {
  const serviceUrl = await goLive("refused");
  const before = (await status("refused")).tables[0]!.watermark!;
  changeQuietly();
  const refused = await fetch(serviceUrl, { method: "POST", body: `[${" ".repeat(2 ** 20)}]` });
  assert.equal(refused.status, 413);
  // The interval is 15 minutes: only the gap can have made a round run by then.
  await until("the gap is closed", () => isHealed("refused", "answered 413"));
  const { tables, gaps } = await status("refused");
  assert.ok(tables.every(({ watermark }) => watermark! > before));
  assert.deepEqual(
    gaps.map(({ reason }) => reason),
    ["answered 413"],
  );
  await assertEqual("refused");
});

test("a webhook that somebody removed in Setup is made again, and what it did not tell is read", async () => {
  await goLive("removed");
  const { id } = (await status("removed")).webhook;
  desk.webhooks.remove(id!);
  const { key } = desk.store.records("tickets").find(({ deleted, archived }) => !deleted && !archived)!;
  desk.store.update("tickets", key, { subject: "nobody was told" });
  // Whoever starts sync anew looks at status first: its look finds what is wrong.
  await pair.restartSync("SIGTERM");
  await until("it is active again", async () => {
    const { webhook } = await status("removed");
    return webhook.id !== null && webhook.id !== id;
  });
  await until("the gap is closed", () => isHealed("removed", "webhook missing"));
  await assertEqual("removed");
  const source = (await pair.call("GET", "/sources/removed")).body as { webhookId: string | null };
  assert.equal(source.webhookId, (await status("removed")).webhook.id);
});

test("a compare that would cost more than its part of the day waits, and its table stays live meanwhile", async () => {
  // 3 credits each 10 s would be 25,920 a day; 200 are its part, so that it is due each 130 s.
  const throttle = { dailyCredits: 2_000, reserve: 0 };
  const created = await pair.call(
    "POST",
    "/sources",
    pair.newSource("frugal", { tables: ["teams"], compareSeconds: 10, throttle }),
  );
  assert.equal(created.status, 201, JSON.stringify(created.body));
  await pair.run("/sources/frugal/pull");
  const reads = (): number => desk.stats.snapshot().requests["GET /teams"] ?? 0;
  const before = reads();
  const life = async (): Promise<string> => (await status("frugal")).tables[0]!.state;
  for (let second = 0; second < 25; second++) {
    assert.equal(await life(), "live");
    await sleep(1_000);
  }
  assert.equal(reads(), before);
});
