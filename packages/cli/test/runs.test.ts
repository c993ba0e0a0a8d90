import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runCli } from "./support/run-cli.ts";
import { withServer } from "./support/server.ts";
import type { Asked, Said } from "./support/server.ts";

const token = { ADMIN_TOKEN: "0f3c9a7be1d24586a0b1c2d3e4f5" };
const startedAt = "2026-11-24T12:00:00.000Z";
const started: Said = { status: 202, text: '{"runId":"r1"}' };

test("waiting for a run outlives a sync that is away for a moment", async () => {
  let looks = 0;
  const result = { tables: [{ name: "tickets", state: "complete", rows: 1, calls: 1, credits: 3, message: null }] };
  const away = { error: { code: "REDIS", message: "Redis is away.", hint: "Wait." } };
  const answer = ({ method }: Asked): Said => {
    if (method === "POST") return started;
    looks += 1;
    if (looks === 1) return null;
    if (looks === 2) return { status: 503, text: JSON.stringify(away) };
    return JSON.stringify({ id: "r1", kind: "pull", state: "done", startedAt, result });
  };
  await withServer(answer, async (url) => {
    const { code, out } = await runCli(["pull", "a", "--wait"], { env: { DESKMIRROR_URL: url, ...token } });
    assert.equal(code, 0);
    assert.match(out, /^tickets +1 +1 +3 +complete$/m);
  });
});

/** A run that ends in a way, and the exit code. */
const ends: readonly (readonly [
  title: string,
  argv: string,
  state: string,
  result: object,
  code: number,
  said: RegExp,
])[] = [
  [
    "a run that failed",
    "verify a",
    "failed",
    { error: { code: "X", message: "Desk is away.", hint: "Wait." } },
    1,
    /Error: Desk is away\.\nWhat to do: Wait\./,
  ],
  [
    "an incomplete table",
    "pull a --wait",
    "done",
    { tables: [{ name: "t", state: "incomplete", rows: 1, calls: 1, credits: 3, message: null }] },
    1,
    /incomplete/,
  ],
  [
    "a failed check",
    "test a",
    "done",
    { checks: [{ name: "sink", state: "fail", message: "is away", hint: "Start it." }] },
    1,
    /FAIL {2}sink {2}is away\n.*→ Start it\./,
  ],
  [
    "a doubtful check",
    "test a",
    "done",
    { checks: [{ name: "scopes", state: "warn", message: "few", hint: "Add." }] },
    0,
    /warn {2}scopes/,
  ],
  [
    "an unequal sink",
    "verify a",
    "done",
    {
      equal: false,
      looks: 3,
      tables: [
        { name: "t", source: 2, sink: 1, detailDue: 0, missing: ["1", "2", "3", "4"], extra: [], different: [] },
      ],
    },
    1,
    /missing: 1 2 3 …\n\nNOT equal after 3 looks\./,
  ],
];

describe("the end of a run is told, and in the exit code:", () => {
  for (const [title, argv, state, result, code, said] of ends) {
    test(title, async () => {
      const answer = ({ method }: Asked): Said =>
        method === "POST" ? started : JSON.stringify({ id: "r1", kind: "any", state, startedAt, result });
      await withServer(answer, async (url) => {
        const env = { DESKMIRROR_URL: url, ...token };
        const ran = await runCli(argv.split(" "), { env });
        assert.equal(ran.code, code);
        assert.match(`${ran.out}${ran.err}`, said);
        const json = await runCli([...argv.split(" "), "--json"], { env });
        assert.equal(json.code, code);
        assert.deepEqual((JSON.parse(json.out) as { readonly result: object }).result, result);
      });
    });
  }
});

describe("held deletes", () => {
  test("are listed, confirmed and refused", async () => {
    const item = { table: "tickets", count: 1_200, ids: ["1", "2", "3", "4"], since: startedAt };
    const answer = ({ method }: Asked): Said => JSON.stringify(method === "GET" ? { items: [item] } : {});
    const asked = await withServer(answer, async (url) => {
      const env = { DESKMIRROR_URL: url, ...token };
      const { out } = await runCli(["deletes", "list", "a"], { env });
      assert.match(out, /^table +rows +since +ids\ntickets +1,200 +2026-\S+ +1 2 3 …$/m);
      assert.match((await runCli(["deletes", "confirm", "a", "tickets"], { env })).out, /tickets are confirmed\./);
      assert.match((await runCli(["deletes", "refuse", "a", "tickets"], { env })).out, /tickets are refused/);
    });
    assert.deepEqual(
      asked.map(({ method, path, body }) => `${method} ${path} ${body}`),
      [
        "GET /api/sources/a/deletes ",
        'POST /api/sources/a/deletes/confirm {"table":"tickets"}',
        'POST /api/sources/a/deletes/refuse {"table":"tickets"}',
      ],
    );
  });
});
