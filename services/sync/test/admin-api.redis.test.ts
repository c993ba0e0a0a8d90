import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { connectRedis, createRuns } from "@deskmirror/redis";
import type { RedisConnection, Runs } from "@deskmirror/redis";
import { pullSlot } from "../src/api/pull-work.ts";
import { startPair } from "./pair.ts";
import { ADMIN_TOKEN } from "./service-process.ts";
import { assertError, createClient } from "./support/api-client.ts";

/** A code, refresh token or access token of Zoho's. */
const TOKEN = /1000\.[0-9a-f]{32}\.[0-9a-f]{32}/;
const CLIENT_SECRET = "s3cret-of-a-client";
const pair = await startPair({ tickets: 0, latencyMs: 5, clientSecret: CLIENT_SECRET });
const { desk, newSource } = pair;
const call = createClient(pair.syncUrl);

const create = (body: object) => call("post", "/api/sources").send(body);

const long = (length: number) => "x".repeat(length);

describe("a source", () => {
  const body = newSource("acme", { tables: ["agents", "departments", "agents"] });
  let connection: RedisConnection;
  /** The runs as another sync on the same Redis has them. */
  let runs: Runs;
  before(async () => {
    connection = connectRedis({ url: pair.redisUrl, role: "sync" });
    await connection.ready();
    runs = createRuns({ connection });
    assert.match(JSON.stringify(body), TOKEN);
    const res = await create(body);
    assert.equal(res.status, 201, res.text);
    assert.deepEqual(res.body.tables, ["agents", "departments"]);
    assert.ok(res.body.serviceUrl.startsWith(`${pair.ingestUrl}/hooks/`));
    assert.match(res.body.serviceUrl, /\/hooks\/.{22,}$/);
    assert.ok(!res.text.includes(CLIENT_SECRET) && !TOKEN.test(res.text), res.text);
    assert.equal((await create(newSource("fresh", { code: undefined }))).status, 201);
  });

  after(() => connection.close());

  test("comes back without its secrets, and in a list without its service URL", async () => {
    const one = await call("get", "/api/sources/acme");
    const list = await call("get", "/api/sources");
    assert.equal(list.body.items.length, 2);
    assert.ok(one.body.serviceUrl);
    assert.ok(!list.text.includes("serviceUrl"));
    for (const { text } of [one, list]) {
      assert.ok(!text.includes(CLIENT_SECRET) && !TOKEN.test(text) && !text.includes("serviceKey"));
    }
  });

  test("is not created twice", async () => {
    assertError(await create(body), 409, /already/);
  });

  const badCalls: readonly (readonly [path: string, body: object | undefined, status: number, message: RegExp])[] = [
    ["authorize", undefined, 422, /code: must be a text/],
    ["authorize", {}, 422, /code: must be a text/],
    ["authorize", { code: 7 }, 422, /code: must be a text/],
    ["authorize", { code: "" }, 422, /code: is empty/],
    ["authorize", { code: "1000.bad.code" }, 422, /^invalid_code: /],
    ["pull", { tables: "agents" }, 422, /tables: must be a list/],
    ["pull", { tables: [7] }, 422, /tables\.0: must be a text/],
    ["pull", { tables: [] }, 422, /tables: names no table/],
    ["pull", { tables: ["invoices"] }, 422, /invoices is not kept/],
    ["pull", { restart: "yes" }, 422, /restart: must be true or false/],
    ["pull", { table: ["agents"] }, 422, /table/],
    ["pull?wait=soon", {}, 422, /wait: must be seconds/],
    ["pull?wait=61", {}, 422, /wait: must be at most 60/],
    ["pull?wait=-1", {}, 422, /wait: must be at least 0/],
    ["reconcile", { tables: "agents" }, 422, /tables: must be a list/],
    ["reconcile", { tables: [] }, 422, /tables: names no table/],
    ["reconcile", { tables: ["invoices"] }, 422, /invoices is not kept/],
    ["reconcile", { restart: true }, 422, /restart/],
    ["verify", { tables: { agents: true } }, 422, /tables: must be a list/],
    ["verify", { tables: ["invoices"] }, 422, /invoices is not kept/],
    ["verify", { sample: "all" }, 422, /sample: must be a whole number/],
    ["verify", { sample: -1 }, 422, /sample: must be at least 0/],
    ["verify", { sample: 100_001 }, 422, /sample: must be at most 100000/],
    ["verify", { sample: 1.5 }, 422, /sample: must be a whole number/],
    ["test", { tables: ["agents"] }, 422, /tables/],
    ["webhook", { url: "https://h" }, 422, /url/],
    ["pause", { seconds: 60 }, 422, /seconds/],
    ["resume", { tables: ["agents"] }, 422, /tables/],
  ];
  for (const [path, body, status, message] of badCalls) {
    test(`${path} ${JSON.stringify(body)} is refused with ${status}`, async () => {
      assertError(await call("post", `/api/sources/acme/${path}`).send(body), status, message);
    });
  }

  test("pulls no table whose scope its grant lacks, and names the scope", async () => {
    const narrow = newSource("narrow", { code: desk.generateCode(["Desk.basic.READ"]) });
    assert.equal((await create(narrow)).status, 201);
    const pull = call("post", "/api/sources/narrow/pull").send({ tables: ["calls"] });
    assertError(await pull, 422, /calls is not kept: the grant lacks the scope Desk\.calls\.READ/);
    await call("delete", "/api/sources/narrow");
  });

  test("without tokens starts nothing, and says what to do first", async () => {
    for (const path of ["pull", "reconcile", "verify", "webhook"]) {
      assertError(await call("post", `/api/sources/fresh/${path}`), 409, /fresh has no tokens yet/);
    }
  });

  test("that there is not, and what else there is not, is 404", async () => {
    for (const path of ["", "/status", "/runs/x"])
      assertError(await call("get", `/api/sources/none${path}`), 404, /none/);
    for (const path of ["authorize", "webhook", "pull", "reconcile", "verify"]) {
      const res = await call("post", `/api/sources/none/${path}`).send(path === "authorize" ? { code: "x" } : {});
      assertError(res, 404, /There is no source none/);
    }
    assertError(await call("delete", "/api/sources/none"), 404, /There is no source none/);
    assertError(await call("get", "/api/sources/acme/runs/none"), 404, /There is no run none/);
    assertError(await call("get", "/api/nothing"), 404, /nothing at this address/);
    assertError(await call("get", "/nothing", null), 404, /nothing at this address/);
  });

  test("a bad query is refused before anything is asked for", async () => {
    const pull = () => call("post", "/api/sources/acme/pull?wait=20").send({});
    const reads = () => desk.stats.snapshot().requests["GET /agents"];
    assert.equal((await pull()).body.state, "done");
    const before = reads();
    for (const kind of ["pull", "reconcile", "verify"]) {
      const body = kind === "pull" ? { restart: true } : {};
      assertError(await call("post", `/api/sources/acme/${kind}?wait=61`).send(body), 422, /wait: must be at most 60/);
      const slot = kind === "pull" ? pullSlot(["agents", "departments"]) : kind;
      assert.equal(await runs.running("acme", slot), null);
    }
    // A restart that had been asked for would be read now.
    assert.equal((await pull()).body.state, "done");
    assert.equal(reads(), before);
  });

  test("F9: a verify or reconcile joins a run of the same input only; of others it tells the run", async () => {
    for (const [kind, input] of [
      ["verify", { tables: ["agents"], sample: 7 }],
      ["reconcile", { tables: ["agents"] }],
    ] as const) {
      const { run } = await runs.start("acme", { kind, input });
      const same = await call("post", `/api/sources/acme/${kind}`).send(input);
      assert.deepEqual([same.status, same.body], [202, { runId: run.id }]);
      const other = await call("post", `/api/sources/acme/${kind}`).send({ ...input, tables: ["departments"] });
      assertError(other, 409, /is running/);
      assert.match(other.body.error.hint, new RegExp(run.id));
      await runs.finish("acme", run.id, "done", null);
    }
  });

  test("A8: a pull that names a table twice pulls it once, and ends", async () => {
    const res = await call("post", "/api/sources/acme/pull?wait=20").send({ tables: ["agents", "agents"] });
    assert.equal(res.body.state, "done", res.text);
    assert.deepEqual(
      res.body.result.tables.map((table: { name: string }) => table.name),
      ["agents"],
    );
  });

  test("A9: a body is JSON whatever its type says, and what is no JSON is 400", async () => {
    for (const type of ["application/x-www-form-urlencoded", "text/plain", "application/json"]) {
      const pull = call("post", "/api/sources/acme/pull?wait=20").set("content-type", type);
      const res = await pull.send('{"tables":["departments"]}');
      assert.equal(res.body.result.tables.length, 1, type);
      const bad = call("post", "/api/sources/acme/pull").set("content-type", type);
      assertError(await bad.send("tables=agents"), 400, /not JSON/);
    }
  });

  test("A9: no body asks for everything", async () => {
    const res = await call("post", "/api/sources/acme/pull?wait=20");
    assert.equal(res.body.result.tables.length, 2);
  });

  test("A12: what express cannot read is the caller's mistake", async () => {
    const pull = () => call("post", "/api/sources/acme/pull").set("content-type", "application/json");
    assertError(await call("get", "/api/sources/%E0%A4%A"), 400, /Failed to decode/);
    assertError(await pull().set("content-type", "application/json; charset=koi8-r").send("{}"), 400, /charset/);
    assertError(await pull().set("content-encoding", "zstd-9").send("{}"), 400, /content encoding/);
    assertError(await pull().set("content-encoding", "gzip").send("{}"), 400, /header/);
    assertError(await pull().send(`{"tables":["${long(70_000)}"]}`), 413, /64 KiB/);
    const bomb = gzipSync(`{"tables":["${long(70_000)}"]}`);
    assertError(
      await pull()
        .set("content-encoding", "gzip")
        .serialize((body) => body)
        .send(bomb),
      413,
      /64 KiB/,
    );
  });

  test("A13: status tells when the last delivery came", async () => {
    assert.equal((await call("get", "/api/sources/acme/status")).body.webhook.lastDeliveryAt, null);
    const { serviceUrl } = (await call("get", "/api/sources/acme")).body;
    const sentMs = Date.now();
    assert.equal((await fetch(serviceUrl, { method: "POST", body: "[1,2]" })).status, 200);
    const { body } = await call("get", "/api/sources/acme/status");
    const lastMs = Date.parse(body.webhook.lastDeliveryAt);
    assert.ok(sentMs <= lastMs && lastMs <= Date.now(), body.webhook.lastDeliveryAt);
    assert.equal(body.ledger.accepted, 2);
  });
});

