import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sharedKey } from "../src/keys.ts";
import { atEnd, testConnection, testRedis, uniqueName, until } from "./redis.ts";

const url = await testRedis();
const { client } = await testConnection(url);

/** Counts requests in flight as Zoho does: until they are answered, whether or not anybody still wants the answer. */
async function startCounter() {
  const counts = { inFlight: 0, most: 0, answered: 0 };
  const server = createServer((_request, response) => {
    counts.most = Math.max(counts.most, ++counts.inFlight);
    void sleep(40 + Math.random() * 60).then(() => {
      counts.inFlight--;
      counts.answered++;
      response.end(String(1_000_000 - 3 * counts.answered));
    });
  }).listen(0, "127.0.0.1");
  atEnd(() => server.close());
  await once(server, "listening");
  return { counts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("three processes together never exceed the limit, also when one is killed with requests in flight", async () => {
  const counter = await startCounter();
  const organization = uniqueName("com:");
  const script = new URL("throttled-process.ts", import.meta.url).pathname;
  const start = () =>
    spawn(process.execPath, [script, url, organization, counter.url, "60"], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  const [one, other, victim] = [start(), start(), start()];
  const ended = Promise.all([once(one, "exit"), once(other, "exit")]);
  await until(() => counter.counts.answered >= 40, 30_000);
  const slots = sharedKey(`org:${organization}`, "slots");
  victim.kill("SIGKILL");
  await once(victim, "exit");
  await sleep(2_500);
  // Whatever slots the dead process held stand for 40 s; that time is taken off here.
  const held = await client.zrange(slots, 0, "-1");
  for (const id of held)
    if ((await client.zscore(slots, id)) !== null) await client.zadd(slots, "XX", Date.now() + 500, id);
  const exits = await ended;
  assert.deepEqual(
    exits.map(([code]) => code as number),
    [0, 0],
  );
  assert.ok(counter.counts.answered >= 120, String(counter.counts.answered));
  assert.equal(counter.counts.most, 5);
});
