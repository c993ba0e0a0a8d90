import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CreditsError, PURPOSES } from "@deskmirror/model";
import fc from "fast-check";
import { createThrottle } from "../src/throttle.ts";
import { testConnection, testRedis, uniqueName } from "./redis.ts";

const connection = await testConnection(await testRedis());
const { signal } = new AbortController();

test("whatever requests cost and however their answers overtake each other, the reserve is never touched", async () => {
  const day = fc.record({
    credits: fc.integer({ min: 60, max: 400 }),
    reserve: fc.constantFrom(0, 0.25, 0.4, 0.9),
    concurrency: fc.integer({ min: 1, max: 8 }),
    limitIsKnown: fc.boolean(),
    requests: fc.array(
      fc.record({
        weight: fc.constantFrom(1, 3, 3, 3, 5, 10),
        tookMs: fc.nat({ max: 6 }),
        purpose: fc.constantFrom(...PURPOSES),
      }),
      { minLength: 20, maxLength: 60 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(day, async ({ credits, reserve, concurrency, limitIsKnown, requests }) => {
      // The dearest kind of request is known from the day before, as it is in practice.
      const dearest = 10;
      let remaining = credits + dearest;
      let inFlight = 0;
      const throttle = createThrottle({
        connection,
        organization: uniqueName("com:"),
        settings: () => ({ concurrency, reserve, dailyLimit: limitIsKnown ? credits : null }),
      });
      const send = async ({ weight, tookMs }: { weight: number; tookMs: number }) => {
        assert.ok(++inFlight <= concurrency);
        await sleep(tookMs);
        remaining -= weight;
        const said = remaining;
        await sleep(tookMs % 3);
        inFlight--;
        return { value: null, usage: { weight, remaining: said, refused: null, retryAfterMs: null } };
      };
      await throttle.run("live", signal, () => send({ weight: dearest, tookMs: 0 }));
      const ends = await Promise.allSettled(
        requests.map((request) => throttle.run(request.purpose, signal, () => send(request))),
      );
      await throttle.close();
      assert.ok(remaining >= reserve * credits, `${remaining} of ${credits} left`);
      for (const end of ends) {
        if (end.status === "rejected") assert.ok(end.reason instanceof CreditsError, String(end.reason));
      }
      const wanted = requests.reduce((sum, { weight }) => sum + weight, 0);
      const refused = ends.filter(({ status }) => status === "rejected").length;
      if (refused > 0)
        assert.ok(credits - wanted < reserve * credits + dearest, "refused although it could be afforded");
    }),
    { numRuns: 20, endOnFailure: true },
  );
});
