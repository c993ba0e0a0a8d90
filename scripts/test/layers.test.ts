import assert from "node:assert/strict";
import { globSync, readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { services } from "./layers/place.ts";
import { importRules, processRule, violationsOf } from "./layers/rules.ts";
import { scan } from "./layers/scan.ts";

const files = globSync(["{packages,services}/*/{src,test}/**/*.ts", "{scripts,bench}/**/*.{ts,mjs}"]);

test("no file breaks a rule of the layers", () => {
  const violations = files.flatMap((file) => violationsOf(file, readFileSync(file, "utf8")));
  assert.deepEqual(
    violations.map(({ file, what, rule }) => `${file} ${what}: ${rule}`),
    [],
  );
});

test("the services the rules know are those there are", () => {
  assert.deepEqual([...services], readdirSync("services").toSorted());
});

/** Rule, then a file and a source that breaks it. */
const broken: readonly (readonly [rule: string, file: string, source: string])[] = [
  ["model imports nothing but node:crypto", "packages/model/src/a.ts", 'import { z } from "zod";'],
  ["model imports nothing but node:crypto", "packages/model/src/a.ts", 'import fs from "fs";'],
  ["model imports nothing but node:crypto", "packages/model/src/a.ts", 'import { log } from "@deskmirror/runtime";'],
  ["adapters never import each other", "packages/redis/src/a.ts", 'import { x } from "@deskmirror/sinks";'],
  [
    "adapters never import each other",
    "packages/desk-emulator/src/a.ts",
    'import type { X } from "@deskmirror/zoho-desk";',
  ],
  ["adapters never import each other", "packages/zoho-desk/src/a/b.ts", 'export * from "../../../redis/src/c.ts";'],
  ["nothing below a service imports it", "packages/redis/src/a.ts", 'import { x } from "@deskmirror/sync";'],
  ["nothing below a service imports it", "packages/model/src/a.ts", 'await import("@deskmirror/ingest")'],
  ["services never import each other", "services/sync/src/a.ts", 'import { x } from "@deskmirror/ingest";'],
  ["services never import each other", "services/ingest/test/a.test.ts", 'import { x } from "@deskmirror/sync";'],
  ["testing is imported by tests only", "services/sync/src/a.ts", 'import { startRedis } from "@deskmirror/testing";'],
  ["testing is imported by tests only", "scripts/demo.ts", 'import { startRedis } from "@deskmirror/testing";'],
  ["testing is imported by tests only", "bench/main.ts", 'import { startRedis } from "@deskmirror/testing";'],
  ["tests are imported by tests only", "packages/redis/src/a.ts", 'import { x } from "../test/b.ts";'],
  [
    "scripts and bench are imported by themselves, testing and tests only",
    "services/sync/src/a.ts",
    'import "../../../scripts/x.ts";',
  ],
  [
    "a package is entered by its name, not by a path",
    "scripts/test/a.test.ts",
    'import { x } from "../../packages/model/src/join.ts";',
  ],
  [
    "a package is entered by its name, not by a path",
    "services/sync/src/a.ts",
    'import x from "../../../packages/redis/src/b.ts";',
  ],
  [
    "ingest knows only the signature of zoho-desk",
    "services/ingest/src/a.ts",
    'import { x } from "@deskmirror/zoho-desk";',
  ],
  ["a library has one owner, named in scripts/test/layers/rules.ts", "services/sync/src/a.ts", 'import pg from "pg";'],
  [
    "a library has one owner, named in scripts/test/layers/rules.ts",
    "packages/zoho-desk/src/a.ts",
    'import { Redis } from "ioredis";',
  ],
  [
    "a library has one owner, named in scripts/test/layers/rules.ts",
    "packages/redis/src/a.ts",
    'const got = require("got");',
  ],
  [
    "a library has one owner, named in scripts/test/layers/rules.ts",
    "packages/redis/src/a.ts",
    'import express from "express";',
  ],
  [
    "a library has one owner, named in scripts/test/layers/rules.ts",
    "services/sync/src/a.ts",
    'import { x } from "node:sqlite";',
  ],
  [
    "a library has one owner, named in scripts/test/layers/rules.ts",
    "packages/sinks/src/a.ts",
    'import x from "@left/pad/deep.js";',
  ],
  [processRule, "services/sync/src/a.ts", 'const url = process.env["REDIS_URL"];'],
  [processRule, "services/sync/src/a.ts", "const line = `${process.env.HOME}`;"],
  [processRule, "packages/redis/src/a.ts", "process.exit(1);"],
  [processRule, "packages/redis/src/a.ts", "const { env } = process;"],
  [processRule, "packages/redis/src/a.ts", 'import { env } from "node:process";'],
];

describe("each rule of the layers is broken by", () => {
  for (const [rule, file, source] of broken) {
    test(`${source} in ${file}`, () => {
      assert.ok(violationsOf(file, source).some((violation) => violation.rule === rule));
    });
  }
});

test("every rule of the layers has a source that breaks it", () => {
  assert.deepEqual(new Set(broken.map(([rule]) => rule)), new Set([...Object.keys(importRules), processRule]));
});

const kept: readonly (readonly [file: string, source: string])[] = [
  ["packages/model/src/a.ts", 'import { hash } from "node:crypto"; import { x } from "./ports/b.ts";'],
  [
    "packages/redis/src/a.ts",
    'import { Redis } from "ioredis"; import { z } from "zod"; import type { X } from "@deskmirror/model";',
  ],
  ["services/ingest/src/a.ts", 'import { x } from "@deskmirror/zoho-desk/signature"; import express from "express";'],
  ["services/sync/src/main.ts", 'const port = process.env["SYNC_PORT"]; process.exit(0);'],
  ["services/sync/src/a.ts", "process.exitCode = 1; process.on('SIGTERM', stop); // process.env"],
  [
    "packages/zoho-desk/test/a.test.ts",
    'import { startRedis } from "@deskmirror/testing"; import { x } from "../src/b.ts";',
  ],
  [
    "services/sync/src/a.ts",
    "// import pg from 'pg'\nconst text = \"import x from 'pg'\"; const list = Array.from('pg');",
  ],
  ["test/a.test.ts", 'import { matchesLock } from "../prepare/install.mjs";'],
];

describe("no rule of the layers is broken by", () => {
  for (const [file, source] of kept) {
    test(`${source} in ${file}`, () => assert.deepEqual(violationsOf(file, source), []));
  }
});

test("every way to refer to a module is seen", () => {
  const source = `
    import a from "a"; import * as b from 'b'; import type { C } from "c"; import "d";
    import {
      e, // from "not-this"
    } from "e";
    export * from "f"; export { g } from "g"; await import("h"); require("i"); import.meta.resolve("j"); let k: import("k").K;`;
  assert.deepEqual(scan(source).specifiers, "abcdefghijk".split(""));
});
