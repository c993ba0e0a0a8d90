import assert from "node:assert/strict";
import { test } from "node:test";
import { startDesk } from "./support/desk.ts";

test("as set, the profile hides keys in lists and details, and the edition lacks modules and has a name", async () => {
  const desk = await startDesk({ settings: { hiddenKeys: ["email"], pathsOutsideEdition: ["/contracts"] } });
  const { key } = desk.any("contacts");
  const detail = await desk.call(`/contacts/${key}`);
  assert.deepEqual([detail.status, "email" in detail.body, "phone" in detail.body], [200, false, true]);
  const { rows } = await desk.call("/contacts");
  assert.ok(rows.length > 0 && rows.every((row) => !("email" in row) && "phone" in row));
  assert.equal((await desk.call("/organizations")).rows[0]?.["edition"], "ENTERPRISE");
  desk.emulator.settings.editionName = "GALAXY";
  assert.equal((await desk.call("/organizations")).rows[0]?.["edition"], "GALAXY");
  for (const path of ["/contracts", "/contracts/count"]) {
    const refused = await desk.call(path);
    assert.deepEqual([refused.status, refused.body["errorCode"]], [403, "LICENSE_ACCESS_LIMITED"]);
  }
});
