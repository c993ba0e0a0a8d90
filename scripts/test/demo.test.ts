import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { describeTickets } from "../demo/explain.ts";
import { countChanges, formatVerdict, isListed } from "../demo/progress.ts";
import { createScreen } from "../demo/screen.ts";

describe("progress", () => {
  const table = {
    name: "t",
    state: "pulling",
    rows: 0,
    expected: null,
    full: 0,
    deleted: 0,
    watermark: null,
    pull: null,
    message: null,
  };
  const startedAt = "2026-11-24T19:00:00.000Z";
  const cases = [
    ["a table not begun is not listed", table, false],
    ["a running listing is not at its end", { ...table, pull: { state: "running", startedAt } }, false],
    ["a complete listing is", { ...table, pull: { state: "complete", startedAt } }, true],
    ["so is one that could not be proven", { ...table, pull: { state: "incomplete", startedAt } }, true],
    ["a disabled table is not waited for", { ...table, state: "disabled" }, true],
  ] as const;
  for (const [title, status, expected] of cases) test(title, () => assert.equal(isListed(status), expected));

  test("every kind of change counts once", () => {
    const counts = { ticketCreate: 1, commentAdd: 2, ticketMove: 3, ticketRestore: 4, commentDelete: 5 };
    assert.deepEqual(countChanges(counts), { creates: 3, updates: 7, deletes: 5 });
  });

  test("a verdict names up to three rows of each kind that are not equal", () => {
    const equal = { name: "a", source: 1, sink: 1, detailDue: 0, missing: [], extra: [], different: [] };
    const tables = [equal, { ...equal, name: "b", missing: ["1", "2", "3", "4"], different: ["5"] }];
    const text = formatVerdict({ equal: false, looks: 4, tables });
    assert.match(text, /^a .* equal$/m);
    assert.match(text, /^b .* missing: 1 2 3 …, different: 5$/m);
  });
});

test("every ticket of the Desk is accounted for: listed, archived or deleted", () => {
  const table = { state: "live", expected: null, full: 0, watermark: null, pull: null, message: null };
  const tables = [
    { ...table, name: "tickets", rows: 470, deleted: 6 },
    { ...table, name: "archived_tickets", rows: 24, deleted: 0 },
  ];
  assert.match(
    describeTickets({ tables }),
    /^500 tickets: 470 rows of tickets, 24 of archived_tickets, and 6 deleted, still in tickets/,
  );
});

describe("the screen", () => {
  function record(terminal: { readonly isTTY: boolean; readonly rows: number }) {
    const written: string[] = [];
    const screen = createScreen({ ...terminal, write: (text: string) => written.push(text) > 0 });
    return { written, screen };
  }

  test("redraws in a terminal that holds the text", () => {
    const { written, screen } = record({ isTTY: true, rows: 10 });
    screen.show("a\nb", "s");
    screen.show("c\nd", "s");
    assert.deepEqual(written, ["a\nb\n", "\u001b[2F\u001b[0Jc\nd\n"]);
  });

  test("prints a line for each new summary where it cannot redraw", () => {
    for (const terminal of [
      { isTTY: true, rows: 2 },
      { isTTY: false, rows: 0 },
    ]) {
      const { written, screen } = record(terminal);
      for (const summary of ["s", "s", "t"]) screen.show("a\nb", summary);
      assert.deepEqual(written, ["s\n", "t\n"]);
    }
  });
});
