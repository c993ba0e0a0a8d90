import assert from "node:assert/strict";
import { test } from "node:test";
import { TransientError } from "@deskmirror/model";
import type { Removal } from "@deskmirror/redis";
import { createLog } from "@deskmirror/runtime";
import { createMemoryTokens, testDataSource } from "@deskmirror/testing";
import { createWebhookRemover } from "../src/remove-webhooks.ts";

const HOUR_MS = 3_600_000;

function setUp(isRefusing: () => boolean) {
  const at = { ms: 5_000_000 };
  const kept = new Map<string, Removal>();
  const tries: number[] = [];
  const { leases } = createMemoryTokens();
  const remover = () =>
    createWebhookRemover({
      registry: {
        removals: async () => [...kept.values()],
        async setRemoval(removal, nextMs) {
          const { name } = removal.source;
          if (nextMs === null) kept.delete(name);
          else kept.set(name, { ...removal, nextMs });
        },
      },
      leases,
      async removeWebhook() {
        tries.push(at.ms);
        if (isRefusing()) throw new TransientError("out of reach");
      },
      now: () => at.ms,
      log: createLog({ service: "sync", level: "silent" }),
      signal: new AbortController().signal,
    });
  function add(name: string): void {
    kept.set(name, { source: testDataSource({ name, webhookId: "w" }), sinceMs: at.ms, nextMs: at.ms });
  }
  return { at, kept, tries, add, leases, remover };
}

test("A23: a webhook is removed at the first look, once, by whichever process comes first", async () => {
  const { kept, tries, add, remover } = setUp(() => false);
  add("acme");
  await Promise.all([remover()(), remover()()]);
  assert.equal(tries.length, 1);
  assert.equal(kept.size, 0);
});

test("A23: what fails is tried for 24 h after growing pauses, by any process, and then given up", async () => {
  const { at, kept, tries, add, remover } = setUp(() => true);
  add("acme");
  const startMs = at.ms;
  for (; at.ms <= startMs + 30 * HOUR_MS; at.ms += 5_000) await remover()();
  const after = tries.map((ms) => (ms - startMs) / 1_000);
  assert.deepEqual(after.slice(0, 6), [0, 10, 20, 40, 80, 160]);
  assert.ok(after.length < 40, String(after.length));
  assert.ok(after.at(-1)! >= 24 * 3_600 && after.at(-1)! <= 25 * 3_600, String(after.at(-1)));
  assert.equal(kept.size, 0);
});
