import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createFaultProxy } from "../src/index.ts";

const echo = createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(0, "127.0.0.1");
await once(echo, "listening");
const proxy = await createFaultProxy(`redis://user@127.0.0.1:${(echo.address() as AddressInfo).port}/1`);
after(async () => {
  await proxy.close();
  echo.close();
});

async function dial() {
  const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

test("the proxy passes on what is sent, under the target's user and path", async () => {
  assert.match(proxy.url, /^redis:\/\/user@127\.0\.0\.1:\d+\/1$/);
  const socket = await dial();
  socket.write("one");
  assert.equal(String(await once(socket, "data")), "one");
  socket.destroy();
});

test("a frozen proxy holds what is sent until it is restored", async () => {
  const socket = await dial();
  proxy.freeze();
  socket.write("held");
  const answer = once(socket, "data");
  assert.equal(await Promise.race([answer, sleep(80, "silence")]), "silence");
  proxy.restore();
  assert.equal(String(await answer), "held");
  socket.destroy();
});

test("a delay is felt in each direction", async () => {
  const socket = await dial();
  proxy.delay(40);
  const startedMs = performance.now();
  socket.write("slow");
  await once(socket, "data");
  assert.ok(performance.now() - startedMs >= 75);
  proxy.restore();
  socket.destroy();
});

test("a delay that ends does not change the order", async () => {
  const socket = await dial();
  proxy.delay(50);
  socket.write("first");
  await sleep(20);
  proxy.restore();
  socket.write(" second");
  let received = "";
  while (received.length < "first second".length) received += String(await once(socket, "data"));
  assert.equal(received, "first second");
  socket.destroy();
});

test("a cut ends connections and refuses new ones until it is restored", async () => {
  const socket = await dial();
  const closed = once(socket, "close");
  proxy.cut();
  await closed;
  const refused = await dial();
  await once(refused, "close");
  proxy.restore();
  const again = await dial();
  again.write("back");
  assert.equal(String(await once(again, "data")), "back");
  again.destroy();
});
