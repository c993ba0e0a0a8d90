import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { startRedis } from "@deskmirror/testing";
import type { TestRedis } from "@deskmirror/testing";
import request from "supertest";
import { ADMIN_TOKEN, GOOD_CODE, assertError, openApi } from "./api-app.ts";
import type { ApiApp } from "./api-app.ts";

let redis: TestRedis;
let api: ApiApp;
before(async () => {
  redis = await startRedis();
  api = await openApi(redis.url);
});
after(async () => {
  await api.close();
  await redis.stop();
});
afterEach(() => assert.deepEqual(api.errors, [], "no answer is a mistake of ours"));

const CLIENT_SECRET = "s3cret-of-a-client";
const good = { name: "acme", orgId: "700123456", clientId: "1000.X", clientSecret: CLIENT_SECRET, code: GOOD_CODE };

type Method = "get" | "post" | "delete";

const call = (method: Method, path: string, token = ADMIN_TOKEN) =>
  request(api.url)[method](`/api${path}`).set("authorization", `Bearer ${token}`);

const long = (length: number) => "x".repeat(length);

describe("a source", () => {
  before(async () => {
    const res = await call("post", "/sources").send({
      ...good,
      tables: ["agents", "departments", "agents"],
      accountsUrl: "http://127.0.0.1:9001",
    });
    assert.equal(res.status, 201, res.text);
    assert.deepEqual(res.body.tables, ["agents", "departments"]);
    assert.match(res.body.serviceUrl, /^https:\/\/hooks\.example\.org\/hooks\/.{22,}$/);
    assert.ok(!res.text.includes(CLIENT_SECRET) && !res.text.includes(GOOD_CODE) && !res.text.includes("1000.refresh"));
    const fresh = { ...good, name: "fresh", code: undefined };
    assert.equal((await call("post", "/sources").send(fresh)).status, 201);
  });

  test("comes back without its secrets, and in a list without its service URL", async () => {
    const one = await call("get", "/sources/acme");
    const list = await call("get", "/sources");
    assert.equal(list.body.items.length, 2);
    assert.ok(one.body.serviceUrl);
    assert.ok(!list.text.includes("serviceUrl"));
    for (const { text } of [one, list]) {
      assert.ok(!text.includes(CLIENT_SECRET) && !text.includes("1000.refresh") && !text.includes("serviceKey"));
    }
  });

  test("is not created twice", async () => {
    assertError(await call("post", "/sources").send(good), 409, /already/);
  });

  const badCalls: readonly (readonly [path: string, body: object | undefined, status: number, message: RegExp])[] = [
    ["authorize", undefined, 422, /code: must be a text/],
    ["authorize", {}, 422, /code: must be a text/],
    ["authorize", { code: 7 }, 422, /code: must be a text/],
    ["authorize", { code: "" }, 422, /code: is empty/],
    ["authorize", { code: "1000.bad.code" }, 422, /refused the code/],
    ["pull", { tables: "agents" }, 422, /tables: must be a list/],
    ["pull", { tables: [7] }, 422, /tables\.0: must be a text/],
    ["pull", { tables: [] }, 422, /tables: names no table/],
    ["pull", { tables: ["invoices"] }, 422, /invoices is not kept/],
    ["pull", { tables: ["calls"] }, 422, /calls is not kept: the scope/],
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
  ];
  for (const [path, body, status, message] of badCalls) {
    test(`${path} ${JSON.stringify(body)} is refused with ${status}`, async () => {
      assertError(await call("post", `/sources/acme/${path}`).send(body), status, message);
    });
  }

  test("without tokens starts nothing, and says what to do first", async () => {
    for (const path of ["pull", "reconcile", "verify", "webhook"]) {
      assertError(await call("post", `/sources/fresh/${path}`), 409, /fresh has no tokens yet/);
    }
  });

  test("that there is not, and what else there is not, is 404", async () => {
    for (const path of ["", "/status", "/runs/x"]) assertError(await call("get", `/sources/none${path}`), 404, /none/);
    for (const path of ["authorize", "webhook", "pull", "reconcile", "verify"]) {
      const res = await call("post", `/sources/none/${path}`).send(path === "authorize" ? { code: "x" } : {});
      assertError(res, 404, /There is no source none/);
    }
    assertError(await call("delete", "/sources/none"), 404, /There is no source none/);
    assertError(await call("get", "/sources/acme/runs/none"), 404, /There is no run none/);
    assertError(await call("get", "/nothing"), 404, /nothing at this address/);
    assertError(await request(api.url).get("/nothing"), 404, /nothing at this address/);
  });

  test("a bad query is refused before anything is asked for", async () => {
    const pulls = async () => JSON.stringify((await api.registry.get("acme"))?.pulls);
    const before = await pulls();
    for (const kind of ["pull", "reconcile", "verify"]) {
      const body = kind === "pull" ? { restart: true } : {};
      assertError(await call("post", `/sources/acme/${kind}?wait=61`).send(body), 422, /wait: must be at most 60/);
      assert.equal(await api.runs.running("acme", kind), null);
    }
    assert.equal(await pulls(), before);
  });

  test("F9: a verify or reconcile joins a run of the same input only; of others it tells the run", async () => {
    for (const [kind, input] of [
      ["verify", { tables: ["agents"], sample: 7 }],
      ["reconcile", { tables: ["agents"] }],
    ] as const) {
      const { run } = await api.runs.start("acme", { kind, input });
      const same = await call("post", `/sources/acme/${kind}`).send(input);
      assert.deepEqual([same.status, same.body], [202, { runId: run.id }]);
      const other = await call("post", `/sources/acme/${kind}`).send({ ...input, tables: ["departments"] });
      assertError(other, 409, /is running/);
      assert.match(other.body.error.hint, new RegExp(run.id));
      await api.runs.finish("acme", run.id, "done", null);
    }
  });

  test("A8: a pull that names a table twice pulls it once, and ends", async () => {
    const res = await call("post", "/sources/acme/pull?wait=5").send({ tables: ["agents", "agents"] });
    assert.equal(res.body.state, "done", res.text);
    assert.deepEqual(
      res.body.result.tables.map((table: { name: string }) => table.name),
      ["agents"],
    );
  });

  test("A9: a body is JSON whatever its type says, and what is no JSON is 400", async () => {
    for (const type of ["application/x-www-form-urlencoded", "text/plain", "application/json"]) {
      const pull = call("post", "/sources/acme/pull?wait=5").set("content-type", type);
      const res = await pull.send('{"tables":["departments"]}');
      assert.equal(res.body.result.tables.length, 1, type);
      const bad = call("post", "/sources/acme/pull").set("content-type", type);
      assertError(await bad.send("tables=agents"), 400, /not JSON/);
    }
  });

  test("A9: no body asks for everything", async () => {
    const res = await call("post", "/sources/acme/pull?wait=5");
    assert.equal(res.body.result.tables.length, 2);
  });

  test("A12: what express cannot read is the caller's mistake", async () => {
    const pull = () => call("post", "/sources/acme/pull").set("content-type", "application/json");
    assertError(await call("get", "/sources/%E0%A4%A"), 400, /Failed to decode/);
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
    assert.equal((await call("get", "/sources/acme/status")).body.webhook.lastDeliveryAt, null);
    const receivedMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    const rest = { kind: "events", signature: "missing", token: null, module: null } as const;
    await api.deliver("acme", { id: "d1", receivedMs, body: "[1,2]", events: 2, ...rest });
    const { body } = await call("get", "/sources/acme/status");
    assert.equal(body.webhook.lastDeliveryAt, "2026-01-02T03:04:05.000Z");
    assert.equal(body.ledger.accepted, 2);
  });
});

