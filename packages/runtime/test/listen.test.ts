import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import { ConfigError } from "@deskmirror/model";
import { listen } from "@deskmirror/runtime";

const answerSlowly: RequestListener = (_req, res) => void setTimeout(() => res.end("here"), 100);
const open = (port: number, server = createServer(answerSlowly)) =>
  listen(server, { port, host: "127.0.0.1", variables: "THE_PORT and THE_HOST" });

test("a port that is taken is a ConfigError that names the variables", async () => {
  const first = await open(0);
  await assert.rejects(open(first.port), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /EADDRINUSE.*: see THE_PORT and THE_HOST$/);
    return true;
  });
  await first.close();
});

test("closing answers what is under way, and no connection kept alive holds it up", async () => {
  const server = createServer(answerSlowly);
  const listener = await open(0, server);
  const url = `http://127.0.0.1:${listener.port}`;
  const underWay = once(server, "request");
  const answer = fetch(url);
  await underWay;
  await listener.close();
  assert.equal(await (await answer).text(), "here");
  await assert.rejects(fetch(url));
});
