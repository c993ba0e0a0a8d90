import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stream } from "@deskmirror/model";
import { duePull, isBinDue, isReconcileDue, isStillToBePulled, tableLife } from "../src/mirror/due-work.ts";
import type { TableFacts } from "../src/mirror/due-work.ts";
import { NO_PROGRESS } from "../src/mirror/progress.ts";
import type { Pull } from "../src/mirror/progress.ts";
import { complete, facts, running, stream } from "./support/table-facts.ts";

const polled: Stream = { ...stream, name: "teams", polled: true, hasChangedSince: false };
const child: Stream = { ...stream, name: "ticket_threads", perTicket: true, hasChangedSince: false };

const incomplete: Pull = { ...complete, state: "incomplete", message: "why" };
const long: Pull = { ...incomplete, finishedMs: 101_000 };

const done = { ...NO_PROGRESS, pull: complete, completedMs: 2_000, reconciledMs: 3_000 };

const pulls: readonly [string, Partial<TableFacts>, ReturnType<typeof duePull>][] = [
  ["nothing was asked", { asked: 0 }, null],
  ["it was asked and never begun", {}, "asked"],
  ["a pull is under way", { progress: { ...NO_PROGRESS, pull: running } }, "resume"],
  ["a restart was asked", { asked: 2, progress: done }, "asked"],
  ["it is complete", { progress: done, nowMs: 604_801_000 }, null],
  ["it is complete and older than the sweep", { progress: done, nowMs: 604_802_000 }, "compare"],
  ["it is polled and young", { stream: polled, progress: done }, null],
  ["it is polled and old", { stream: polled, progress: done, nowMs: 21_602_000 }, "compare"],
  ["it is a child and younger than the sweep", { stream: child, progress: done, nowMs: 21_602_000 }, null],
  ["it is a child and older than the sweep", { stream: child, progress: done, nowMs: 604_802_000 }, "compare"],
  ["it fell short less than a minute ago", { progress: { ...done, pull: incomplete }, nowMs: 61_000 }, null],
  ["it fell short a minute ago", { progress: { ...done, pull: incomplete }, nowMs: 62_000 }, "compare"],
  [
    "it fell short and has not rested nine times as long as it took",
    { progress: { ...done, pull: long }, nowMs: 998_000 },
    null,
  ],
  [
    "it fell short and has rested nine times as long as it took",
    { progress: { ...done, pull: long }, nowMs: 1_001_000 },
    "compare",
  ],
];
for (const [why, change, expected] of pulls) {
  test(`a pull is ${expected === null ? "not due" : `due (${expected})`} when ${why}`, () => {
    assert.equal(duePull(facts(change)), expected);
  });
}

const rounds: readonly [string, Partial<TableFacts>, boolean][] = [
  ["the table was never complete", { progress: { ...NO_PROGRESS, pull: incomplete } }, false],
  ["no round followed the pull", { watermarkMs: 1, progress: { ...done, reconciledMs: null } }, true],
  ["the last round is older than the pull", { watermarkMs: 1, progress: { ...done, reconciledMs: 1_500 } }, true],
  ["the last round is young", { watermarkMs: 1, progress: done }, false],
  ["the interval is over", { watermarkMs: 1, progress: done, nowMs: 903_000 }, true],
  [
    "there is no modified-since query",
    { watermarkMs: 1, stream: polled, progress: { ...done, reconciledMs: null } },
    false,
  ],
  ["a pull is under way", { watermarkMs: 1, progress: { ...done, pull: running, reconciledMs: null } }, false],
];
for (const [why, change, expected] of rounds) {
  test(`reconcile is ${expected ? "due" : "not due"} when ${why}`, () => {
    assert.equal(isReconcileDue(facts(change)), expected);
  });
}

const lives: readonly [string, Partial<TableFacts>, ReturnType<typeof tableLife>][] = [
  ["nothing was read", {}, "pending"],
  ["the first pull is under way", { progress: { ...NO_PROGRESS, pull: running } }, "pulling"],
  ["the first pull fell short", { progress: { ...NO_PROGRESS, pull: incomplete } }, "incomplete"],
  ["the pull is complete and no round followed", { progress: { ...done, reconciledMs: null } }, "pulling"],
  ["a round followed the complete pull", { progress: done }, "live"],
  ["it is read again while the last reading holds", { progress: { ...done, pull: running } }, "live"],
  ["the second reading fell short", { progress: { ...done, pull: incomplete } }, "incomplete"],
  ["it is polled and the compare is young", { stream: polled, progress: done }, "live"],
  ["it is polled and the compare is too old", { stream: polled, progress: done, nowMs: 43_203_000 }, "incomplete"],
];
for (const [why, change, expected] of lives) {
  test(`a table is ${expected} when ${why}`, () => {
    assert.equal(tableLife(facts(change)), expected);
  });
}

const halfRead: Pull = { ...running, parentsAfter: "3", parentsUntil: "5" };
const still: readonly [string, Partial<TableFacts>, string, boolean][] = [
  ["no pull was asked for", { asked: 0 }, "7", false],
  ["the pull has not begun", {}, "7", true],
  ["the pull is not there yet", { progress: { ...NO_PROGRESS, pull: halfRead } }, "7", true],
  ["the pull has planned it", { progress: { ...NO_PROGRESS, pull: halfRead } }, "3", false],
  ["the pull is planning it", { progress: { ...NO_PROGRESS, pull: halfRead } }, "5", false],
  [
    "the pull is planning the last",
    { progress: { ...NO_PROGRESS, pull: { ...halfRead, parentsUntil: null } } },
    "7",
    false,
  ],
  ["the pull has planned all", { progress: { ...NO_PROGRESS, pull: running } }, "7", false],
  ["the pull is over", { progress: done }, "7", false],
];
for (const [why, change, key, expected] of still) {
  test(`a record's children are ${expected ? "left to the pull" : "read at once"} when ${why}`, () => {
    assert.equal(isStillToBePulled(facts({ stream: child, ...change }), key), expected);
  });
}

test("the bin is due whole when no table saw it whole within the sweep's interval", () => {
  const read = facts({ progress: { ...done, binReadMs: 1_000 }, nowMs: 604_801_000 });
  const never = facts({ nowMs: 604_801_000 });
  assert.equal(isBinDue([never]), true);
  assert.equal(isBinDue([read]), true);
  assert.equal(isBinDue([never, facts({ progress: { ...done, binReadMs: 1_001 }, nowMs: 604_801_000 })]), false);
});
