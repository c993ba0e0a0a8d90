import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openStage, until } from "./support/pair.ts";
import type { Stage } from "./support/pair.ts";

let stage: Stage;
before(async () => {
  stage = await openStage({ tickets: 20, latencyMs: 2 });
  await stage.add("acme", "--tables tickets,contacts,calls");
});
after(() => stage.stop());

/** What `--json` printed: one JSON text and nothing else. */
const json = async <T>(argv: string): Promise<T> => JSON.parse((await stage.run(`${argv} --json`)).out) as T;

interface Source {
  readonly name: string;
  readonly serviceUrl: string;
  readonly tables: readonly string[];
  readonly throttle: { readonly reserve: number; readonly concurrency: number | null };
  readonly authorized: boolean;
  readonly paused: boolean;
  readonly error?: { readonly code: string };
}

describe("a source", () => {
  test("is added with its secret from stdin and its code from the environment, and says what is next", async () => {
    const { out, err } = await stage.add("one", "--tables contacts --reserve 0.25 --concurrency 3");
    assert.match(out, /^name +one$/m);
    assert.match(out, /^authorized +yes$/m);
    assert.match(out, new RegExp(`^service URL +${stage.ingest}/hooks/\\S+$`, "m"));
    assert.match(err, /^Warning: .*port/m);
    assert.match(
      err,
      /^Next: npx deskmirror webhook register one, once PUBLIC_URL .*80 or 443.*\nThen: npx deskmirror test one$/m,
    );
    assert.ok(!`${out}${err}`.includes(stage.desk.clientSecret));
    const { throttle } = await json<Source>("source show one");
    assert.deepEqual([throttle.reserve, throttle.concurrency], [0.25, 3]);
  });

  test("takes its secrets from files and from a person too, and waits for authorize without a code", async () => {
    const { desk } = stage;
    const file = join(stage.folder, "secret");
    await writeFile(file, `${desk.clientSecret}\n`);
    const where = `--org-id ${desk.orgId} --client-id ${desk.clientId} --accounts-url ${desk.url} --desk-url ${desk.url}`;
    const { err } = await stage.run(`source add two --tables contacts ${where} --client-secret-file ${file}`);
    assert.match(err, /^Next: npx deskmirror authorize two$/m);
    assert.equal((await json<Source>("source show two")).authorized, false);
    const asked = await stage.run("authorize two", { typed: [desk.generateCode()] });
    assert.equal(asked.out, "two is authorized.\n");
    assert.match(asked.err, /^The generated code: \(hidden\)\nNext: npx deskmirror webhook register two\nThen: /m);
    const typed = await stage.run(`source add three --tables contacts ${where} --client-secret --code`, {
      typed: [desk.clientSecret, desk.generateCode()],
    });
    assert.match(typed.err, /^The client secret: \(hidden\)\nThe generated code: \(hidden\)$/m);
    assert.equal((await json<Source>("source show three")).authorized, true);
  });

  test("is listed and shown", async () => {
    const { out } = await stage.run("source list");
    assert.match(out, /^source +organization +data center +mode/);
    assert.match(out, new RegExp(`^acme +${stage.desk.orgId} +com +document +yes +no +none +sqlite:`, "m"));
    const { items } = await json<{ readonly items: readonly Source[] }>("source list");
    assert.ok(items.some(({ name }) => name === "acme"));
  });

  test("is changed only where it is told, and given back to a default", async () => {
    await stage.run("source set acme --reserve 0.3 --concurrency 2");
    await stage.run("source set acme --concurrency default --reconcile-seconds 600");
    const { throttle, tables } = await json<Source>("source show acme");
    assert.deepEqual(throttle, { concurrency: null, reserve: 0.3, dailyCredits: null });
    assert.deepEqual(tables, ["tickets", "contacts", "calls"]);
  });

  test("is copied with a service URL of its own", async () => {
    const copy = await json<Source>("source copy one copied");
    assert.equal(copy.name, "copied");
    assert.notEqual(copy.serviceUrl, (await json<Source>("source show one")).serviceUrl);
  });

  test("gets a new service URL, which is all that is printed", async () => {
    const before = (await json<Source>("source show one")).serviceUrl;
    const { out } = await stage.run("source rotate-url one --grace-seconds 0");
    assert.equal(out, `${(await json<Source>("source show one")).serviceUrl}\n`);
    assert.notEqual(out.trim(), before);
    assert.equal((await fetch(before)).status, 410);
  });

  test("is removed once its name is typed, not for another answer, and with --yes", async () => {
    const refused = await stage.attempt("source remove one", { typed: ["yes"] });
    assert.equal(refused.code, 1);
    assert.match(refused.err, /Nothing was removed/);
    assert.match((await stage.run("source remove one", { typed: ["one"] })).out, /^one is removed\./);
    assert.equal((await stage.attempt("source show one")).code, 1);
    await stage.run("source remove copied --yes");
  });
});

