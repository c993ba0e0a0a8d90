import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { openStage, until } from "./support/pair.ts";
import type { Stage } from "./support/pair.ts";

let stage: Stage;
before(async () => {
  stage = await openStage({ tickets: 20, latencyMs: 2 });
  await stage.add("acme", "--tables tickets,contacts,calls");
  await stage.add("two", "--tables contacts");
  await stage.run("webhook register acme");
  await stage.run("pull acme --wait");
});
after(() => stage.stop());

/** What `--json` printed: one JSON text and nothing else. */
const json = async <T>(argv: string): Promise<T> => JSON.parse((await stage.run(`${argv} --json`)).out) as T;

describe("dead letters", () => {
  interface Letters {
    readonly items: readonly { readonly id: string; readonly reason: string }[];
  }
  const letters = (): Promise<Letters> => json<Letters>("dead-letters list --source acme");
  const send = async (eventType: string): Promise<void> => {
    const { serviceUrl } = await json<{ readonly serviceUrl: string }>("source show acme");
    const event = { eventType, eventTime: String(Date.now()), orgId: stage.desk.orgId, payload: { id: "1" } };
    const answer = await fetch(serviceUrl, { method: "POST", body: JSON.stringify([event]) });
    assert.equal(answer.status, 200);
  };

  test("are listed, shown with their body, replayed and discarded", async () => {
    assert.equal((await stage.run("dead-letters list --source acme")).out, "No dead letters.\n");
    await send("Ticket_Frobnicate");
    await until("the letter is there", async () => (await letters()).items.length === 1);
    const { out } = await stage.run("dead-letters list --source acme --reason unknown-event");
    assert.match(out, /^id +received +event +table +key +reason +attempts +bytes +message\n/);
    const [{ id } = assert.fail("no letter")] = (await letters()).items;
    const shown = await stage.run(`dead-letters show ${id}`);
    assert.match(shown.out, /^event +Ticket_Frobnicate$/m);
    assert.match(shown.out, /^\[?\{"eventType":"Ticket_Frobnicate"/m);
    assert.equal((await stage.run(`dead-letters replay ${id}`)).out, `${id} is replayed.\n`);
    await until("it is dead again", async () => (await letters()).items.length === 1);
    const [again = assert.fail("no letter")] = (await letters()).items;
    assert.equal((await stage.run(`dead-letters discard ${again.id}`)).out, `${again.id} is discarded.\n`);
    assert.equal((await letters()).items.length, 0);
  });

  test("are replayed by selection, and only counted in a dry run", async () => {
    await send("Ticket_Frobnicate");
    await send("Contact_Frobnicate");
    await until("both letters are there", async () => (await letters()).items.length === 2);
    assert.equal(
      (await stage.run("dead-letters replay --source acme --dry-run")).out,
      "2 dead letters would be replayed.\n",
    );
    assert.equal((await stage.run("dead-letters replay --source two")).out, "0 dead letters replayed.\n");
    assert.equal((await stage.run("dead-letters replay --all")).out, "2 dead letters replayed.\n");
  });

  test("come page by page", async () => {
    await until("both letters are back", async () => (await letters()).items.length === 2);
    const first = await stage.run("dead-letters list --source acme --limit 1");
    const { next } = await json<{ readonly next: string }>("dead-letters list --source acme --limit 1");
    assert.ok(first.out.includes(`There are more: --cursor ${JSON.stringify(next)}`), first.out);
  });

  test("make doctor say so, and status count them", async () => {
    const { code, out } = await stage.attempt("doctor");
    assert.equal(code, 1);
    assert.match(out, /^FAIL +acme: dead letters +2 wait for you\n +→ .*dead-letters list --source acme/m);
    assert.match((await stage.run("status acme")).out, /dead letters 2,/);
    for (const { id } of (await letters()).items) await stage.run(`dead-letters discard ${id}`);
  });
});

describe("doctor", () => {
  test("finds nothing wrong with one source that is well, and ends with 0", async () => {
    await stage.run("source remove two --yes");
    const { out } = await stage.run("doctor");
    for (const name of ["sync", "sync: redis", "token", "acme", "acme: webhook", "acme: tables", "acme: gaps"]) {
      assert.match(out, new RegExp(`^ok +${name} `, "m"));
    }
    assert.match(out, /^Nothing is wrong\.$/m);
  });

  test("says which webhook is not registered, and how to register it", async () => {
    await stage.run("webhook remove acme");
    const { code, out } = await stage.attempt("doctor");
    assert.equal(code, 1);
    assert.match(out, /^FAIL +acme: webhook .*\n +→ Run: npx deskmirror webhook register acme$/m);
  });

  test("prints its checks as JSON, nothing else", async () => {
    const { out } = await stage.attempt("doctor --json");
    const { checks } = JSON.parse(out) as {
      readonly checks: readonly { readonly name: string; readonly state: string }[];
    };
    assert.ok(checks.some(({ name, state }) => name === "acme: webhook" && state === "fail"));
  });

  test("says that the token is wrong", async () => {
    const { code, out } = await stage.attempt("doctor", { env: { ADMIN_TOKEN: "wrong-but-long-enough-1" } });
    assert.equal(code, 1);
    assert.match(out, /^FAIL +token /m);
  });
});

test("verify ends with 1 when the sink was changed behind our back, and names the row", async () => {
  interface Status {
    readonly tables: readonly { readonly rows: number; readonly full: number }[];
  }
  // A row whose detail is still to come would be written again.
  await until("every detail is there", async () =>
    (await json<Status>("status acme")).tables.every(({ rows, full }) => rows === full),
  );
  const database = new DatabaseSync(stage.database);
  const { id } = database.prepare("select id from acme_contacts limit 1").get() as { readonly id: string };
  database.prepare("delete from acme_contacts where id = ?").run(id);
  database.close();
  const { code, out } = await stage.attempt("verify acme --tables contacts");
  assert.equal(code, 1);
  assert.match(out, new RegExp(`^contacts +\\d+ +\\d+ +\\d+ +missing: ${id}$`, "m"));
  assert.match(out, /^NOT equal after \d looks\.$/m);
});
