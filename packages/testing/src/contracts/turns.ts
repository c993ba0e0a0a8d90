import assert from "node:assert/strict";
import { test } from "node:test";
import type { Turns } from "@deskmirror/redis";
import { uniqueName } from "./unique-name.ts";

/** What all turns do. */
export function turnsContract(turnsOf: (limit: number) => Turns): void {
  test("up to the limit have their turn at once, later ones a minute after those before them, in order", async () => {
    const source = uniqueName();
    const turns = turnsOf(3);
    const waits: number[] = [];
    for (let index = 0; index < 8; index++) waits.push(await turns.waitMs(source, { id: `w${index}`, size: 1 }));
    assert.deepEqual(waits.slice(0, 3), [0, 0, 0]);
    for (const wait of waits.slice(3, 6)) assert.ok(wait > 59_000 && wait <= 60_000, String(wait));
    for (const wait of waits.slice(6)) assert.ok(wait > 119_000 && wait <= 120_000, String(wait));
    assert.equal(await turns.waitMs(uniqueName(), { id: "w0", size: 1 }), 0);
    const again = await turns.waitMs(source, { id: "w7", size: 1 });
    assert.ok(again > 119_000 && again <= waits[7]!, "work keeps its place when it asks again");
  });

  test("large work takes as many turns, and all of them where it is larger than the limit", async () => {
    const source = uniqueName();
    const turns = turnsOf(10);
    assert.equal(await turns.waitMs(source, { id: "a", size: 6 }), 0);
    assert.ok((await turns.waitMs(source, { id: "b", size: 5 })) > 59_000);
    // It comes after what asked before, even where there would be room: else large work would wait for ever.
    assert.ok((await turns.waitMs(source, { id: "c", size: 1 })) > 59_000);
    assert.ok((await turns.waitMs(source, { id: "d", size: 400 })) > 119_000);
  });
}