test("a run whose source is removed meanwhile ends as failed and says so", async () => {
  const doomed = { ...good, name: "doomed" };
  assert.equal((await call("post", "/sources").send(doomed)).status, 201);
  api.hold("doomed");
  const started = await call("post", "/sources/doomed/pull");
  assert.equal((await call("delete", "/sources/doomed")).status, 200);
  const { body } = await call("get", `/sources/doomed/runs/${started.body.runId}?wait=20`);
  assert.equal(body.state, "failed", JSON.stringify(body));
  assert.match(body.result.error.message, /doomed was removed while this ran/);
});

test("A21b: a source that could not be opened has a status, which says why", async () => {
  const troubled = { ...good, name: "troubled", tables: ["agents"] };
  assert.equal((await call("post", "/sources").send(troubled)).status, 201);
  api.refuse("troubled", "troubled_agents is in the sink already");
  const { status, body } = await call("get", "/sources/troubled/status");
  assert.equal(status, 200);
  assert.deepEqual([body.state, body.message], ["error", "troubled_agents is in the sink already"]);
  assert.deepEqual([body.tables[0].name, body.tables[0].state], ["agents", "error"]);
  assert.equal(body.ledger.unaccounted, 0);
  assertError(await call("post", "/sources/troubled/pull"), 503, /in the sink already/);
});

describe("the door", () => {
  test("A27: takes the scheme in any case, and not the token", async () => {
    const own = await openApi(redis.url);
    for (const scheme of ["bearer", "BEARER", "Bearer"]) {
      const get = request(own.url).get("/api/sources").set("authorization", `${scheme} ${ADMIN_TOKEN}`);
      assert.equal((await get).status, 200, scheme);
    }
    const upper = request(own.url).get("/api/sources").set("authorization", `Bearer ${ADMIN_TOKEN.toUpperCase()}`);
    assertError(await upper, 401, /missing or wrong/);
    await own.close();
  });

  test("answers 401 without the token, whatever is asked, and lets nothing be kept by a cache", async () => {
    const own = await openApi(redis.url);
    for (const header of [undefined, ADMIN_TOKEN, `Basic ${ADMIN_TOKEN}`, "Bearer ", `Bearer ${ADMIN_TOKEN}x`]) {
      const get = request(own.url).get("/api/sources/%E0%A4%A");
      const res = await (header === undefined ? get : get.set("authorization", header));
      assertError(res, 401, /missing or wrong/);
      assert.equal(res.headers["cache-control"], "no-store");
    }
    await own.close();
  });

  test("answers 429 after ten wrong tokens a minute, to the right one too", async () => {
    const own = await openApi(redis.url);
    const get = (token: string) => request(own.url).get("/api/sources").set("authorization", `Bearer ${token}`);
    for (let attempt = 0; attempt < 10; attempt++) assert.equal((await get("wrong")).status, 401);
    for (const token of ["wrong", ADMIN_TOKEN]) {
      const res = await get(token);
      assertError(res, 429, /Too many wrong tokens/);
      assert.ok(Number(res.headers["retry-after"]) > 0);
    }
    assert.equal((await request(own.url).get("/healthz")).status, 200);
    await own.close();
  });

  test("answers health and metrics, and 503 with a hint for the rest, while sync starts or ends", async () => {
    api.setThere(false);
    for (const path of ["/healthz", "/readyz", "/metrics"])
      assert.equal((await request(api.url).get(path)).status, 200);
    for (const path of ["/", "/api/sources", "/api/nothing"]) {
      assertError(await request(api.url).get(path), 503, /starting or ending/);
    }
    api.setThere(true);
    assert.equal((await call("get", "/sources")).status, 200);
  });
});
