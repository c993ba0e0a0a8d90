import assert from "node:assert/strict";
import { test } from "node:test";
import type { SubscriptionLook, SubscriptionLooks } from "@deskmirror/redis";
import { uniqueName } from "./unique-name.ts";

/** What everything that keeps the last look at a subscription does. */
export function looksContract(looks: SubscriptionLooks): void {
  const look: SubscriptionLook = {
    state: "active",
    message: null,
    events: ["Ticket_Add"],
    goodMs: 2,
    sinceMs: 1,
    failures: 0,
    nextMs: 3,
  };

  test("a look is known until it is forgotten, and may be made due at once", async () => {
    const source = uniqueName();
    assert.equal(await looks.read(source), null);
    await looks.hurry(source);
    assert.equal(await looks.read(source), null);
    await looks.write(source, look);
    assert.deepEqual(await looks.read(source), look);
    await looks.hurry(source);
    assert.deepEqual(await looks.read(source), { ...look, nextMs: 0 });
    await looks.forget(source);
    assert.equal(await looks.read(source), null);
  });
}