interface Run {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
}

interface Status {
  readonly state: string;
  readonly tables: readonly { readonly name: string; readonly state: string }[];
  readonly ledger: { readonly accepted: number; readonly applied: number; readonly deadLettered: number };
}

const statusOf = (name: string): Promise<Status> => json<Status>(`status ${name}`);

describe("the work of a source", () => {
  test("has not begun: status says so in a line, and what is next; --json has every table", async () => {
    const { out } = await stage.run("status acme");
    assert.match(out, /^Nothing was pulled yet\. Next: npx deskmirror plan acme .*npx deskmirror pull acme --wait$/m);
    assert.ok(!out.includes("pending"), out);
    const { tables } = await statusOf("acme");
    assert.equal(tables.filter(({ state }) => state === "pending").length, 3);
  });

  test("is a webhook at Zoho", async () => {
    assert.match(
      (await stage.run("webhook register acme")).out,
      /^Webhook \d+ of acme is active, \d+ kinds of events\.$/m,
    );
  });

  test("is a test of its connection, which warns of what may be and fails for what is not", async () => {
    const { out } = await stage.run("test acme");
    assert.match(out, /^ok +token +\S/m);
    assert.match(out, /^ok +sink +\S/m);
    const { result } = await json<{ readonly result: { readonly checks: readonly unknown[] } }>("test acme");
    assert.ok(result.checks.length > 3);
  });

  test("is a plan of what a pull costs", async () => {
    const { out } = await stage.run("plan acme");
    assert.match(out, /^table +rows +calls +credits +time\n/);
    assert.match(out, /^tickets +\d+ +\d+ +\d+ +\d/m);
    assert.match(out, /^all +\d+/m);
  });

  test("is a pull, which gives its run at once, or its end with --wait", async () => {
    assert.ok((await json<{ readonly runId: string }>("pull acme")).runId.length > 0);
    const { out } = await stage.run("pull acme --wait");
    for (const table of ["tickets", "contacts", "calls"])
      assert.match(out, new RegExp(`^${table} +\\d+ .*complete$`, "m"));
    const run = await json<Run>("pull acme --wait --tables contacts");
    assert.deepEqual([run.kind, run.state], ["pull", "done"]);
    await until("acme is live", async () => (await statusOf("acme")).state === "live");
  });

  test("is a round of reconcile", async () => {
    assert.match((await stage.run("reconcile acme --tables contacts")).out, /^contacts +0 +\d+ +\d+ +complete$/m);
  });

  test("is a comparison, which ends with 0 when equal", async () => {
    const { out } = await stage.run("verify acme --sample 5");
    assert.match(out, /^tickets +\d+ +\d+ +\d+ +equal$/m);
    assert.match(out, /^Equal after 1 look\.$/m);
  });

  test("stops and goes on", async () => {
    assert.match((await stage.run("pause acme")).out, /^acme is paused/);
    const refused = await stage.attempt("pull acme");
    assert.equal(refused.code, 1);
    assert.match(refused.err, /^Error: acme is paused.*\nWhat to do: .*resume/m);
    assert.match((await stage.run("resume acme")).out, /^acme goes on/);
  });

  test("is shown by status: of one source, or of all", async () => {
    const { out } = await stage.run("status acme");
    assert.match(out, /^acme is live$/m);
    assert.match(out, /^webhook +active \(\d+\)/m);
    assert.match(out, /^credits +[\d,]+ of [\d,]+ left, reserve 30 %/m);
    assert.match(out, /^tickets +live +\d+ +\d+/m);
    const all = await stage.run("status");
    for (const name of ["acme", "two", "three"]) assert.match(all.out, new RegExp(`^${name} is `, "m"));
    const lines = (await stage.run("status --json")).out.trim().split("\n");
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as Source).name),
      ["acme", "three", "two"],
    );
  });

  test("is watched until Ctrl-C, which is no failure", async () => {
    const stop = new AbortController();
    const watching = stage.attempt("status acme --watch --interval 0.2 --json", { signal: stop.signal });
    setTimeout(() => stop.abort(), 1_500);
    const { code, out } = await watching;
    assert.equal(code, 0);
    assert.ok(out.trim().split("\n").length >= 2, out);
  });

  test("goes on when Ctrl-C ends the waiting for it", async () => {
    const stop = new AbortController();
    stage.desk.setLatencyMs(2_000);
    setTimeout(() => stop.abort(), 500);
    const { code, err } = await stage.attempt("pull acme --restart --wait", { signal: stop.signal });
    stage.desk.setLatencyMs(2);
    assert.equal(code, 1);
    assert.match(err, /^Error: The pull goes on without this command; .*npx deskmirror status acme/m);
    await stage.run("pull acme --wait");
  });
});

