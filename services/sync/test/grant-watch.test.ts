import assert from "node:assert/strict";
import { test } from "node:test";
import { PermanentError, TransientError } from "@deskmirror/model";
import type { Source } from "@deskmirror/model";
import { watchGrant } from "../src/mirror/grant-watch.ts";

const how = { purpose: "heal", signal: new AbortController().signal } as const;

test("F14: a refused grant is remembered until Zoho answers again; other errors say nothing of it", async () => {
  let answer: Error | null = null;
  const list = async () => {
    if (answer !== null) throw answer;
    return [];
  };
  const page = async () => Promise.reject(answer ?? new TransientError("late"));
  const { source, refusal } = watchGrant({ subscriptions: { list }, page } as unknown as Source);
  const say = async (error: Error | null, ask: () => Promise<unknown>): Promise<string | null> => {
    answer = error;
    await ask().catch(() => {});
    return refusal();
  };
  const ask = () => source.subscriptions.list(how);
  assert.equal(await say(null, ask), null);
  for (const code of ["invalid_code", "INVALID_OAUTH"]) {
    assert.equal(await say(new PermanentError("refused", { code }), () => source.page("tickets", {}, how)), "refused");
    assert.equal(await say(new TransientError("late"), ask), "refused");
    assert.equal(await say(new PermanentError("no scope", { code: "SCOPE_MISMATCH" }), ask), null);
    assert.equal(await say(new PermanentError("refused", { code }), ask), "refused");
    assert.equal(await say(null, ask), null);
  }
});
