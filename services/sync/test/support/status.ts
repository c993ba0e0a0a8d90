import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pair } from "../pair.ts";

/** Status of a source as far as tests look at it (contract section 4). */
export interface SourceStatus {
  readonly state: string;
  readonly tables: readonly {
    readonly name: string;
    readonly state: string;
    readonly rows: number;
    readonly pull: { readonly startedAt: string } | null;
  }[];
  readonly gaps: readonly { readonly from: string; readonly reason: string; readonly state: "open" | "closed" }[];
  readonly ledger: Readonly<Record<string, number>>;
}

/** Status of a source. */
export async function statusOf({ call }: Pair, name = "acme"): Promise<SourceStatus> {
  const { status, body } = await call("GET", `/sources/${name}/status`);
  assert.equal(status, 200, JSON.stringify(body));
  return body as SourceStatus;
}

/** Waits until something holds, a minute at most; what throws does not hold. */
export async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  let last: unknown = null;
  for (const endMs = performance.now() + timeoutMs; performance.now() < endMs; await sleep(250)) {
    try {
      if (await holds()) return;
      last = null;
    } catch (error) {
      last = error;
    }
  }
  assert.fail(`it did not come to pass that ${what}${last instanceof Error ? `: ${last.message}` : ""}`);
}

/** Waits until nothing of a source is in flight and every table is live. */
export async function settle(pair: Pair, name = "acme"): Promise<void> {
  let last: unknown = null;
  await until("all is applied and live", async () => {
    const status = await statusOf(pair, name);
    last = status;
    return status.state === "live" && status.ledger["inFlight"] === 0;
  }).catch((error: unknown) => assert.fail(`${String(error)} ${JSON.stringify(last)}`));
}

/** Waits until source and sink are equal by `verify`; nothing is asked of sync beside. */
export async function equal(pair: Pair, name = "acme"): Promise<void> {
  let verdict: unknown = null;
  await until(
    "source and sink are equal",
    async () => {
      verdict = await pair.run(`/sources/${name}/verify`);
      return (verdict as { readonly equal: boolean }).equal;
    },
    90_000,
  ).catch((error: unknown) => assert.fail(`${String(error)} ${JSON.stringify(verdict)}`));
}