describe("what is refused", () => {
  const cases: readonly (readonly [title: string, argv: string, said: RegExp])[] = [
    ["an unknown source", "status nobody", /^Error: There is no source nobody\.\nWhat to do: \S/],
    [
      "a table that is not kept",
      "pull acme --tables agents",
      /^Error: agents is not kept.*\nWhat to do: The tables kept/,
    ],
    ["a field out of its range", "source set acme --reserve 7", /^Error: .*reserve.*\nWhat to do: \S/],
    ["a name that is taken", "source copy acme two", /^Error: .*two.*\nWhat to do: \S/],
    [
      "a code that Zoho refuses",
      "authorize acme --code 1000.stale",
      /^Everybody .* can see the generated code .*--code alone asks for it\.\nError: .*invalid_code.*\nWhat to do: \S/,
    ],
    ["an unknown dead letter", "dead-letters show acme.x", /^Error: There is no dead letter acme\.x\.\nWhat to do: \S/],
  ];
  for (const [title, argv, said] of cases) {
    test(`${title} ends with 1 and says what to do`, async () => {
      const { code, out, err } = await stage.attempt(argv);
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err, said);
    });
  }

  test("is the API's own JSON with --json", async () => {
    const { code, out } = await stage.attempt("status nobody --json");
    assert.equal(code, 1);
    assert.equal((JSON.parse(out) as Source).error?.code, "SOURCE_UNKNOWN");
  });

  test("is said once for a wrong token, which is looked for in the environment before .env", async () => {
    await writeFile(join(stage.folder, ".env"), `ADMIN_TOKEN=${stage.env["ADMIN_TOKEN"]}\n`);
    const wrong = await stage.attempt("source list", {
      folder: stage.folder,
      env: { ADMIN_TOKEN: "wrong-but-long-enough-1" },
    });
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /^Error: .*token.*\nWhat to do: \S/i);
    const fromFile = await stage.run("source list", { folder: stage.folder, env: { ADMIN_TOKEN: "" } });
    assert.match(fromFile.out, /^acme /m);
  });
});
