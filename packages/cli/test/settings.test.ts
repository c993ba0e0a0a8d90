import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readToken, readUrl, textsOf } from "../src/settings.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "deskmirror-settings-"));
  writeFileSync(join(folder, "token"), "from-its-file\n");
  writeFileSync(join(folder, "empty"), " \n");
});
after(() => rmSync(folder, { recursive: true }));

type Texts = Readonly<Record<string, string>>;

/** The settings, with an environment and the text of `.env`. */
function settings(env: Texts, file = "") {
  writeFileSync(join(folder, ".env"), file);
  const texts = textsOf(env, folder);
  return { url: () => readUrl(texts, folder), token: () => readToken(texts, folder) };
}

const tokens: readonly (readonly [title: string, env: Texts, file: string, token: string])[] = [
  ["the environment", { ADMIN_TOKEN: "a" }, "", "a"],
  [".env", {}, "# made by npm start\nADMIN_TOKEN=b\n", "b"],
  ["the environment before .env", { ADMIN_TOKEN: "a" }, "ADMIN_TOKEN=b", "a"],
  [".env when the environment has an empty one", { ADMIN_TOKEN: " " }, "ADMIN_TOKEN=b", "b"],
  ["a file", { ADMIN_TOKEN_FILE: "token" }, "", "from-its-file"],
  ["a file before .env", { ADMIN_TOKEN_FILE: "token" }, "ADMIN_TOKEN=b", "from-its-file"],
  ["a file that .env names", {}, "ADMIN_TOKEN_FILE=token", "from-its-file"],
];

describe("the token comes from", () => {
  for (const [title, env, file, token] of tokens) test(title, () => assert.equal(settings(env, file).token(), token));
});

test("the URL is that of a sync on this machine, unless another is named; a slash at its end is none", () => {
  assert.equal(settings({}).url(), "http://127.0.0.1:8081");
  assert.equal(settings({}, "DESKMIRROR_URL=https://sync.internal/dm//").url(), "https://sync.internal/dm");
});

const wrong: readonly (readonly [title: string, read: "url" | "token", env: Texts, said: RegExp])[] = [
  ["no token anywhere", "token", {}, /ADMIN_TOKEN is not set\. `npm start` writes it into \.env/],
  ["a token with spaces", "token", { ADMIN_TOKEN: "a b" }, /ADMIN_TOKEN must be .* without spaces/],
  ["a token and its file", "token", { ADMIN_TOKEN: "a", ADMIN_TOKEN_FILE: "token" }, /are both set/],
  ["a file that is not there", "token", { ADMIN_TOKEN_FILE: "gone" }, /ADMIN_TOKEN_FILE names a file .*: gone/],
  ["an empty file", "token", { ADMIN_TOKEN_FILE: "empty" }, /ADMIN_TOKEN_FILE names a file .*: empty/],
  ["a folder for a file", "token", { ADMIN_TOKEN_FILE: "." }, /cannot be read/],
  ["a URL that is none", "url", { DESKMIRROR_URL: "127.0.0.1:8081" }, /DESKMIRROR_URL must be an http or https URL/],
  ["another protocol", "url", { DESKMIRROR_URL: "redis://a" }, /DESKMIRROR_URL must be an http or https URL/],
  ["a URL with a password", "url", { DESKMIRROR_URL: "http://a:b@c" }, /DESKMIRROR_URL must have no user/],
];

describe("settings are refused, with their mend:", () => {
  for (const [title, read, env, said] of wrong) test(title, () => assert.throws(settings(env)[read], said));
});
