import assert from "node:assert/strict";
import { test } from "node:test";
import { batch, tombstone, upsert } from "./changes.ts";
import type { Contents } from "./contents.ts";

/** What must be asked for. */
export function doubtTests({ sink, prepared, doubtsOf }: Contents): void {
  test("a contradiction is raised once and settled by a later GET only", async () => {
    const { tickets } = await prepared();
    const seen = (subject: string, currentMs: number): ReturnType<typeof upsert> =>
      upsert("1", { origin: "event", modifiedMs: 10, currentMs, core: { id: "1", subject } });
    await sink().write(batch(tickets, seen("a", 11)));
    const raised = await sink().write(batch(tickets, seen("b", 12)));
    assert.deepEqual([raised.outcomes, raised.doubts], [["doubt"], 1]);
    const [doubt] = await doubtsOf(tickets);
    assert.deepEqual([doubt?.key, doubt?.stream, doubt?.afterMs], ["1", "tickets", 12]);
    assert.ok(Math.abs(doubt!.sinceMs - Date.now()) < 60_000);

    const answer = (currentMs: number): ReturnType<typeof upsert> =>
      upsert("1", { origin: "get", modifiedMs: 10, currentMs, core: { id: "1", subject: "b" }, aliveMs: currentMs });
    await sink().write(batch(tickets, answer(12)));
    assert.equal((await doubtsOf(tickets)).length, 1, "an answer that may be older settles nothing");
    await sink().write(batch(tickets, upsert("1", { modifiedMs: 10, currentMs: 13, core: { id: "1", subject: "b" } })));
    assert.equal((await doubtsOf(tickets)).length, 1, "a list row settles nothing");
    await sink().write(batch(tickets, answer(13)));
    assert.deepEqual(await doubtsOf(tickets), []);

    const again = await sink().write(batch(tickets, seen("b", 12), seen("a", 11)));
    assert.equal(again.doubts, 0);
    assert.deepEqual(await doubtsOf(tickets), []);
    const other = await sink().write(batch(tickets, seen("c", 20)));
    assert.equal(other.doubts, 1, "another content is another contradiction");
  });

  test("a doubt keeps its age and the later time to answer, and a proven absence settles it", async () => {
    const { tickets, agents } = await prepared();
    const doubt = { key: "1", parentId: null, afterMs: 5, contradiction: null };
    await sink().addDoubts(tickets, [doubt, { ...doubt, key: "2" }, { ...doubt, afterMs: 8, parentId: "p" }]);
    await sink().addDoubts(agents, [{ ...doubt, key: "3" }]);
    const [before1] = await doubtsOf(tickets);
    await sink().addDoubts(tickets, [{ ...doubt, afterMs: 7 }]);
    const found = await doubtsOf(tickets);
    const lines = found.map(({ key, stream, afterMs, parentId }) => `${key} ${stream} ${afterMs} ${parentId}`);
    assert.deepEqual(lines.toSorted(), ["1 tickets 8 p", "2 tickets 5 null", "3 agents 5 null"]);
    assert.equal(found.find(({ key }) => key === "1")?.sinceMs, before1?.sinceMs);
    assert.equal((await sink().doubts(tickets.source, 2)).length, 2);
    await sink().write(batch(tickets, tombstone("1", 9, "get"), tombstone("2", 9, "bin")));
    assert.deepEqual((await doubtsOf(tickets)).map(({ key }) => key).toSorted(), ["2", "3"]);
  });

  test("without modified time, detail is due until a GET and doubted when the core changed after it", async () => {
    const { agents } = await prepared();
    const listed = (currentMs: number, name: string): ReturnType<typeof upsert> =>
      upsert("1", {
        modifiedMs: currentMs,
        core: { id: "1", subject: name },
        detail: { mail: "m" },
        provisional: true,
      });
    await sink().write(batch(agents, listed(10, "ann"), upsert("2", { modifiedMs: 1, core: { id: "2" } })));
    assert.deepEqual(
      (await sink().detailDue(agents, 10)).map(({ key }) => key),
      ["1", "2"],
    );
    await sink().write(batch(agents, listed(11, "anna")));
    assert.deepEqual(await doubtsOf(agents), [], "it is due anyway");
    const got = upsert("1", {
      origin: "get",
      modifiedMs: 12,
      core: { id: "1", subject: "anna" },
      detail: { mail: "w" },
    });
    await sink().write(batch(agents, got));
    assert.equal((await sink().count(agents)).full, 1);
    await sink().write(batch(agents, listed(13, "anna")));
    assert.deepEqual(await doubtsOf(agents), [], "the core is the same");
    assert.equal((await sink().write(batch(agents, listed(14, "anja")))).doubts, 1);
    assert.deepEqual(
      (await doubtsOf(agents)).map(({ key, afterMs }) => [key, afterMs]),
      [["1", 14]],
    );
    assert.deepEqual(
      (await sink().detailDue(agents, 10)).map(({ key }) => key),
      ["2"],
    );
  });

  test("detail that is older than its core is due, newest core first, and counts are numbers", async () => {
    const { tickets } = await prepared();
    const core = { id: "x" };
    assert.deepEqual(await sink().count(tickets), { rows: 0, deleted: 0, full: 0, lastChangeMs: null });
    await sink().write(
      batch(
        tickets,
        upsert("full", { modifiedMs: 9, core, detail: { n: 1 } }),
        upsert("old", { modifiedMs: 1, core }),
        upsert("new", { modifiedMs: 3, core, detail: { n: 1 }, provisional: true }),
        upsert("dead", { modifiedMs: 2, core }),
        tombstone("dead", 5),
      ),
    );
    assert.deepEqual(
      (await sink().detailDue(tickets, 10)).map(({ key }) => key),
      ["new", "old"],
    );
    assert.deepEqual(
      (await sink().detailDue(tickets, 1)).map(({ key }) => key),
      ["new"],
    );
    const { lastChangeMs, ...counts } = await sink().count(tickets);
    assert.deepEqual(counts, { rows: 3, deleted: 1, full: 1 });
    assert.ok(Math.abs(lastChangeMs! - Date.now()) < 60_000);
  });
}
