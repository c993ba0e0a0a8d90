import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openStage, until } from "./support/pair.ts";
import type { Stage } from "./support/pair.ts";

let stage: Stage;
before(async () => {
  stage = await openStage({ tickets: 400, latencyMs: 2 });
  await stage.add("acme", "--tables contacts");
  await stage.run("pull acme --wait");
  // A record whose detail is still to come is asked for anyway, and so found out.
  await until("every detail is there", async () => {
    const status = JSON.parse((await stage.run("status acme --json")).out) as Status;
    return status.tables.every(({ rows, full }) => rows === full);
  });
});

interface Status {
  readonly tables: readonly { readonly rows: number; readonly full: number }[];
}
after(() => stage.stop());

test("held deletes are listed, confirmed and written, and the table is equal after", async () => {
  assert.equal((await stage.run("deletes list acme")).out, "No deletes are held.\n");
  const { desk } = stage;
  const gone = [...desk.store.records("contacts")].filter((_, index) => index % 2 === 0);
  for (const { key } of gone) desk.store.purge("contacts", key);
  // The search shows it only then.
  desk.clock.advance(10 * 60_000);
  const first = await stage.attempt("pull acme --restart --wait");
  assert.equal(first.code, 1);
  assert.match(first.out, /^contacts: The listing lacks \d+ of the \d+ rows here; it is read again/m);
  await stage.run("pull acme --restart --wait");
  assert.match((await stage.run("status acme")).out, /rows are listed no more and are held/);
  const { out } = await stage.run("deletes list acme");
  assert.match(out, new RegExp(`^table +rows +since +ids\ncontacts +${gone.length} +2\\S+ +\\d+ \\d+ \\d+ …$`, "m"));
  assert.equal((await stage.attempt("deletes confirm acme calls")).code, 1);
  assert.equal((await stage.run("deletes confirm acme contacts")).out, "The held deletes of contacts are confirmed.\n");
  await until("they are written", async () => (await stage.attempt("verify acme")).code === 0);
  assert.equal((await stage.run("deletes list acme")).out, "No deletes are held.\n");
});
