import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { judgeContent } from "@deskmirror/model";

describe("what a body is", () => {
  const bodies: readonly (readonly [what: string, body: string, kind: string, events?: number])[] = [
    ["nothing", "", "empty"],
    ["white space", " \r\n", "empty"],
    ["an empty array", "[]", "empty"],
    ["an empty array with spaces", " [ ] ", "empty"],
    ["events", '[{"eventType":"Ticket_Add"},{"eventType":"X"}]', "events", 2],
    ["elements that are no events", "[1,null]", "events", 2],
    ["integers beyond 2^53", "[123456789012345678901234567890]", "events", 1],
    ["an object", '{"ticketId":"1"}', "foreign", 1],
    ["text", "Ticket 128 is on fire", "foreign", 1],
    ["a form", "module=tickets&id=1", "foreign", 1],
    ["half an array", '[{"eventType":', "foreign", 1],
    ["a null", "null", "foreign", 1],
    ["half a million open brackets", "[".repeat(500_000), "foreign", 1],
    ["half a million nested arrays", "[".repeat(500_000) + "]".repeat(500_000), "events", 1],
  ];
  for (const [what, body, kind, events] of bodies) {
    test(`${what}: ${kind}`, () => {
      assert.deepEqual(judgeContent(body), events === undefined ? { kind } : { kind, events });
    });
  }
});
