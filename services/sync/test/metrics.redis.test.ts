import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPair } from "./pair.ts";

const pair = await startPair({ tickets: 20, latencyMs: 2 });

/** Our own lines. */
async function metrics(): Promise<string> {
  const text = await (await fetch(`${pair.syncUrl}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => line.startsWith("deskmirror_"))
    .join("\n");
}

/** Reads metrics until a line is there; fails with what was. */
async function until(line: RegExp): Promise<void> {
  let text = "";
  for (let look = 0; look < 50; look++, await sleep(200)) {
    text = await metrics();
    if (line.test(text)) return;
  }
  assert.match(text, line);
}

test("sync tells of events, their lag and signatures, and of every source how it does", async () => {
  await pair.call("POST", "/sources", pair.newSource("acme", { tables: ["contacts"] }));
  await pair.call("POST", "/sources/acme/webhook");
  await until(/^deskmirror_table_live\{source="acme",table="contacts"\} 0$/m);
  await pair.run("/sources/acme/pull");
  await until(/^deskmirror_table_live\{source="acme",table="contacts"\} 1$/m);
  assert.match(await metrics(), /^deskmirror_held_deletes\{source="acme",table="contacts"\} 0$/m);
  assert.match(await metrics(), /^deskmirror_gaps_open\{source="acme"\} 0$/m);

  const [contact] = [...pair.desk.store.records("contacts")].filter(({ deleted }) => !deleted);
  pair.desk.store.update("contacts", contact!.key, { lastName: "Grün" });
  await until(/^deskmirror_events_total\{source="acme",type="Contact_Update",fate="applied"\} 1$/m);
  await until(/^deskmirror_event_lag_seconds_count\{source="acme"\} 1$/m);
  await until(/^deskmirror_signatures_total\{source="acme",state="(valid|unverified)"\} [1-9]/m);
  await until(/^deskmirror_events_in_flight\{source="acme"\} 0$/m);

  const { serviceUrl } = (await pair.call("GET", "/sources/acme")).body as { readonly serviceUrl: string };
  const event = { eventTime: String(Date.now()), orgId: pair.desk.orgId, payload: { id: contact!.key } };
  const send = (eventType: string): Promise<Response> =>
    fetch(serviceUrl, { method: "POST", body: JSON.stringify([{ ...event, eventType }]) });
  await send("Contact_Frobnicate");
  await until(/^deskmirror_dead_letters\{source="acme"\} 1$/m);
  await send("Contact_Update");
  await until(/^deskmirror_events_without_detail_total\{source="acme",type="Contact_Update"\} [1-9]/m);
});
