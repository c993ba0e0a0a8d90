import assert from "node:assert/strict";
import { test } from "node:test";
import { startPair } from "./pair.ts";

const pair = await startPair({ edition: "free", tickets: 5, latencyMs: 0 });

test("where the edition has no webhooks, status says so and Zoho is not asked each time", async () => {
  await pair.call("POST", "/sources", pair.newSource("acme", { tables: ["contacts"] }));
  const refused = await pair.call("POST", "/sources/acme/webhook");
  assert.equal(refused.status, 422);
  const { requests } = pair.desk.stats.snapshot();
  for (let look = 0; look < 3; look++) {
    const { webhook } = (await pair.call("GET", "/sources/acme/status")).body as {
      readonly webhook: { readonly id: string | null; readonly state: string; readonly message: string };
    };
    assert.deepEqual([webhook.id, webhook.state], [null, "unavailable"]);
    assert.match(webhook.message, /this edition allows no more webhooks.*rely on reconcile/);
  }
  const after = pair.desk.stats.snapshot().requests;
  for (const call of ["GET /webhooks", "POST /webhooks"]) assert.equal(after[call], requests[call]);
});
