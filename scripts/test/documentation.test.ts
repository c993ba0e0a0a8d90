import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createMemoryThrottle, createMemoryTokens, testDataSource } from "@deskmirror/testing";
import { createZohoDesk, missingScopes } from "@deskmirror/zoho-desk";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

function inMemory() {
  const { store, leases } = createMemoryTokens();
  return { tokens: store, leases, throttle: createMemoryThrottle() };
}

/** A row of docs/invariants.md, of either table: ends in the file and the title of its test. */
function invariants(): readonly { readonly file: string; readonly title: string }[] {
  const rows = read("docs/invariants.md").matchAll(/^\|.*\|\s*`([^`|]+\.ts)`\s*\|\s*([^|]+?)\s*\|$/gm);
  return [...rows].map(([, file = "", title = ""]) => ({ file, title }));
}

test("every test that docs/invariants.md names exists in the file it names", () => {
  const rows = invariants();
  assert.ok(rows.length >= 40);
  for (const { file, title } of rows) assert.ok(read(file).includes(`"${title}"`), `${file} has no test "${title}"`);
});

/** Pages whose every table row ends in the test that holds it: `file`: words of its title, or of the row of its table of cases. */
const referencePages = readdirSync(join(root, "docs/reference")).map((page) => `docs/reference/${page}`);

for (const page of referencePages) {
  test(`every row of ${page} names a test that exists`, () => {
    const rows = [...read(page).matchAll(/^\|(.+)\|$/gm)].map(([, row = ""]) => row.split(" | ").at(-1)!.trim());
    const held = rows.filter((cell) => cell !== "held by" && !/^[- |]+$/.test(cell));
    assert.ok(held.length > 0);
    for (const cell of held) {
      const [, file = "", title = ""] = /^`([^`]+)`: (.+)$/.exec(cell) ?? assert.fail(`${page}: "${cell}" is no test`);
      assert.ok(/\.test\.ts$|\/contract\//.test(file) && read(file).includes(title), `${file} has no test "${title}"`);
    }
  });
}

test("each of I1 to I12 is in docs/invariants.md, with its test or among the gaps", () => {
  const text = read("docs/invariants.md");
  for (let number = 1; number <= 12; number++) assert.match(text, new RegExp(`\\bI${number}\\b`));
});

test("docs/reference/tables.md says of every table how its changes are found", () => {
  const [tables = ""] = read("docs/reference/tables.md").split("| column or view");
  const rows = [...tables.matchAll(/^\| `(\w+)`\s*\|[^|]*\|[^|]*\|([^|]*)\|/gm)];
  const said = new Map(rows.map(([, table = "", found = ""]) => [table, found.trim()]));
  const { streams } = createZohoDesk({ source: testDataSource(), ...inMemory() });
  for (const { name, hasEvents, hasChangedSince, polled, parent } of streams) {
    const found = [
      hasEvents ? "events" : "",
      hasChangedSince ? "reconcile" : "",
      parent === "tickets" ? "changes of its ticket" : "",
      polled ? "compare" : "",
    ];
    assert.equal(said.get(name), found.filter((word) => word !== "").join(", "), name);
  }
  assert.equal(said.size, 30);
});

test("docs/reference/metrics.md has every metric of the code, and no other", () => {
  const files = globSync("services/*/src/**/*.ts", { cwd: root });
  const named = files.flatMap((file) => [...read(file).matchAll(/\bdeskmirror_\w+/g)].map(([name]) => name));
  const rows = [...read("docs/reference/metrics.md").matchAll(/^\| `(\w+)`/gm)].map(([, name = ""]) => name);
  assert.ok(named.length > 9);
  assert.deepEqual(rows.toSorted(), [...new Set(named)].toSorted());
});

test("the scopes of README allow every table", () => {
  const [scopes = ""] = /^ *Desk\.[\w.,]+$/m.exec(read("README.md")) ?? [];
  const missing = missingScopes({ scopes: scopes.trim().split(",") });
  assert.equal(missing.size, 30);
  for (const [table, reason] of missing) assert.equal(reason, null, `${table}: ${reason}`);
});

test("every relative link of README, CONTRIBUTING and docs leads to a file", () => {
  for (const page of [
    "README.md",
    "CONTRIBUTING.md",
    "docs/invariants.md",
    "docs/decisions.md",
    "docs/emulator.md",
    ...referencePages,
  ]) {
    const folder = join(root, page, "..");
    for (const [, link = ""] of read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (!/^https?:/.test(link))
        assert.ok(existsSync(join(folder, link)), `${page} links to ${link}, which is not there`);
    }
  }
});
