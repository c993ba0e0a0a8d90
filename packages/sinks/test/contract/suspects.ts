import assert from "node:assert/strict";
import { test } from "node:test";
import type { Suspect } from "@deskmirror/model";
import { batch, tombstone, upsert } from "./changes.ts";
import type { Contents } from "./contents.ts";

const suspect = (key: string, afterMs = 5): Suspect => ({ key, parentId: null, afterMs });
const day = (ms: number): number => Date.UTC(2026, 0, 1) + ms;

/** Live rows that listings do not show. */
export function suspectTests({ sink, prepared, doubtsOf }: Contents): void {
  const doubted = async (table: Parameters<typeof doubtsOf>[0]): Promise<readonly string[]> =>
    (await doubtsOf(table)).map(({ key }) => key).toSorted();
  const suspects = () => sink().suspects;

  test("live rows of a span that a listing lacks are its suspects, except those that are set aside", async () => {
    const { tickets } = await prepared();
    const created = (key: string, ms: number, aside = false): ReturnType<typeof upsert> =>
      upsert(key, {
        modifiedMs: 10,
        aliveMs: 7,
        core: { id: key },
        detail: { createdTime: new Date(day(ms)).toISOString(), ...(aside && { isArchived: true }) },
      });
    await sink().write(
      batch(
        tickets,
        created("before", 0),
        created("first", 1),
        created("shown", 2),
        created("aside", 3, true),
        created("dead", 4),
        created("lost", 5),
        created("after", 6),
        upsert("timeless", { modifiedMs: 10, core: { id: "timeless" } }),
      ),
    );
    await sink().write(batch(tickets, tombstone("dead", 20)));
    const shown = { listing: 3, fromMs: day(1), toMs: day(6), keys: ["shown"], asideKey: "isArchived" };
    const page = (change: object = {}) => ({ ...batch(tickets), shown: [{ ...shown, ...change }] });
    await sink().write(page());
    assert.equal(await suspects().count(tickets, 3), 2);
    assert.equal(await suspects().count(tickets, 2), 0);
    assert.deepEqual(await doubted(tickets), [], "a listing that is not over raises no doubt");
    await sink().write(page({ keys: ["shown", "first"] }));
    assert.equal(await suspects().count(tickets, 3), 1, "what a later page shows is no suspect");
    await sink().write(page({ keys: [], asideKey: null, fromMs: day(2) }));
    await suspects().end(tickets, 3, "ask");
    assert.deepEqual(await doubted(tickets), ["aside", "lost", "shown"]);
    assert.equal((await doubtsOf(tickets))[0]?.afterMs, 7);
  });

  test("a listing that ends forgets what only others lacked", async () => {
    const { tickets } = await prepared();
    await suspects().add(tickets, 1, [suspect("1"), suspect("2")]);
    await suspects().add(tickets, 2, [suspect("2"), suspect("3")]);
    assert.deepEqual([await suspects().count(tickets, 1), await suspects().count(tickets, 2)], [1, 2]);
    await suspects().end(tickets, 2, "ask");
    assert.deepEqual(await doubted(tickets), ["2", "3"]);
    assert.equal(await suspects().count(tickets, 1), 0);
    assert.deepEqual(await suspects().held(tickets.source), []);
  });

  test("held rows raise no doubt before a person decides, and keep the time since when they are held", async () => {
    const { tickets, agents } = await prepared();
    const keys = Array.from({ length: 22 }, (_, index) => String(index).padStart(2, "0"));
    await suspects().add(
      tickets,
      1,
      keys.map((key) => suspect(key)),
    );
    await suspects().add(agents, 1, [suspect("a")]);
    await suspects().end(tickets, 1, "hold");
    await suspects().end(agents, 1, "hold");
    const [ofAgents, ofTickets] = await suspects().held(tickets.source);
    assert.deepEqual([ofAgents?.stream, ofAgents?.count, ofAgents?.keys], ["agents", 1, ["a"]]);
    assert.deepEqual([ofTickets?.stream, ofTickets?.count, ofTickets?.keys], ["tickets", 22, keys.slice(0, 20)]);
    assert.ok(Math.abs(ofTickets!.sinceMs - Date.now()) < 60_000);
    assert.deepEqual(await suspects().held("nobody"), []);
    assert.deepEqual(await doubted(tickets), []);

    await suspects().add(tickets, 2, [suspect("00"), suspect("01")]);
    await suspects().end(tickets, 2, "hold");
    const [, again] = await suspects().held(tickets.source);
    assert.deepEqual([again?.count, again?.sinceMs], [2, ofTickets?.sinceMs]);

    assert.equal(await suspects().decide(tickets, "ask"), 2);
    assert.deepEqual(await doubted(tickets), ["00", "01"]);
    assert.equal(await suspects().decide(tickets, "ask"), 0);
    assert.equal(await suspects().decide(agents, "forget"), 1);
    assert.deepEqual(await suspects().held(tickets.source), []);
    assert.equal(await suspects().count(agents, 1), 0);
  });

  test("a listing that lacks few rows asks for those that were held too", async () => {
    const { tickets } = await prepared();
    await suspects().add(tickets, 1, [suspect("1"), suspect("2")]);
    await suspects().end(tickets, 1, "hold");
    await suspects().add(tickets, 2, [suspect("2")]);
    await suspects().end(tickets, 2, "ask");
    assert.deepEqual(await doubted(tickets), ["2"]);
    assert.deepEqual(await suspects().held(tickets.source), []);
  });

  test("a doubt that came from a listing can be held, another cannot", async () => {
    const { tickets } = await prepared();
    await suspects().add(tickets, 1, [suspect("1")]);
    await suspects().end(tickets, 1, "ask");
    await sink().addDoubts(tickets, [{ ...suspect("2"), contradiction: null }]);
    assert.deepEqual([await suspects().hold(tickets, "1"), await suspects().hold(tickets, "2")], [true, false]);
    assert.deepEqual(await doubted(tickets), ["2"]);
    assert.deepEqual(
      (await suspects().held(tickets.source)).map(({ keys }) => keys),
      [["1"]],
    );
  });

  test("an answer settles the suspect with its doubt", async () => {
    const { tickets } = await prepared();
    await suspects().add(tickets, 1, [suspect("1"), suspect("2")]);
    await suspects().end(tickets, 1, "hold");
    const answer = (key: string, currentMs: number) =>
      upsert(key, { origin: "get", modifiedMs: 4, currentMs, aliveMs: currentMs, core: { id: key } });
    await sink().write(batch(tickets, answer("1", 6), answer("2", 5)));
    assert.deepEqual(
      (await suspects().held(tickets.source)).map(({ keys }) => keys),
      [["2"]],
    );
  });

  test("a row that an event or the bin proves dead is held no longer", async () => {
    const { tickets } = await prepared();
    await sink().write(
      batch(tickets, ...["1", "2", "3"].map((key) => upsert(key, { modifiedMs: 4, core: { id: key } }))),
    );
    await suspects().add(tickets, 1, [suspect("1"), suspect("2"), suspect("3")]);
    await suspects().end(tickets, 1, "hold");
    await sink().write(batch(tickets, tombstone("1", 6, "event"), tombstone("2", 7, "bin"), tombstone("3", 3, "bin")));
    assert.deepEqual(
      (await suspects().held(tickets.source)).map(({ keys }) => keys),
      [["3"]],
      "an older tombstone proves nothing",
    );
  });

  test("a doubt that is open keeps its age and time when a listing lacks its row", async () => {
    const { tickets } = await prepared();
    await sink().addDoubts(tickets, [{ ...suspect("1", 9), contradiction: null }]);
    await suspects().add(tickets, 1, [suspect("1", 5)]);
    await suspects().end(tickets, 1, "ask");
    assert.deepEqual(
      (await doubtsOf(tickets)).map(({ key, afterMs }) => [key, afterMs]),
      [["1", 9]],
    );
  });
}
