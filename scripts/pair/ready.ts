import { setTimeout as sleep } from "node:timers/promises";
import { failWhenOneEnds } from "./running.ts";
import type { Running } from "./running.ts";

const POLL_MS = 200;
const TIMEOUT_MS = 60_000;

/** Waits until `/readyz` of each origin answers 200; throws when one is not ready after a minute, or when a program ends meanwhile. */
export async function waitUntilReady(
  origins: readonly string[],
  { running, signal }: { readonly running: readonly Running[]; readonly signal: AbortSignal },
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const ready = Promise.all(origins.map((origin) => waitForOne(origin, either)));
  try {
    await Promise.race([ready, failWhenOneEnds(running)]);
  } finally {
    over.abort();
  }
}

async function waitForOne(origin: string, signal: AbortSignal): Promise<void> {
  const untilMs = Date.now() + TIMEOUT_MS;
  for (;;) {
    const problem = await findProblem(origin, signal);
    if (problem === null) return;
    if (Date.now() > untilMs) throw new Error(`${origin}/readyz is not ready after a minute: ${problem}`);
    await sleep(POLL_MS, null, { signal });
  }
}

async function findProblem(origin: string, signal: AbortSignal): Promise<string | null> {
  try {
    const answer = await fetch(`${origin}/readyz`, { signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) });
    const body = await answer.text();
    return answer.ok ? null : body;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}
