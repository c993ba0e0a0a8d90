import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeadLetter } from "@deskmirror/model";
import { UNKNOWN_EVENT, createDeadLetters } from "../src/dead-letters.ts";
import type { DeadLetterQuery } from "../src/dead-letters.ts";
import { sourceKey } from "../src/keys.ts";
import { createLedger } from "../src/ledger.ts";
import { testConnection, testRedis, uniqueName } from "./redis.ts";

const connection = await testConnection(await testRedis());
const { client } = connection;
const letters = createDeadLetters({ connection });
const ledger = createLedger({ connection });

const DAY_MS = 86_400_000;

function letter(source: string, id: string, patch: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id,
    source,
    events: 1,
    receivedMs: Date.now(),
    eventType: "Ticket_Add",
    table: "tickets",
    key: "42",
    reason: "sink",
    message: "value too long",
    attempts: 1,
    body: '[{"ü":1}]',
    ...patch,
  };
}

/** Counts letters in the ledger as settling their groups does. */
const count = (source: string, deadLettered: number) =>
  client.hset(sourceKey(source, "ledger"), { accepted: deadLettered, deadLettered });

async function buckets(source: string) {
  const { accepted, deadLettered, filtered } = await ledger.counts(source);
  return { accepted, deadLettered, filtered };
}

async function ids(query: Partial<DeadLetterQuery>): Promise<readonly string[]> {
  return (await letters.list({ limit: 100, ...query })).items.map(({ id }) => id);
}

test("a letter is listed without its body and given whole by its id", async () => {
  const source = uniqueName();
  const one = letter(source, "01A.0");
  await letters.add([one]);
  const { items, next } = await letters.list({ source, limit: 10 });
  const { body: _body, ...head } = one;
  assert.deepEqual(items, [{ ...head, id: `${source}.01A.0`, size: 10 }]);
  assert.equal(next, null);
  assert.deepEqual(await letters.get(`${source}.01A.0`), { ...one, id: `${source}.01A.0` });
  for (const id of [`${source}.01A.1`, "01A.0", "nonsense", ""]) assert.equal(await letters.get(id), null);
});

test("the same letter twice is once", async () => {
  const source = uniqueName();
  await letters.add([letter(source, "01A.0"), letter(source, "01A.0", { message: "again" })]);
  await letters.add([letter(source, "01A.0")]);
  assert.equal((await letters.list({ source, limit: 10 })).items.length, 1);
  assert.equal((await letters.get(`${source}.01A.0`))?.message, "value too long");
});

test("letters are listed newest first, filtered by table and reason, page by page over all sources", async () => {
  const prefix = uniqueName();
  const [a, b] = [`${prefix}a`, `${prefix}b`];
  const nowMs = Date.now();
  for (const source of [b, a]) {
    await letters.add(
      Array.from({ length: 7 }, (_, index) =>
        letter(source, `01${index}.0`, {
          receivedMs: nowMs - (index % 2) * 1_000,
          table: index % 2 === 0 ? "tickets" : null,
          reason: index < 3 ? "signature" : "sink",
        }),
      ),
    );
  }
  const order = ["016.0", "014.0", "012.0", "010.0", "015.0", "013.0", "011.0"];
  assert.deepEqual(
    await ids({ source: a }),
    order.map((id) => `${a}.${id}`),
  );
  assert.deepEqual(await ids({ source: a, table: "tickets", reason: "sink" }), [`${a}.016.0`, `${a}.014.0`]);
  assert.deepEqual(await ids({ source: uniqueName() }), []);

  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await letters.list({ limit: 4, ...(cursor === undefined ? {} : { cursor }) });
    assert.ok(page.items.length <= 4);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  const ours = seen.filter((id) => id.startsWith(prefix));
  assert.deepEqual(ours, [...order.map((id) => `${a}.${id}`), ...order.map((id) => `${b}.${id}`)]);
});

test("few letters among many are found whole, and the last page says that it is the last", async () => {
  const source = uniqueName();
  const many = Array.from({ length: 1_203 }, (_, index) =>
    letter(source, `01${index}.0`, { reason: index % 400 === 0 ? "org" : "sink" }),
  );
  await letters.add(many);
  const first = await letters.list({ source, reason: "org", limit: 3 });
  assert.equal(first.items.length, 3);
  const { items, next } = await letters.list({ source, reason: "org", limit: 3, cursor: first.next! });
  assert.deepEqual([items.length, next], [1, null]);
  assert.equal((await letters.list({ source, limit: 1_203 })).next, null);
});

test("a cursor that no page gave, or one of another source, is refused", async () => {
  const source = uniqueName();
  await letters.add([letter(source, "01A.0"), letter(source, "01B.0")]);
  const { next } = await letters.list({ source, limit: 1 });
  for (const cursor of ["", "x", `${source} x`, `${source} (1`, "- +x"]) {
    await assert.rejects(letters.list({ limit: 1, cursor }), { name: "PermanentError", message: /^cursor: / });
  }
  await assert.rejects(letters.list({ source: uniqueName(), limit: 1, cursor: next! }), /^PermanentError: cursor: /);
});

test("a discarded letter counts as filtered, once", async () => {
  const source = uniqueName();
  await count(source, 2);
  await letters.add([letter(source, "01A.0"), letter(source, "01A.1")]);
  assert.equal(await letters.discard(`${source}.01A.0`), true);
  assert.equal(await letters.discard(`${source}.01A.0`), false);
  assert.deepEqual(await buckets(source), { accepted: 2, deadLettered: 1, filtered: 1 });
  assert.deepEqual(await ids({ source }), [`${source}.01A.1`]);
});

