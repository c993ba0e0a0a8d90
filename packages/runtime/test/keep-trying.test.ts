import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError, TransientError } from "@deskmirror/model";
import { keepTrying } from "@deskmirror/runtime";

const never = new AbortController().signal;

function failing(times: number, error: Error) {
  const waits: number[] = [];
  let tries = 0;
  return {
    waits,
    tries: () => tries,
    run: async () => {
      tries += 1;
      if (tries <= times) throw error;
      return "open";
    },
    onFailure: (_: TransientError, waitMs: number) => void waits.push(waitMs),
  };
}

describe("keepTrying", () => {
  test("tries again what is out of reach, with pauses that are told and capped", async () => {
    const tried = failing(6, new TransientError("away"));
    assert.equal(await keepTrying({ ...tried, signal: never, capMs: 20 }), "open");
    assert.equal(tried.waits.length, 6);
    assert.ok(
      tried.waits.every((waitMs) => waitMs >= 10 && waitMs <= 20),
      String(tried.waits),
    );
  });

  for (const error of [new ConfigError("refused"), new TypeError("a mistake")]) {
    test(`gives up at once on a ${error.name}`, async () => {
      const tried = failing(1, error);
      await assert.rejects(keepTrying({ ...tried, signal: never, capMs: 20 }), error);
      assert.equal(tried.tries(), 1);
    });
  }

  test("ends in the middle of a pause when the signal is aborted", async () => {
    const stop = new AbortController();
    const tried = failing(9, new TransientError("away"));
    const onFailure = () => stop.abort();
    await assert.rejects(keepTrying({ ...tried, signal: stop.signal, capMs: 60_000, onFailure }), {
      name: "AbortError",
    });
    assert.equal(tried.tries(), 1);
  });
});