test("A21b: a source that could not be opened has a status, which says why", async () => {
  const sinkFile = join(pair.dataDir, "own.db");
  const troubled = newSource("troubled", { tables: ["agents"], sinkUrl: `sqlite:${sinkFile}` });
  assert.equal((await create(troubled)).status, 201);
  await pair.restartSync("SIGTERM", () => writeFile(sinkFile, long(4_096)));
  const { status, body } = await call("get", "/api/sources/troubled/status");
  assert.equal(status, 200);
  assert.deepEqual(
    [body.state, body.message],
    ["error", `${sinkFile} is no SQLite file: name another one in the sink URL`],
  );
  assert.deepEqual([body.tables[0].name, body.tables[0].state], ["agents", "error"]);
  assert.equal(body.ledger.unaccounted, 0);
  assertError(await call("post", "/api/sources/troubled/pull"), 503, /is no SQLite file/);
});

describe("the door", () => {
  test("A27: takes the scheme in any case, and not the token", async () => {
    for (const scheme of ["bearer", "BEARER", "Bearer"]) {
      assert.equal((await call("get", "/api/sources", `${scheme} ${ADMIN_TOKEN}`)).status, 200, scheme);
    }
    assertError(await call("get", "/api/sources", `Bearer ${ADMIN_TOKEN.toUpperCase()}`), 401, /missing or wrong/);
  });

  test("answers 401 without the token, whatever is asked, and lets nothing be kept by a cache", async () => {
    for (const header of [null, ADMIN_TOKEN, `Basic ${ADMIN_TOKEN}`, "Bearer ", `Bearer ${ADMIN_TOKEN}x`]) {
      const res = await call("get", "/api/sources/%E0%A4%A", header);
      assertError(res, 401, /missing or wrong/);
      assert.equal(res.headers["cache-control"], "no-store");
    }
  });

  test("answers 429 after ten wrong tokens a minute, to the right one too", async () => {
    // A new sync has turned nobody away.
    await pair.restartSync("SIGTERM");
    for (let attempt = 0; attempt < 10; attempt++) {
      assert.equal((await call("get", "/api/sources", "Bearer wrong")).status, 401);
    }
    for (const token of ["wrong", ADMIN_TOKEN]) {
      const res = await call("get", "/api/sources", `Bearer ${token}`);
      assertError(res, 429, /Too many wrong tokens/);
      assert.ok(Number(res.headers["retry-after"]) > 0);
    }
    assert.equal((await call("get", "/healthz", null)).status, 200);
  });
});
