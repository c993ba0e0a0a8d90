import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { breachKinds, changeKinds, defaultSettings, faultKinds, forgeries } from "../src/index.ts";

const padded = await readFile(new URL("../../../docs/emulator.md", import.meta.url), "utf8");
const document = padded.replaceAll(/ +/g, " ");
const here = new URL("./", import.meta.url);

async function titles(): Promise<Set<string>> {
  const files = (await readdir(here)).filter((name) => name.endsWith(".test.ts"));
  const sources = await Promise.all(files.map((name) => readFile(new URL(name, here), "utf8")));
  const found = sources.flatMap((source) =>
    [...source.matchAll(/^test\(\s*"((?:[^"\\]|\\.)*)"/gm)].map(([, title = ""]) => title.replaceAll('\\"', '"')),
  );
  return new Set(found);
}

test("docs/emulator.md names for each of the 47 items, and for search, tests that exist", async () => {
  const existing = await titles();
  const rows = [...document.matchAll(/^\| (\d+|search) \| (.+) \|$/gm)].map(([, item = "", title = ""]) => ({
    item,
    title,
  }));
  for (const { item, title } of rows) {
    assert.ok(existing.has(title), `the test "${title}" exists`);
    if (item !== "search") assert.match(title, new RegExp(`^item ${item}:`));
  }
  const items = new Set(rows.map((row) => row.item));
  assert.deepEqual(items, new Set([...Array.from({ length: 47 }, (_none, index) => String(index + 1)), "search"]));
  for (const title of existing) {
    const item = /^item (\d+):/.exec(title)?.[1];
    if (item !== undefined)
      assert.ok(
        rows.some((row) => row.title === title),
        `"${title}" stands in the document`,
      );
  }
});

test("docs/emulator.md names every setting with its default, every fault, breach, forgery and kind of change", () => {
  for (const [name, value] of Object.entries(defaultSettings)) {
    assert.ok(document.includes(`| \`${name}\` | \`${JSON.stringify(value).replaceAll("|", "\\|")}\` |`), name);
  }
  for (const name of [...faultKinds, ...breachKinds, ...forgeries, ...Object.keys(changeKinds)])
    assert.ok(document.includes(`\`${name}\``), name);
});
