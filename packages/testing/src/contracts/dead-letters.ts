import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeadLetter } from "@deskmirror/model";
import type { DeadLetters } from "@deskmirror/redis";
import { uniqueName } from "./unique-name.ts";

/** What everything that keeps dead letters does; `all` gives those of a source. */
export function deadLettersContract(given: {
  readonly letters: Pick<DeadLetters, "add" | "refusedRows">;
  readonly all: (source: string) => Promise<readonly Pick<DeadLetter, "attempts">[]>;
}): void {
  const { letters, all } = given;
  const write = (source: string, id: string, attempts: number): DeadLetter => ({
    id,
    source,
    events: 1,
    receivedMs: Date.now(),
    eventType: null,
    table: "tickets",
    key: "1",
    reason: "sink",
    message: "refused",
    attempts,
    body: "[]",
  });

  test("a letter that comes twice is one, with the most attempts of both", async () => {
    const source = uniqueName();
    await letters.add([write(source, "d1.0", 1), write(source, "d2.0", 1)]);
    await letters.add([write(source, "d1.0", 3)]);
    await letters.add([write(source, "d1.0", 2)]);
    assert.deepEqual(new Set((await all(source)).map(({ attempts }) => attempts)), new Set([1, 3]));
  });

  test("pulled rows that the sink refused are counted by table, each once", async () => {
    const source = uniqueName();
    await letters.add([write(source, "pull:tickets:1", 1), write(source, "pull:tickets:2", 1)]);
    await letters.add([write(source, "pull:tickets:1", 2), write(source, "d3.0", 1)]);
    assert.deepEqual(await letters.refusedRows(source), new Map([["tickets", 2]]));
    assert.deepEqual(await letters.refusedRows(uniqueName()), new Map());
  });
}
