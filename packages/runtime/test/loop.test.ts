import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { runEvery, sleep, within } from "@deskmirror/runtime";

describe("loops", () => {
  test("sleep ends early by rejecting, and leaves no listener behind", async () => {
    const stop = new AbortController();
    await sleep(1, stop.signal);
    assert.equal(getEventListeners(stop.signal, "abort").length, 0);
    const waiting = sleep(60_000, stop.signal);
    stop.abort();
    await assert.rejects(waiting, { name: "AbortError" });
    assert.equal(getEventListeners(stop.signal, "abort").length, 0);
  });

  test("within gives what comes in time, and a TransientError for what does not", async () => {
    assert.equal(
      await within(
        1_000,
        sleep(1).then(() => 7),
        "too late",
      ),
      7,
    );
    await assert.rejects(within(1_000, Promise.reject(new Error("no")), "too late"), { message: "no" });
    await assert.rejects(within(1, sleep(50), "too late"), { name: "TransientError", message: "too late" });
  });

  test("within hears what came while the process stood still before it gives up", async () => {
    const server = createServer((socket) => {
      socket.end("here");
      execFileSync("sleep", ["0.2"]);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    assert.equal(String(await within(50, once(socket, "data"), "too late")), "here");
    server.close();
  });

  test("runs one at a time, goes on after an error, and ends after the last run", async () => {
    const stop = new AbortController();
    const errors: string[] = [];
    let runs = 0;
    let running = 0;
    await runEvery({
      intervalMs: 1,
      signal: stop.signal,
      async run() {
        assert.equal(++running, 1);
        await sleep(2);
        running--;
        if (++runs === 2) throw new Error("second");
        if (runs === 4) stop.abort();
      },
      onError: (error) => void errors.push(error.message),
    });
    assert.equal(running, 0);
    assert.equal(runs, 4);
    assert.deepEqual(errors, ["second"]);
  });

  test("an interval ends at once when aborted", async () => {
    const stop = new AbortController();
    const loop = runEvery({ intervalMs: 60_000, signal: stop.signal, run: () => {}, onError: assert.fail });
    await sleep(1);
    stop.abort();
    await loop;
  });
});
