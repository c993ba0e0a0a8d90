import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { sleep } from "@deskmirror/runtime";
import { startRedis } from "@deskmirror/testing";
import type { TestRedis } from "@deskmirror/testing";
import request from "supertest";
import { openBackend } from "./support/backend.ts";
import type { Backend } from "./support/backend.ts";
import { newSpoolDir, startIngest, until } from "./support/ingest-process.ts";
import type { IngestProcess } from "./support/ingest-process.ts";
import { sendRaw } from "./support/raw.ts";
import { createSigner } from "./support/zoho-signature.ts";

const LIMIT_BYTES = 20_000;
const ORG = { orgId: "700123456", webhookId: "410000000900001" };
const signer = createSigner("key-1");
const stranger = createSigner("key-1");
const newer = createSigner("key-2");
const event = (id: string) => ({
  eventType: "Ticket_Add",
  eventTime: "1772352000123",
  orgId: ORG.orgId,
  payload: { id },
});
const body = JSON.stringify([event("1"), event("2")]);
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");

let redis: TestRedis;
let backend: Backend;
let ingest: IngestProcess;
let removeDir: () => Promise<void>;

before(async () => {
  redis = await startRedis();
  backend = await openBackend(redis.url);
  const { dir, remove } = await newSpoolDir();
  removeDir = remove;
  ingest = await startIngest({ redisUrl: redis.url, spoolDir: dir, env: { BODY_LIMIT_BYTES: String(LIMIT_BYTES) } });
  await until("ingest is ready", async () => (await ingest.ready()).status === 200);
});

after(async () => {
  await ingest.end("SIGTERM");
  await backend.close();
  await redis.stop();
  await removeDir();
});

/** A new source and its path. */
async function sourceWith(settings: Parameters<Backend["addSource"]>[1] = {}) {
  const name = `source_${Math.random().toString(36).slice(2, 8)}`;
  const path = await backend.addSource(name, { ...ORG, ...settings });
  await backend.registry.setJwks(name, { keys: [signer.jwk] });
  await sleep(100); // until ingest has heard of the keys
  return { name, path };
}

const post = (path: string, text = body) =>
  request(ingest.url).post(path).set("Content-Type", "application/json").send(text);

async function reasonsOf(name: string, count: number): Promise<readonly string[]> {
  await until(`${name} has ${count} gaps`, async () => (await backend.gaps(name)).length >= count);
  return (await backend.gaps(name)).map(({ reason }) => reason);
}

function assertRefusal(res: request.Response, status: number, code: string): void {
  assert.equal(res.status, status);
  const { error } = res.body as { error: Record<string, string> };
  assert.deepEqual(Object.keys(error), ["code", "message", "hint"]);
  assert.equal(error["code"], code);
}