test("a letter of many events moves all of them", async () => {
  const source = uniqueName();
  await count(source, 700);
  const many = ["01A.0", "01B.0"].map((id) => letter(source, id, { events: 350 }));
  await letters.add(many);
  assert.equal(await letters.discard(`${source}.01A.0`), true);
  assert.deepEqual(await buckets(source), { accepted: 700, deadLettered: 350, filtered: 350 });
  assert.equal(await letters.replay(`${source}.01B.0`, async () => {}), true);
  assert.deepEqual(await buckets(source), { accepted: 350, deadLettered: 0, filtered: 350 });
});

test("a replayed letter leaves the ledger after it was stored anew, and stays when that fails", async () => {
  const source = uniqueName();
  const id = `${source}.01A.0`;
  await count(source, 1);
  await letters.add([letter(source, "01A.0")]);
  const fail = letters.replay(id, async () => {
    throw new Error("queue is full");
  });
  await assert.rejects(fail, /queue is full/);
  assert.deepEqual(await buckets(source), { accepted: 1, deadLettered: 1, filtered: 0 });
  const requeued: DeadLetter[] = [];
  assert.equal(await letters.replay(id, async (each) => void requeued.push(each)), true);
  assert.deepEqual(
    requeued.map(({ body }) => body),
    ['[{"ü":1}]'],
  );
  assert.deepEqual(await buckets(source), { accepted: 0, deadLettered: 0, filtered: 0 });
  assert.equal(await letters.replay(id, async (each) => void requeued.push(each)), false);
});

test("of calls that replay and discard one letter at once, one takes it", async () => {
  const source = uniqueName();
  await count(source, 1);
  await letters.add([letter(source, "01A.0")]);
  const id = `${source}.01A.0`;
  let requeued = 0;
  const requeue = async (): Promise<void> => {
    await sleep(20);
    requeued += 1;
  };
  const took = await Promise.all([
    letters.replay(id, requeue),
    letters.discard(id),
    letters.replay(id, requeue),
    letters.discard(id),
  ]);
  assert.equal(took.filter(Boolean).length, 1, JSON.stringify(took));
  assert.equal(await letters.get(id), null);
  const { filtered, deadLettered } = await buckets(source);
  assert.deepEqual([filtered + requeued, deadLettered], [1, 0]);
});

test("letters older than the retention become filtered", async () => {
  const source = uniqueName();
  await count(source, 3);
  const old = Date.now() - 31 * DAY_MS;
  await letters.add([letter(source, "01C.0"), letter(source, "01A.0", { receivedMs: old }), letter(source, "01B.0")]);
  assert.deepEqual(await ids({ source }), [`${source}.01C.0`, `${source}.01B.0`]);
  assert.equal(await letters.get(`${source}.01A.0`), null);
  assert.deepEqual(await buckets(source), { accepted: 3, deadLettered: 2, filtered: 1 });
});

test("of an unknown event name the newest thousand are kept, of other letters all", async () => {
  const source = uniqueName();
  await count(source, 2_020);
  const many = (eventType: string, reason: string, from: number, length: number) =>
    Array.from({ length }, (_, i) =>
      letter(source, `${eventType}${String(from + i).padStart(4, "0")}.0`, {
        eventType,
        reason,
        receivedMs: Date.now() - 9_999 + i,
      }),
    );
  await letters.add(many("New_Thing", UNKNOWN_EVENT, 0, 1_005));
  await letters.add(many("Other_Thing", UNKNOWN_EVENT, 0, 10));
  await letters.add(many("Ticket_Add", "sink", 0, 1_005));
  assert.deepEqual(await buckets(source), { accepted: 2_020, deadLettered: 2_015, filtered: 5 });
  assert.equal(await letters.get(`${source}.New_Thing0004.0`), null);
  assert.ok((await letters.get(`${source}.New_Thing0005.0`)) !== null);
  assert.ok((await letters.get(`${source}.Other_Thing0000.0`)) !== null);
  assert.equal(await letters.discard(`${source}.New_Thing0005.0`), true);
  await letters.add([letter(source, "New_Thing9999.0", { eventType: "New_Thing", reason: UNKNOWN_EVENT })]);
  assert.ok((await letters.get(`${source}.New_Thing0006.0`)) !== null);
});

test("letters that would fill Redis, bodies or heads, push out the oldest", async () => {
  const source = uniqueName();
  await count(source, 70);
  const body = "x".repeat(1024 * 1024);
  for (let index = 0; index < 70; index++) {
    await letters.add([
      letter(source, `${String(index).padStart(2, "0")}.0`, { body, receivedMs: Date.now() - 100 + index }),
    ]);
  }
  const kept = await ids({ source });
  assert.equal(kept.length, 63);
  assert.equal(kept.at(-1), `${source}.07.0`);
  assert.deepEqual(await buckets(source), { accepted: 70, deadLettered: 63, filtered: 7 });
  for (const id of kept) await letters.discard(id);
  assert.equal(await client.get(sourceKey(source, "dead", "bytes")), "0");
});

test("pulled rows that were refused are letters outside the ledger", async () => {
  const source = uniqueName();
  await letters.add([letter(source, "pull:tickets:42"), letter(source, "pull:tickets:43")]);
  const id = `${source}.pull:tickets:42`;
  assert.equal((await letters.get(id))?.key, "42");
  assert.equal(await letters.discard(id), true);
  assert.equal(await letters.replay(`${source}.pull:tickets:43`, async () => {}), true);
  assert.deepEqual(await buckets(source), { accepted: 0, deadLettered: 0, filtered: 0 });
});
