import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSourceClock } from "../src/clock.ts";

test("Zoho's time is unknown before the first answer", () => {
  assert.equal(createSourceClock(() => 5).now(), 0);
});

test("the bound is never later than Zoho's clock, whatever the delays, and follows it within two seconds", () => {
  const answers = fc.array(fc.record({ waitMs: fc.nat(60_000), travelMs: fc.nat(1_000) }), { minLength: 1 });
  fc.assert(
    fc.property(answers, fc.integer({ min: -1e9, max: 1e9 }), (steps, aheadMs) => {
      let ownMs = 1e10;
      const zohoMs = (): number => ownMs + aheadMs + 2e9;
      const clock = createSourceClock(() => ownMs);
      for (const { waitMs, travelMs } of steps) {
        ownMs += waitMs;
        const dateMs = Math.floor(zohoMs() / 1000) * 1000;
        ownMs += travelMs;
        clock.observe(dateMs);
        assert.ok(clock.now() <= zohoMs());
        assert.ok(clock.now() > zohoMs() - 2_000);
      }
      ownMs += 3_600_000;
      assert.ok(clock.now() <= zohoMs() && clock.now() > zohoMs() - 2_000);
    }),
  );
});

test("a better bound is forgotten after ten minutes, so that a drifting clock is followed", () => {
  let ownMs = 0;
  const clock = createSourceClock(() => ownMs);
  clock.observe(10_000);
  ownMs += 700_000;
  clock.observe(705_000);
  assert.equal(clock.now(), 705_000);
});
