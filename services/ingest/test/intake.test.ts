import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DeliveryGroup } from "@deskmirror/model";
import { createIntake } from "../src/intake.ts";
import { createStore } from "../src/store.ts";
import { makeDelivery } from "./support/groups.ts";

describe("groups", () => {
  test("what sync has yet to verify never shares a group with what may be applied at once", async () => {
    const stored: DeliveryGroup[] = [];
    let ids = 0;
    const intake = createIntake({ createId: () => String(ids++), store: async (group) => void stored.push(group) });
    const deliveries = Array.from({ length: 20 }, (_, n) => {
      const signature = n % 4 === 0 ? "unverified" : "missing";
      return { ...makeDelivery(String(n)), signature } as const;
    });
    await Promise.all(deliveries.map((delivery) => intake.take("acme", delivery)));
    for (const group of stored) assert.equal(new Set(group.deliveries.map(({ signature }) => signature)).size, 1);
    assert.equal(stored.flatMap((group) => group.deliveries).length, 20);
    assert.ok(stored.length <= 4 && stored.every(({ source }) => source === "acme"));
  });

  test("foreign deliveries, which wait for their turns, share groups with their like only, a few together", async () => {
    const stored: DeliveryGroup[] = [];
    let ids = 0;
    const intake = createIntake({ createId: () => String(ids++), store: async (group) => void stored.push(group) });
    const deliveries = Array.from({ length: 80 }, (_, n) => {
      const kind = n % 2 === 0 ? "foreign" : "events";
      return { ...makeDelivery(String(n)), kind } as const;
    });
    await Promise.all(deliveries.map((delivery) => intake.take("acme", delivery)));
    for (const group of stored) assert.equal(new Set(group.deliveries.map(({ kind }) => kind)).size, 1);
    const foreign = stored.filter(({ deliveries: [first] }) => first!.kind === "foreign");
    assert.equal(foreign.flatMap((group) => group.deliveries).length, 40);
    assert.ok(foreign.every((group) => group.deliveries.length <= 16));
  });
});

test("webhookdb #965: a delivery that could not be stored is stored when it is sent again, not known already", async () => {
  const spooled: DeliveryGroup[] = [];
  let isFull = true;
  const store = createStore({
    addToQueue: () => Promise.reject(new Error("Redis is away")),
    health: { state: () => "well", failed: () => {} },
    spool: {
      append: async (group) => {
        if (isFull) throw new Error("ENOSPC");
        spooled.push(group);
      },
    },
    onStored: () => {},
  });
  let ids = 0;
  const intake = createIntake({ createId: () => String(ids++), store });
  const delivery = makeDelivery("1");
  await assert.rejects(intake.take("acme", delivery), /ENOSPC/);
  isFull = false;
  await intake.take("acme", delivery);
  assert.deepEqual(
    spooled.flatMap(({ deliveries }) => deliveries),
    [delivery],
  );
});
