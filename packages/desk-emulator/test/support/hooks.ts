import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { shown } from "../../src/json.ts";
import type { Row } from "../../src/index.ts";
import type { TestDesk } from "./desk.ts";
import { startReceiver, type ReceivedEvent, type Receiver } from "./receiver.ts";

/** Webhooks of a Desk that are gone after each test. */
export interface Hooks {
  readonly listen: (subscriptions: Row, more?: Row) => Promise<Receiver>;
  /** Everything a receiver got, once nothing is on its way. */
  readonly eventsOf: (receiver: Receiver) => Promise<ReceivedEvent[]>;
  /** Ids of the webhooks of the running test. */
  readonly ids: () => readonly string[];
}

/** Subscribes to a Desk, and unsubscribes after each test. */
export function createHooks(desk: TestDesk): Hooks {
  let hooks: string[] = [];
  afterEach(async () => {
    for (const id of hooks) await desk.call(`/webhooks/${id}`, { method: "DELETE" });
    hooks = [];
  });
  return {
    ids: () => hooks,
    async listen(subscriptions, more = {}) {
      const receiver = await startReceiver();
      const made = await desk.post("/webhooks", { url: receiver.url, subscriptions, ...more });
      assert.equal(made.status, 200, made.text);
      hooks.push(shown(made.body["id"]));
      return receiver;
    },
    async eventsOf(receiver) {
      await desk.emulator.webhookControls.idle();
      return receiver.events();
    },
  };
}