describe("contract section 3", { concurrency: 8 }, () => {
  test("GET and HEAD of a known source's URL are 200, paused too", async () => {
    for (const paused of [false, true]) {
      const { path } = await sourceWith({ paused, signature: "require" });
      const got = await request(ingest.url).get(path);
      assert.equal(got.status, 200);
      assert.equal(got.text, "");
      assert.equal((await request(ingest.url).head(path)).status, 200);
    }
  });

  test("POST with [] or an empty body is 200, and nothing is stored", async () => {
    const { name, path } = await sourceWith({ signature: "require" });
    for (const text of ["", "[]", " [ ]\n"]) assert.equal((await post(path, text)).status, 200);
    assert.equal((await backend.counts(name)).accepted, 0);
  });

  test("POST of events is 200 with an empty body, and they are in the queue as they came", async () => {
    const { name, path } = await sourceWith();
    const startedMs = Date.now();
    const res = await post(path);
    assert.equal(res.status, 200);
    assert.equal(res.text, "");
    const { groups, deliveries } = await backend.takeAll(name);
    assert.match(groups[0]!.id, /^g-[0-9A-Z]{26}$/);
    assert.equal(groups[0]!.source, name);
    const [{ id, receivedMs, ...delivery }] = deliveries as [(typeof deliveries)[0]];
    assert.match(id, /^[0-9A-Z]{26}$/);
    assert.ok(receivedMs >= startedMs && receivedMs <= Date.now());
    assert.deepEqual(delivery, { body, kind: "events", signature: "missing", token: null, module: null, events: 2 });
    assert.equal((await backend.counts(name)).applied, 2);
  });

  test("events of a paused source are stored", async () => {
    const { name, path } = await sourceWith({ paused: true });
    assert.equal((await post(path)).status, 200);
    assert.equal((await backend.takeAll(name)).deliveries.length, 1);
  });

  test("bytes that are no UTF-8, integers beyond 2^53 and a byte order mark are stored as text", async () => {
    const { name, path } = await sourceWith();
    const bytes = Buffer.concat([Buffer.from('[{"a":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}]')]);
    await fetch(ingest.url + path, { method: "POST", body: bytes });
    await post(path, "[12345678901234567890]");
    await post(path, `\uFEFF${body}`);
    const { deliveries } = await backend.takeAll(name);
    const bodies = deliveries.map((delivery) => delivery.body);
    assert.deepEqual(bodies, ['[{"a":"\uFFFD\uFFFD"}]', "[12345678901234567890]", body]);
    assert.ok(deliveries.every(({ kind }) => kind === "events"));
  });

  test("a key never issued is 404", async () => {
    assertRefusal(await post("/hooks/never-issued"), 404, "NOT_FOUND");
    assertRefusal(await request(ingest.url).get("/hooks/never-issued"), 404, "NOT_FOUND");
  });

  test("a key that was issued a moment ago is known at once", async () => {
    for (let n = 0; n < 5; n++) assert.equal((await request(ingest.url).get((await sourceWith()).path)).status, 200);
  });

  test("the key of a removed source is 410", async () => {
    const { name, path } = await sourceWith();
    assert.equal((await post(path)).status, 200);
    await backend.registry.remove(name);
    await until("ingest has heard of it", async () => (await post(path)).status === 410);
    assertRefusal(await post(path), 410, "GONE");
    assertRefusal(await request(ingest.url).get(path), 410, "GONE");
  });

  test("a rotated key is taken in its grace and 410 after it; the new one is taken", async () => {
    const { name, path } = await sourceWith();
    const { serviceKey } = await backend.registry.rotateKey(name, { graceMs: 3_000 });
    assert.equal((await post(`/hooks/${serviceKey}`)).status, 200);
    assert.equal((await post(path)).status, 200);
    await until("the grace is over", async () => (await post(path)).status !== 200);
    assertRefusal(await post(path), 410, "GONE");
    assert.equal((await post(`/hooks/${serviceKey}`)).status, 200);
  });

  test("signature required and missing is 401 and opens a gap, for foreign deliveries too", async () => {
    const { name, path } = await sourceWith({ signature: "require" });
    assertRefusal(await post(path), 401, "SIGNATURE_MISSING");
    assertRefusal(await post(path, "Ticket 128 changed"), 401, "SIGNATURE_MISSING");
    assert.deepEqual(await reasonsOf(name, 1), ["answered 401"]);
    assert.equal((await backend.counts(name)).accepted, 0);
  });

  test("signature present and right is 200 and stored as valid, without the token", async () => {
    for (const signature of ["verify", "require"] as const) {
      const { name, path } = await sourceWith({ signature });
      assert.equal((await post(path).set("X-ZDesk-JWT", signer.token(ORG))).status, 200);
      const [delivery] = (await backend.takeAll(name)).deliveries;
      assert.deepEqual([delivery!.signature, delivery!.token], ["valid", null]);
    }
  });

  const wrongTokens: readonly (readonly [what: string, token: () => string])[] = [
    ["signed by somebody else", () => stranger.token(ORG)],
    ["of another organization", () => signer.token({ ...ORG, orgId: "1" })],
    ["of another webhook", () => signer.token({ ...ORG, webhookId: "1" })],
    ["expired", () => signer.token({ ...ORG, expiresMs: Date.now() - 120_000 })],
    ["no token at all", () => "abc"],
  ];
  for (const [what, token] of wrongTokens) {
    test(`signature present and wrong (${what}) is 401 and opens a gap`, async () => {
      const { name, path } = await sourceWith();
      assertRefusal(await post(path).set("X-ZDesk-JWT", token()), 401, "SIGNATURE_WRONG");
      assert.deepEqual(await reasonsOf(name, 1), ["answered 401"]);
      assert.equal((await backend.counts(name)).accepted, 0);
    });
  }

  const never: readonly (readonly [what: string, token: string])[] = [
    ["no JWT at all", "garbage"],
    ["three parts of nothing", "a.b.c"],
    ["a header without a kid", `${encode({ alg: "RS256" })}.${encode({})}.c2ln`],
    ["another algorithm", `${encode({ alg: "none", kid: "key-1" })}.${encode({})}.`],
  ];
  for (const [what, token] of never) {
    test(`what is no token of Zoho's (${what}) is 401 even before Zoho's keys are known`, async () => {
      for (const signature of ["verify", "require"] as const) {
        const name = `source_${Math.random().toString(36).slice(2, 8)}`;
        const path = await backend.addSource(name, { ...ORG, signature });
        assertRefusal(await post(path).set("X-ZDesk-JWT", token), 401, "SIGNATURE_WRONG");
        assert.equal((await post(path).set("X-ZDesk-JWT", signer.token(ORG))).status, 200);
        assert.equal((await backend.takeAll(name)).deliveries[0]!.signature, "unverified");
      }
    });
  }

  test("foreign is 401 where a signature is required, whatever token comes with it, and 200 elsewhere", async () => {
    const required = await sourceWith({ signature: "require" });
    const optional = await sourceWith();
    for (const signed of [signer, newer]) {
      const send = (path: string) => post(path, "Ticket 128 changed").set("X-ZDesk-JWT", signed.token(ORG));
      assertRefusal(await send(required.path), 401, "SIGNATURE_MISSING");
      assert.equal((await send(optional.path)).status, 200);
    }
    assert.equal((await backend.counts(required.name)).accepted, 0);
  });

  test("a rotated-out key is taken from the source's present webhook, and only from it", async () => {
    for (const signature of ["verify", "require", "off"] as const) {
      const { name, path } = await sourceWith({ signature });
      await backend.registry.rotateKey(name, { graceMs: 0 });
      await until("the key is rotated out", async () => (await request(ingest.url).get(path)).status === 410);
      const wrong = [stranger.token(ORG), signer.token({ ...ORG, webhookId: "1" }), "garbage"];
      for (const token of wrong) assertRefusal(await post(path).set("X-ZDesk-JWT", token), 410, "GONE");
      assertRefusal(await post(path, "[]"), 410, "GONE");
      for (const signed of [signer, newer]) {
        assert.equal((await post(path).set("X-ZDesk-JWT", signed.token(ORG))).status, 200);
      }
      const { deliveries } = await backend.takeAll(name);
      const states = deliveries.map((delivery) => delivery.signature);
      assert.deepEqual(states, ["valid", "unverified"]);
      assert.deepEqual(await backend.gaps(name), []);
    }
  });

  test("a rotated key with a wrong JWT is 410 in its grace too", async () => {
    const { name, path } = await sourceWith();
    await backend.registry.rotateKey(name, { graceMs: 60_000 });
    await until("it is in its grace", async () => {
      const { status } = await post(path).set("X-ZDesk-JWT", stranger.token(ORG));
      return status === 410;
    });
    assert.equal((await post(path)).status, 200);
  });

  test("signature off takes a wrong signature", async () => {
    const { name, path } = await sourceWith({ signature: "off" });
    assert.equal((await post(path).set("X-ZDesk-JWT", stranger.token(ORG))).status, 200);
    assert.equal((await backend.takeAll(name)).deliveries[0]!.signature, "missing");
  });

  test("JWT whose kid is not known yet is 200 and stored with its token, to be verified in sync", async () => {
    const { name, path } = await sourceWith({ signature: "require" });
    const token = newer.token(ORG);
    assert.equal((await post(path).set("X-ZDesk-JWT", token)).status, 200);
    const [delivery] = (await backend.takeAll(name)).deliveries;
    assert.deepEqual([delivery!.signature, delivery!.token], ["unverified", token]);
  });

  test("event of another orgId and element that is no event are 200 and stored whole", async () => {
    const { name, path } = await sourceWith();
    const text = JSON.stringify([{ ...event("1"), orgId: "1" }, 7, null, "x", []]);
    assert.equal((await post(path, text)).status, 200);
    const [delivery] = (await backend.takeAll(name)).deliveries;
    assert.deepEqual([delivery!.kind, delivery!.events, delivery!.body], ["events", 5, text]);
  });

  test("body over the limit is 413 and opens a gap; one at the limit is taken", async () => {
    const { name, path } = await sourceWith();
    const text = (bytes: number) => `["${"x".repeat(bytes - 4)}"]`;
    assert.equal((await post(path, text(LIMIT_BYTES))).status, 200);
    assertRefusal(await post(path, text(LIMIT_BYTES + 1)), 413, "TOO_LARGE");
    assert.deepEqual(await reasonsOf(name, 1), ["answered 413"]);
    assert.equal((await backend.takeAll(name)).deliveries.length, 1);
  });

  test("body over the limit, said beforehand, is 413 before any of it is read", async () => {
    const { path } = await sourceWith();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${LIMIT_BYTES + 1}\r\n\r\n`;
    const answer = await sendRaw(ingest.url, [head]);
    assert.equal(answer.status, 413);
    assert.match(answer.text, /"code":"TOO_LARGE"/);
    assert.match(answer.text, /^connection: close$/im);
    assert.ok(answer.tookMs < 1_000, `took ${answer.tookMs} ms`);
  });

  test("body over the limit, chunked, is 413, read no further", async () => {
    const { name, path } = await sourceWith();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const answer = await sendRaw(ingest.url, [head, ...Array<string>(1_000).fill(chunk)]);
    assert.equal(answer.status, 413);
    assert.match(answer.text, /"code":"TOO_LARGE"/);
    assert.ok(answer.sentBytes < 20_000_000, `${answer.sentBytes} bytes were taken`);
    assert.deepEqual(await reasonsOf(name, 1), ["answered 413"]);
  });

  test("not JSON, or not an array, is 200 and kept as a foreign delivery with ?module= of the URL", async () => {
    const { name, path } = await sourceWith();
    const texts = ["Ticket 128 changed", '{"ticketId":"1"}', '[{"eventType":', "id=1&module=tickets"];
    for (const text of texts) assert.equal((await post(`${path}?module=tickets`, text)).status, 200);
    const { deliveries } = await backend.takeAll(name);
    const kept = deliveries.map(({ kind, events, module, body: text }) => [kind, events, module, text]);
    assert.deepEqual(
      kept,
      texts.map((text) => ["foreign", 1, "tickets", text]),
    );
  });

  const interpretedLater: readonly (readonly [what: string, event: object])[] = [
    ["an event flagged deleted", { eventType: "Ticket_Update", payload: { id: "1", isTrashed: "true" } }],
    ["a delete", { eventType: "Ticket_Delete", payload: { id: "1" } }],
    ["a known event without a table", { eventType: "IM_Message_Add", payload: {} }],
    ["an unknown eventType", { eventType: "Ticket_Explode", payload: {} }],
  ];
  for (const [what, one] of interpretedLater) {
    test(`${what} is 200 and stored`, async () => {
      const { name, path } = await sourceWith();
      assert.equal((await post(path, JSON.stringify([one]))).status, 200);
      assert.deepEqual(JSON.parse((await backend.takeAll(name)).deliveries[0]!.body), [one]);
    });
  }

  test("request not read within 5 s is 408 and opens a gap: head, body and chunks that trickle", async () => {
    const { name, path } = await sourceWith();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n`;
    const trickle = (first: string) => [first, ...Array<string>(100).fill("1\r\nx\r\n")];
    const [slowHead, slowBody, slowChunks] = await Promise.all([
      sendRaw(ingest.url, [head, ...Array<string>(100).fill("X-A: b\r\n")], { pauseMs: 100 }),
      sendRaw(ingest.url, trickle(`${head}Content-Length: 10000\r\n\r\n`), { pauseMs: 100 }),
      sendRaw(ingest.url, trickle(`${head}Transfer-Encoding: chunked\r\n\r\n`), { pauseMs: 100 }),
    ]);
    for (const { status, text, tookMs } of [slowHead, slowBody, slowChunks]) {
      assert.equal(status, 408);
      assert.match(text, /\r\n\r\n{"error":{"code":"TOO_SLOW"/);
      assert.ok(tookMs > 4_900 && tookMs < 6_500, `took ${tookMs} ms`);
    }
    assert.deepEqual(await reasonsOf(name, 1), ["delivery cut off"]);
    assert.equal((await backend.counts(name)).accepted, 0);
  });

  test("a connection cut in the middle of a delivery opens a gap and stores nothing", async () => {
    const { name, path } = await sourceWith();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[{`;
    await sendRaw(ingest.url, [head], { giveUpMs: 200 });
    assert.deepEqual(await reasonsOf(name, 1), ["delivery cut off"]);
    assert.equal((await backend.counts(name)).accepted, 0);
  });

  test("anything else on this port is 404 with an error that says what to do", async () => {
    const { path } = await sourceWith();
    for (const [method, where] of [
      ["get", "/"],
      ["get", "/hooks"],
      ["get", "/healthz"],
      ["get", "/metrics"],
      ["post", "/"],
      ["put", path],
      ["delete", path],
      ["options", path],
      ["post", `${path}/more`],
      ["post", `${path}/`],
      ["get", `${path}/`],
      ["get", path.replace("/hooks/", "/HOOKS/")],
      ["post", "/hooks/%E0%A4%A"],
    ] as const) {
      assertRefusal(await request(ingest.url)[method](where), 404, "NOT_FOUND");
    }
  });

  test("what is no HTTP gets an error too", async () => {
    const answer = await sendRaw(ingest.url, ["hello\r\n\r\n"]);
    assert.equal(answer.status, 400);
    assert.match(answer.text, /"code":"MALFORMED"/);
  });

  test("answers carry helmet's headers, except those to deliveries, and none tells what serves", async () => {
    const { path } = await sourceWith();
    for (const res of [await request(ingest.url).get(path), await request(ingest.url).get("/")]) {
      assert.equal(res.headers["x-powered-by"], undefined);
      assert.match(res.headers["content-security-policy"] ?? "", /default-src/);
    }
    const refused = await post("/hooks/never-issued");
    assert.equal(refused.headers["x-content-type-options"], "nosniff");
    const taken = await post(path);
    assert.deepEqual(Object.keys(taken.headers).toSorted(), ["connection", "content-length", "date"]);
  });
});

describe("many at once", () => {
  test("100 deliveries in parallel are each answered 200 and each stored once, in few groups", async () => {
    const { name, path } = await sourceWith();
    const bodies = Array.from({ length: 100 }, (_, n) => JSON.stringify([event(String(n))]));
    const statuses = await Promise.all(bodies.map(async (text) => (await post(path, text)).status));
    assert.deepEqual(new Set(statuses), new Set([200]));
    const { groups, deliveries } = await backend.takeAll(name);
    assert.deepEqual(deliveries.map((delivery) => delivery.body).toSorted(), bodies.toSorted());
    assert.equal(new Set(deliveries.map(({ id }) => id)).size, 100);
    assert.ok(groups.length < 100, `${groups.length} groups`);
  });

  test("slow senders keep nobody waiting", async () => {
    const { path } = await sourceWith();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n`;
    const slow = Array.from({ length: 200 }, () => sendRaw(ingest.url, [head], { giveUpMs: 1_500 }));
    await sleep(300);
    const startMs = performance.now();
    assert.equal((await post(path)).status, 200);
    assert.ok(performance.now() - startMs < 500);
    await Promise.all(slow);
  });
});

describe("private port", () => {
  test("metrics count deliveries by answer, groups and time, and neither they nor the log name a key", async () => {
    const { path } = await sourceWith();
    await post(path);
    const key = path.slice("/hooks/".length);
    const metrics = await (await fetch(`${ingest.opsUrl}/metrics`)).text();
    for (const line of [
      /^deskmirror_ingest_deliveries_total{status="200"} [1-9]/m,
      /^deskmirror_ingest_deliveries_total{status="401"} [1-9]/m,
      /^deskmirror_ingest_group_deliveries_count{stored_in="redis"} [1-9]/m,
      /^deskmirror_ingest_answer_seconds_count [1-9]/m,
      /^deskmirror_ingest_spool_bytes \d/m,
    ]) {
      assert.match(metrics, line);
    }
    assert.ok(!metrics.includes(key) && !ingest.output().includes(key));
  });

  test("hooks are not on it", async () => {
    const { path } = await sourceWith();
    assert.equal((await fetch(ingest.opsUrl + path, { method: "POST", body })).status, 404);
  });
});
