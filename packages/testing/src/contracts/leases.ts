import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Leases } from "@deskmirror/model";
import { uniqueName } from "./unique-name.ts";

const brief = { ttlMs: 300, keepAlive: false };

/** What all leases do. */
export function leasesContract(leases: Leases): void {
  test("of many that want a lease one gets it, and the next holder has a larger epoch", async () => {
    const name = uniqueName();
    const wanted = await Promise.all(Array.from({ length: 20 }, () => leases.acquire(name, brief)));
    const [first, ...others] = wanted.filter((lease) => lease !== null);
    assert.ok(first !== undefined && others.length === 0);
    await first.release();
    const second = await leases.acquire(name, brief);
    assert.ok(second !== null && second.epoch > first.epoch);
    await second.release();
  });

  test("a lease that is not renewed ends for its holder no later than for the others", async () => {
    const name = uniqueName();
    const lease = await leases.acquire(name, brief);
    assert.ok(lease !== null);
    const waking = setTimeout(() => {}, 5_000);
    await once(lease.signal, "abort");
    clearTimeout(waking);
    assert.equal(await lease.renew(), false);
    await sleep(30);
    assert.ok((await leases.acquire(name, brief)) !== null);
  });

  test("a renewed lease lasts its full time again", async () => {
    const name = uniqueName();
    const lease = await leases.acquire(name, brief);
    assert.ok(lease !== null);
    await sleep(200);
    assert.equal(await lease.renew(), true);
    await sleep(200);
    assert.equal(lease.signal.aborted, false);
    assert.equal(await leases.acquire(name, brief), null);
  });

  test("a lease that is kept alive stands until it is released", async () => {
    const name = uniqueName();
    const lease = await leases.acquire(name, { ttlMs: 200, keepAlive: true });
    assert.ok(lease !== null);
    await sleep(700);
    assert.equal(lease.signal.aborted, false);
    assert.equal(await leases.acquire(name, brief), null);
    await lease.release();
    assert.ok((await leases.acquire(name, brief)) !== null);
  });
}
