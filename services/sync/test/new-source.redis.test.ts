import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createFaultProxy, startRedis } from "@deskmirror/testing";
import { startPair } from "./pair.ts";
import { assertError, createClient } from "./support/api-client.ts";
import { withSync } from "./sync-process.ts";

const { desk, syncUrl, newSource } = await startPair({ tickets: 0 });
const call = createClient(syncUrl);

/** A code works once: what is refused must not use it up. */
const good = newSource("acme");

const create = () => call("post", "/api/sources");

const long = (length: number) => "x".repeat(length);

/** Per field of a new source: what is missing, of a wrong type, out of range. */
const badFields: Readonly<Record<string, readonly unknown[]>> = {
  name: [undefined, 7, null, "", "Acme", "1a", `a${long(31)}`, "pg_acme", "public"],
  orgId: [undefined, 700123456, "", "12x", "1".repeat(21)],
  dataCenter: [1, "", "us"],
  clientId: [undefined, 7, "", long(201)],
  clientSecret: [undefined, {}, "", long(201)],
  code: [7, null, "", long(301)],
  mode: [7, "table"],
  increment: [true, "polling"],
  tables: ["agents", {}, [], [7], [null]],
  sinkUrl: [7, ""],
  signature: [true, "maybe"],
  throttle: [
    7,
    { concurrency: "8" },
    { concurrency: 0 },
    { concurrency: 101 },
    { reserve: "all" },
    { reserve: 1.1 },
    { reserve: -0.1 },
    { dailyCredits: 0 },
    { dailyCredits: 1.5 },
    { speed: 1 },
  ],
  reconcileSeconds: ["900", 9, 31_536_001, 10.5],
  compareSeconds: ["900", 9, 31_536_001, 10.5],
  sweepHours: ["1", 0, 8_761],
  accountsUrl: [7, "nowhere", "ftp://h", "http://u:pa55@h", "http://u@h", "http://h/?token=x", "http://h/#x"],
  deskUrl: [7, "nowhere", "ftp://h", "https://u:pa55@h", "https://:pa55@h", "https://h?token=x", "https://h#x"],
};

describe("a new source is refused with 422, and nothing is stored", () => {
  for (const [field, values] of Object.entries(badFields)) {
    test(`when ${field} is missing, of a wrong type or out of range, by its name`, async () => {
      for (const value of values) {
        const res = await create().send({ ...good, [field]: value });
        assertError(res, 422, new RegExp(`(?:^|; )${field}[.:]`));
        assert.ok(!res.text.includes("pa55"));
      }
    });
  }

  const narrow = desk.generateCode(["Desk.basic.READ"]);
  const others: readonly (readonly [why: string, change: object, message: RegExp])[] = [
    ["a field there is not", { token: "x" }, /token/],
    ["a table there is not", { tables: ["invoices"] }, /There is no table invoices/],
    ["a table without its scope", { tables: ["agents", "calls"], code: narrow }, /calls: .* scope Desk\.calls\.READ/],
    ["a refused code", { code: "1000.bad.code" }, /^invalid_code: /],
    ["a sink of no kind we know", { sinkUrl: "mysql://u:pa55@h/d" }, /of no kind we know/],
    ["a sink outside DATA_DIR", { sinkUrl: "sqlite:/etc/desk.db" }, /does not lie in DATA_DIR/],
    ["a sink of metadata", { sinkUrl: "postgres://u:pa55@169.254.169.254/d" }, /serves the metadata/],
  ];
  for (const [why, change, message] of others) {
    test(`for ${why}`, async () => {
      const res = await create().send({ ...good, ...change });
      assertError(res, 422, message);
      assert.ok(!res.text.includes("pa55"));
    });
  }

  for (const host of [
    "169.254.169.254",
    "169.254.169.254.",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[fd00:ec2::254]",
    "[::ffff:169.254.169.254]",
    "metadata.google.internal",
    "METADATA.google.internal.",
    "100.100.100.200",
  ]) {
    test(`for endpoints at ${host}, which serves metadata`, async () => {
      for (const field of ["accountsUrl", "deskUrl"]) {
        assertError(await create().send({ ...good, [field]: `http://${host}:80/x` }), 422, /metadata/);
      }
    });
  }

  test("for a body that is missing or no object", async () => {
    assertError(await create(), 422, /name: .*orgId: .*clientId: .*clientSecret: /);
    assertError(await create().send([]), 422, /body: /);
    assertError(await create().send('"acme"'), 400, /not JSON/);
    assert.deepEqual((await call("get", "/api/sources")).body, { items: [] });
  });

  test("and the code is not used: the same one works once the rest is right", async () => {
    const res = await create().send(good);
    assert.equal(res.status, 201, res.text);
  });
});

test("while Redis is away a new source is 503 and its code is not used; the same code works once it is back", async (t) => {
  const redis = await startRedis();
  t.after(() => redis.stop());
  const proxy = await createFaultProxy(redis.url);
  t.after(() => proxy.close());
  await withSync({ REDIS_URL: proxy.url, ALLOW_CUSTOM_ENDPOINTS: "true" }, async (sync) => {
    await sync.until("/readyz", 200);
    const shaky = createClient(`http://127.0.0.1:${sync.port}`);
    const late = newSource("late");
    const send = () => shaky("post", "/api/sources").send(late);
    proxy.cut();
    const refused = await send();
    assertError(refused, 503, /Redis/);
    assert.equal(refused.headers["retry-after"], "30");
    proxy.restore();
    const names = async () => (await shaky("get", "/api/sources")).body as object;
    for (let look = 0; look < 100 && "error" in (await names()); look++) await sleep(100);
    assert.deepEqual(await names(), { items: [] });
    let answer = refused;
    for (const endMs = performance.now() + 20_000; answer.status === 503 && performance.now() < endMs;) {
      await sleep(100);
      answer = await send();
    }
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
  });
});
