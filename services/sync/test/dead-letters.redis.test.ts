import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";

interface Letter {
  readonly id: string;
  readonly source: string;
  readonly reason: string;
  readonly eventType: string | null;
  readonly table: string | null;
  readonly key: string | null;
  readonly message: string;
  readonly attempts: number;
  readonly size: number;
  readonly body?: string;
}

interface Answer {
  readonly items: readonly Letter[];
  readonly next: string | null;
  readonly matched: number;
  readonly replayed: number;
  readonly failed: readonly object[];
  readonly error?: { readonly message: string; readonly hint: string };
}

interface Status {
  readonly tables: readonly {
    readonly state: string;
    readonly message: string | null;
    readonly rows: number;
    readonly full: number;
  }[];
  readonly ledger: Readonly<Record<string, number>>;
}

const pair = await startPair({ tickets: 20, latencyMs: 2 });
const { body: source } = await pair.call("POST", "/sources", pair.newSource("acme", { tables: ["tasks"] }));
const { serviceUrl } = source as { readonly serviceUrl: string };

async function call(
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer & Letter & { readonly status: number }> {
  const answer = await pair.call(method, `/dead-letters${path}`, body);
  return { ...(answer.body as Answer & Letter), status: answer.status };
}

const status = async (): Promise<Status> => (await pair.call("GET", "/sources/acme/status")).body as Status;

/** A task as the sink has it. */
function rowOf(key: string): { readonly data: string; readonly _synced_at: string } {
  const db = new DatabaseSync(pair.sinkFile, { readOnly: true });
  const row = db.prepare("select data, _synced_at from acme_tasks where id = ?").get(key);
  db.close();
  return row as ReturnType<typeof rowOf>;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 20_000; performance.now() < endMs; await sleep(50)) {
    if (await holds()) return;
  }
  assert.fail(`it did not come to pass within 20 s that ${what}: ${JSON.stringify(await call("GET", "?limit=10"))}`);
}

async function send(...events: readonly object[]): Promise<void> {
  const answer = await fetch(serviceUrl, { method: "POST", body: JSON.stringify(events) });
  assert.equal(answer.status, 200);
}

const unheard = (eventType: string): object => ({
  eventType,
  eventTime: "1772352000123",
  orgId: pair.desk.orgId,
  payload: {},
});

async function lettersOf(count: number, query = ""): Promise<readonly Letter[]> {
  await until(`there are ${count} letters`, async () => (await call("GET", `?${query}`)).items.length === count);
  return (await call("GET", `?${query}`)).items;
}

async function settled(): Promise<Readonly<Record<string, number>>> {
  await until("all is settled", async () => (await status()).ledger["inFlight"] === 0);
  const { ledger } = await status();
  const { accepted = 0, applied = 0, superseded = 0, filtered = 0, deadLettered = 0, unaccounted = 0 } = ledger;
  assert.deepEqual(
    [unaccounted, accepted],
    [0, applied + superseded + filtered + deadLettered],
    JSON.stringify(ledger),
  );
  return ledger;
}

