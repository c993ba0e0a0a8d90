import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { sleep } from "@deskmirror/runtime";
import { freePort, startRedis } from "@deskmirror/testing";
import type { TestRedis } from "@deskmirror/testing";
import request from "supertest";
import { openBackend } from "./support/backend.ts";
import type { Backend } from "./support/backend.ts";
import { newSpoolDir, runToEnd, startIngest, until } from "./support/ingest-process.ts";
import type { IngestProcess } from "./support/ingest-process.ts";
import { createSigner } from "./support/zoho-signature.ts";

let redis: TestRedis;
let backend: Backend;
let path: string;
let spoolDir: string;
let removeDir: () => Promise<void>;

before(async () => {
  redis = await startRedis();
  backend = await openBackend(redis.url);
  path = await backend.addSource("acme", { signature: "verify" });
  ({ dir: spoolDir, remove: removeDir } = await newSpoolDir());
});

after(async () => {
  await backend.close();
  await redis.stop();
  await removeDir();
});

async function startReady(env: Record<string, string> = {}): Promise<IngestProcess> {
  const ingest = await startIngest({ redisUrl: redis.url, spoolDir, env });
  await until("ingest is ready", async () => (await ingest.ready()).status === 200);
  return ingest;
}

describe("a wrong environment is refused by name", { concurrency: 4 }, () => {
  const wrong: readonly (readonly [name: string, value: string, problem: RegExp])[] = [
    ["REDIS_URL", "localhost:6379", /REDIS_URL must be a URL that starts with redis: or rediss:/],
    ["ALLOW_UNSAFE_REDIS", "1", /ALLOW_UNSAFE_REDIS must be true or false/],
    ["INGEST_PORT", "http", /INGEST_PORT must be a whole number from 0 to 65535; it is "http"/],
    ["INGEST_OPS_PORT", "70000", /INGEST_OPS_PORT must be a whole number from 0 to 65535/],
    ["SPOOL_DIR", "/dev/null/spool", /SPOOL_DIR cannot be written to \(ENOTDIR.*\/dev\/null\/spool/],
    ["SPOOL_DIR", "/proc/spool", /SPOOL_DIR cannot be written to \(ENOENT.*\/proc\/spool/],
    ["BODY_LIMIT_BYTES", "1MB", /BODY_LIMIT_BYTES must be a whole number from 1/],
    ["SPOOL_LIMIT_BYTES", "-1", /SPOOL_LIMIT_BYTES must be a whole number from 0/],
    ["QUEUE_LIMIT_BYTES", "0", /QUEUE_LIMIT_BYTES must be a whole number from 1/],
    ["BIND_HOST", "not-an-address", /cannot listen \(.*not-an-address.*\): see .*BIND_HOST/],
    ["LOG_LEVEL", "loud", /LOG_LEVEL must be one of/],
  ];
  for (const [name, value, problem] of wrong) {
    test(`${name}=${value}`, async () => {
      const { code, stderr } = await runToEnd({ redisUrl: redis.url, spoolDir, env: { [name]: value } });
      assert.match(stderr, problem);
      assert.equal(code, 1);
    });
  }

  test("all problems at once", async () => {
    const env = Object.fromEntries(wrong.filter(([name]) => !/SPOOL_DIR|BIND_HOST/.test(name)));
    const { stderr } = await runToEnd({ redisUrl: redis.url, spoolDir, env });
    for (const name of Object.keys(env)) assert.match(stderr, new RegExp(`^ {2}${name} `, "m"));
  });

  test("a port that is taken", async () => {
    const ingest = await startReady({ INGEST_PORT: String(await freePort()) });
    const env = { INGEST_PORT: new URL(ingest.url).port };
    const { code, stderr } = await runToEnd({ redisUrl: redis.url, spoolDir, env });
    assert.match(stderr, /cannot listen \(.*EADDRINUSE.*:\d+\): see INGEST_PORT/);
    assert.equal(code, 1);
    assert.equal(await ingest.end("SIGTERM"), 0);
  });
});

describe("the end", () => {
  test("SIGTERM: what is under way is answered and stored, nothing new is taken, exit code 0", async () => {
    const ingest = await startReady();
    const { port } = new URL(ingest.url);
    const body = JSON.stringify([{ eventType: "Ticket_Add", payload: { id: "last" } }]);
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`);
    await sleep(100);
    const end = ingest.end("SIGTERM");
    await sleep(200);
    await assert.rejects(fetch(ingest.url + path));
    socket.write(body.slice(5));
    assert.equal(await end, 0);
    assert.match(answer, /^HTTP\/1.1 200 OK/);
    assert.deepEqual(
      (await backend.takeAll("acme")).deliveries.map((delivery) => delivery.body),
      [body],
    );
  });

  test("an idle connection that is kept alive holds nothing up", async () => {
    const ingest = await startReady();
    const socket = connect(Number(new URL(ingest.url).port), "127.0.0.1");
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, "data");
    const startMs = performance.now();
    assert.equal(await ingest.end("SIGTERM"), 0);
    assert.ok(performance.now() - startMs < 3_000);
    socket.destroy();
  });
});

describe("secrets (I11)", () => {
  test("no key, token, body or password is in a log, an answer or a metric, at any log level", async () => {
    const signer = createSigner("key-1");
    await backend.registry.setJwks("acme", { keys: [signer.jwk] });
    const wrong = signer.token({ orgId: "1", webhookId: "1" });
    const right = signer.token({ orgId: "700123456", webhookId: "1" });
    const url = new URL(redis.url);
    url.username = "default";
    url.password = "pa55word";
    // Redis has no password: the login fails, and is told.
    const refused = await startIngest({ redisUrl: url.href, spoolDir, env: { LOG_LEVEL: "trace" } });
    const ingest = await startReady({ LOG_LEVEL: "trace" });
    const answers: string[] = [];
    for (const each of [refused, ingest]) {
      for (const token of [wrong, right]) {
        const res = await request(each.url).post(path).set("X-ZDesk-JWT", token).send('[{"subject":"confidential"}]');
        answers.push(JSON.stringify(res.headers) + res.text);
      }
      answers.push((await request(each.url).post(`${path}x`).send("confidential")).text);
      answers.push(await (await fetch(`${each.opsUrl}/metrics`)).text(), JSON.stringify(await each.ready()));
    }
    await refused.end("SIGTERM");
    await ingest.end("SIGTERM");
    const told = [refused.output(), ingest.output(), ...answers].join("\n");
    assert.match(told, /"level":"(?:trace|debug|info|warn)"/);
    for (const secret of [path.slice("/hooks/".length), wrong, right, "confidential", "pa55word"]) {
      assert.ok(!told.includes(secret), `${secret.slice(0, 12)}… was told`);
    }
  });
});
