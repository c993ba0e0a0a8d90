import assert from "node:assert/strict";
import { test } from "node:test";
import type { Naming } from "@deskmirror/model";
import { readForeign } from "../src/foreign/read-foreign.ts";
import { asked, createWorld } from "./support/world.ts";

const ID = "410000000101001";

const record = (stream: string, key = ID): Naming => ({ kind: "record", streams: [stream], key });
const ticket = (ticketNumber: string): Naming => ({ kind: "ticket-number", ticketNumber });

/** Every module whose records have an id, as Zoho writes it. */
const modules: readonly (readonly [module: string, stream: string])[] = [
  ["Tickets", "tickets"],
  ["Contacts", "contacts"],
  ["Accounts", "accounts"],
  ["Tasks", "tasks"],
  ["Calls", "calls"],
  ["Events", "events"],
  ["Products", "products"],
  ["Contracts", "contracts"],
  ["Articles", "articles"],
  ["Solutions", "articles"],
  ["Agents", "agents"],
  ["Departments", "departments"],
];

for (const [module, stream] of modules) {
  test(`${module} is named by module and id, in JSON, form and on the URL, in the singular too`, () => {
    const one = module.slice(0, -1);
    for (const name of [module, one, module.toUpperCase(), one.toLowerCase()]) {
      assert.deepEqual(readForeign(JSON.stringify({ module: name, id: ID }), null), record(stream));
      assert.deepEqual(readForeign(`module=${name}&id=${ID}`, null), record(stream));
      assert.deepEqual(readForeign(JSON.stringify({ id: ID }), name), record(stream));
      assert.deepEqual(readForeign(`A record was changed: ${ID}`, name), record(stream));
    }
    const key = `${one.toLowerCase()}Id`;
    assert.deepEqual(readForeign(JSON.stringify({ [key]: ID }), null), record(stream), key);
    assert.deepEqual(readForeign(JSON.stringify({ [`${one.toLowerCase()}_id`]: Number(ID) }), null), record(stream));
  });
}

const bodies: readonly (readonly [what: string, body: string, naming: Naming])[] = [
  ["a custom function of a comment", `{"ticketId":"${ID}","eventType":"ticket_comment_add"}`, record("tickets")],
  ["an id beyond 2^53 as a number", '{"ticketId":351081000000192027}', record("tickets", "351081000000192027")],
  ["a record inside another", `{"data":{"ticket":{"ticketId":"${ID}"}}}`, record("tickets")],
  ["a ticket of a contact", `{"contactId":"410000000000009","ticketId":"${ID}"}`, record("tickets")],
  ["a contact of an account", `{"contactId":"${ID}","accountId":"410000000000009"}`, record("contacts")],
  ["a ticket number in JSON", '{"ticketNumber":128,"departmentId":"410000000000009"}', ticket("128")],
  ["a ticket number where an id should be", '{"module":"Tickets","id":"128"}', ticket("128")],
  ["a Cliq message with a number", '{"text":"Ticket #128 was closed by Ana"}', ticket("128")],
  ["Zoho's tag of a subject", "Re: Printer on fire [## 128 ##]", ticket("128")],
  ["a labelled number", "Ticket Number: 128\nStatus: Open", ticket("128")],
  ["a number alone", " 128 ", ticket("128")],
  ["a form with a text", "text=Ticket+%23128+is+late", ticket("128")],
  ["a ticket's label before another number", "Invoice #9 of ticket 128", ticket("128")],
];

for (const [what, body, naming] of bodies) {
  test(`${what} is understood`, () => assert.deepEqual(readForeign(body, null), naming));
}

test("an id that nothing says the module of is looked for in all of them, as a ticket first", () => {
  const url = `https://desk.zoho.com/support/acme/ShowHomePage.do#Cases/dv/${ID}`;
  for (const body of [`{"id":"${ID}"}`, `{"text":"see ${url}"}`, url, `Call +49 170 1234567 about ${ID}`]) {
    const naming = readForeign(body, null);
    assert.ok(naming.kind === "record", body);
    assert.deepEqual([naming.key, naming.streams[0]], [ID, "tickets"]);
    assert.ok(["contacts", "tasks", "articles"].every((stream) => naming.streams.includes(stream)));
  }
});

test("a module on the URL is believed where the body's is none", () => {
  assert.deepEqual(readForeign(`{"module":"Helpdesk","id":"${ID}"}`, "Contacts"), record("contacts"));
  assert.deepEqual(readForeign(`{"module":"Tasks","id":"${ID}"}`, "Contacts"), record("tasks"));
});

const nothing: readonly (readonly [what: string, body: string, module: string | null, message: RegExp])[] = [
  ["an unknown module", `{"module":"Invoices","id":"${ID}"}`, null, /Invoices is no module/],
  ["a child of a ticket, which needs its ticket", `{"id":"${ID}"}`, "ticket_comments", /ticket_comments is no module/],
  ["a text without a number", "the printer is on fire", null, /names a record/],
  ["a time in ms and a phone number", "call +491701234567 at 1772352000123", null, /names a record/],
  ["a contact's number, which is no id", "128", "Contacts", /names a record/],
  ["an empty object", "{}", null, /names a record/],
  ["null", "null", null, /names a record/],
];

for (const [what, body, module, message] of nothing) {
  test(`${what} names nothing, and the message says what to send`, () => {
    const naming = readForeign(body, module);
    assert.ok(naming.kind === "nothing", JSON.stringify(naming));
    assert.match(naming.message, message);
    assert.match(naming.message, /\?module=/);
  });
}

test("a ticket is found by its number and by no other", async () => {
  const { desk, zoho } = await createWorld({ tickets: 40 });
  const { key, detail } = desk.store.records("tickets").find(({ deleted, archived }) => !deleted && !archived)!;
  const ticketNumber = detail["ticketNumber"];
  assert.ok(typeof ticketNumber === "string");
  assert.equal(await zoho.findTicket(ticketNumber, asked), key);
  assert.equal(await zoho.findTicket("99999999", asked), null);
  await desk.close();
});
