import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const example = readFileSync(".env.example", "utf8");
const named = new Set(Array.from(example.matchAll(/^([A-Z_]+)=/gm), ([, name = ""]) => name));

function assertNamed(names: Iterable<string>): void {
  const wanted = new Set(names);
  assert.ok(wanted.size > 10);
  assert.deepEqual([...wanted.difference(named)], []);
}

test(".env.example names every variable of docs/reference/environment.md", () => {
  const page = readFileSync("docs/reference/environment.md", "utf8");
  const rows = page.matchAll(/^\| (`.+?) *\|/gm);
  assertNamed(
    Array.from(rows).flatMap(([, cell = ""]) => Array.from(cell.matchAll(/`([A-Z_]+)`/g), ([, name = ""]) => name)),
  );
});

test(".env.example names every variable that docker-compose.yml reads", () => {
  const compose = readFileSync("docker-compose.yml", "utf8");
  assertNamed(Array.from(compose.matchAll(/(?<!\$)\$\{([A-Z_]+)/g), ([, name = ""]) => name));
});

test(".env.example holds no value", () => {
  assert.doesNotMatch(example, /^[A-Z_]+=./m);
});
