import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_ATTEMPTS, parseRetryAfterMs, retryDelayMs } from "../src/http/retry-timing.ts";

test("a wait is never below the server's minimum nor above our cap", () => {
  const retries = fc.record({
    attempt: fc.integer({ min: 1, max: MAX_ATTEMPTS - 1 }),
    serverMinimumMs: fc.option(fc.integer({ min: 0, max: 20_000 })),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(retries, (retry) => {
      const delayMs = retryDelayMs(retry);
      assert.ok(delayMs !== null && delayMs >= (retry.serverMinimumMs ?? 0) && delayMs <= 20_000);
    }),
  );
});

test("waits grow with the attempts and use the whole span below", () => {
  const longest = [1, 2, 3].map((attempt) => retryDelayMs({ attempt, serverMinimumMs: null, random: 0.999_999 })!);
  assert.deepEqual(
    longest,
    longest.toSorted((left, right) => left - right),
  );
  assert.ok(longest[2]! > longest[0]! * 3);
  assert.equal(retryDelayMs({ attempt: 3, serverMinimumMs: null, random: 0 }), 0);
});

test("the last attempt is not followed by another, nor is a server that wants more than our cap", () => {
  assert.equal(retryDelayMs({ attempt: MAX_ATTEMPTS, serverMinimumMs: null, random: 0 }), null);
  assert.equal(retryDelayMs({ attempt: 1, serverMinimumMs: 20_001, random: 0 }), null);
});

const headers: readonly [string | undefined, number | null][] = [
  ["120", 120_000],
  ["1.5", 1_500],
  ["0", 0],
  ["-1", null],
  ["soon", null],
  ["", null],
  [undefined, null],
  ["Tue, 24 Nov 2026 00:00:10 GMT", 10_000],
  ["Mon, 23 Nov 2026 00:00:00 GMT", 0],
];
for (const [header, expected] of headers) {
  test(`Retry-After ${header} means ${expected} ms`, () => {
    assert.equal(parseRetryAfterMs(header, Date.UTC(2026, 10, 24)), expected);
  });
}