describe("dead letters", () => {
  test("are listed by page and filter, newest first, without bodies, and shown whole", async () => {
    await send(unheard("Robot_Add"), unheard("Robot_Add"), unheard("Robot_Delete"));
    await sleep(5);
    await send({ no: "event" });
    const all = await lettersOf(3, "source=acme");
    assert.equal(all[0]!.reason, "shape");
    const first = await call("GET", "?limit=2");
    const second = await call("GET", `?limit=2&cursor=${encodeURIComponent(first.next!)}`);
    assert.deepEqual([...first.items, ...second.items], all);
    assert.deepEqual((await call("GET", "?reason=unknown-event")).items.length, 2);
    assert.deepEqual((await call("GET", "?table=tasks")).items, []);
    assert.deepEqual((await call("GET", "?source=nobody")).items, []);
    const [letter] = (await call("GET", "?reason=unknown-event")).items;
    const { status: code, ...whole } = await call("GET", `/${encodeURIComponent(letter!.id)}`);
    assert.equal(code, 200);
    const { body, ...head } = whole as Letter;
    assert.deepEqual(head, letter);
    assert.equal(Buffer.byteLength(body!), letter!.size);
    assert.deepEqual(Object.keys(letter!), [
      "id",
      "source",
      "receivedAt",
      "eventType",
      "table",
      "key",
      "reason",
      "message",
      "attempts",
      "size",
    ]);
  });

  test("that are replayed and die again count one attempt more, and the ledger balances", async () => {
    const before = await settled();
    const [letter] = await lettersOf(1, "reason=shape");
    assert.equal((await call("POST", `/${letter!.id}/replay`)).status, 200);
    await until("it died again", async () => (await call("GET", "?reason=shape")).items[0]?.attempts === 2);
    assert.deepEqual(await settled(), before);
  });

  test("of a dry run are counted and left, of a run are all replayed, and again", async () => {
    const dry = await call("POST", "/replay", { filter: { reason: "unknown-event" }, dryRun: true });
    assert.deepEqual([dry.matched, dry.replayed], [2, 0]);
    for (const attempts of [2, 3]) {
      const run = await call("POST", "/replay", { filter: { reason: "unknown-event" } });
      assert.deepEqual([run.matched, run.replayed, run.failed], [2, 2, []]);
      await until("they died again", async () => {
        const { items } = await call("GET", "?reason=unknown-event");
        return items.length === 2 && items.every((letter) => letter.attempts === attempts);
      });
    }
    await settled();
  });

  test("that are discarded count as filtered", async () => {
    const { filtered = 0 } = await settled();
    for (const { id } of (await call("GET", "?source=acme")).items) {
      assert.equal((await call("DELETE", `/${encodeURIComponent(id)}`)).status, 200);
    }
    assert.deepEqual((await call("GET", "")).items, []);
    const after = await settled();
    assert.deepEqual([after["filtered"], after["deadLettered"]], [filtered + 4, 0]);
  });

  test("with a signature that was not right are applied when a person replays them, twice as once", async () => {
    await pair.run("/sources/acme/pull");
    await until("all detail is filled in", async () =>
      (await status()).tables.every(({ full, rows }) => rows > 0 && full === rows),
    );
    const [task] = pair.desk.store.records("tasks");
    const payload = { ...task!.detail, subject: "vouched for", modifiedTime: new Date().toISOString() };
    const event = { eventType: "Task_Update", eventTime: String(Date.now()), orgId: pair.desk.orgId, payload };
    const toPart = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${toPart({ kid: "unheard-of", alg: "RS256" })}.${toPart({ exp: Date.now() })}.${"A".repeat(342)}`;
    const headers = { "x-zdesk-jwt": token };
    const rows = [];
    for (const replay of ["one", "all"]) {
      const { accepted = 0, applied = 0 } = await settled();
      assert.equal((await fetch(serviceUrl, { method: "POST", body: JSON.stringify([event]), headers })).status, 200);
      const [letter] = await lettersOf(1, "reason=signature");
      const answer =
        replay === "one"
          ? await call("POST", `/${letter!.id}/replay`)
          : await call("POST", "/replay", { filter: { source: "acme" } });
      assert.equal(answer.status, 200);
      await until("it is applied", async () => (await settled())["applied"] === applied + 1);
      assert.equal((await settled())["accepted"], accepted + 1);
      assert.deepEqual((await call("GET", "")).items, []);
      rows.push(rowOf(task!.key));
    }
    assert.match(rows[0]!.data, /vouched for/);
    assert.deepEqual(rows[1], rows[0]);
  });
});

test(
  "a pulled row that the sink refuses keeps its table incomplete until it is replayed",
  { timeout: 60_000 },
  async () => {
    const [task] = pair.desk.store.records("tasks");
    const db = new DatabaseSync(pair.sinkFile);
    db.exec("pragma busy_timeout = 5000");
    db.exec(
      `create trigger refuse before insert on acme_tasks when new.id = '${task!.key}' begin select raise(abort, 'no'); end`,
    );
    pair.desk.store.update("tasks", task!.key, { subject: "refused" });
    // The search index shows it 2 s later.
    await sleep(2_500);
    await pair.run("/sources/acme/pull", { restart: true });
    const [letter] = await lettersOf(1, "table=tasks");
    assert.deepEqual([letter!.reason, letter!.key], ["sink", task!.key]);
    const [table] = (await status()).tables;
    assert.equal(table!.state, "incomplete");
    assert.match(table!.message!, /refused 1 pulled rows.*dead-letters/);
    await pair.call("POST", "/sources/acme/pause");
    const paused = await call("POST", `/${encodeURIComponent(letter!.id)}/replay`);
    assert.deepEqual([paused.status, (await lettersOf(1, "table=tasks"))[0]!.attempts], [409, 1]);
    await pair.call("POST", "/sources/acme/resume");
    const refused = await call("POST", `/${encodeURIComponent(letter!.id)}/replay`);
    assert.equal(refused.status, 422, JSON.stringify(refused));
    assert.equal((await lettersOf(1, "table=tasks"))[0]!.attempts, 2);
    db.exec("drop trigger refuse");
    db.close();
    const { replayed } = await call("POST", "/replay", { filter: { table: "tasks" } });
    assert.equal(replayed, 1);
    await until("the table is live", async () => (await status()).tables[0]!.state === "live");
    await settled();
  },
);

describe("a wrong call is refused by what is wrong", () => {
  const queries: readonly (readonly [query: string, field: RegExp])[] = [
    ["?limit=0", /limit/],
    ["?limit=many", /limit/],
    ["?limit=1001", /limit/],
    ["?cursor=x", /cursor/],
    ["?cursor=acme%20x", /cursor/],
    ["?source=", /source/],
    ["?sort=up", /sort/],
  ];
  for (const [query, field] of queries) {
    test(`GET ${query}`, async () => {
      const refused = await call("GET", query);
      assert.equal(refused.status, 422);
      assert.match(refused.error!.message, field);
    });
  }

  for (const body of [
    {},
    { filter: "all" },
    { filter: { size: 1 } },
    { filter: { table: 7 } },
    { filter: {}, dryRun: "yes" },
  ]) {
    test(`POST /replay ${JSON.stringify(body)}`, async () => {
      const refused = await call("POST", "/replay", body);
      assert.equal(refused.status, 422);
      assert.match(refused.error!.message, /filter|dryRun/);
    });
  }

  for (const [method, path] of [
    ["GET", "/acme.x"],
    ["POST", "/acme.x/replay"],
    ["DELETE", "/acme.x"],
    ["GET", "/x"],
  ] as const) {
    test(`${method} ${path}, which there is not, is 404`, async () => {
      const refused = await call(method, path);
      assert.equal(refused.status, 404);
      assert.ok(refused.error!.hint.length > 0);
    });
  }
});
