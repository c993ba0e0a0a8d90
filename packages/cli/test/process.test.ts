import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { freePort } from "@deskmirror/testing";
import manifest from "../package.json" with { type: "json" };
import { runCli } from "./support/run-cli.ts";
import { withServer } from "./support/server.ts";
import type { Said } from "./support/server.ts";

const root = join(import.meta.dirname, "../../..");

/** Runs the command line as a process of its own, as npx does, far from the repository. */
async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(root, "scripts/deskmirror.mjs"), ...argv], {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: code as number, out, err };
}

const token = { ADMIN_TOKEN: "0f3c9a7be1d24586a0b1c2d3e4f5" };

describe("as a process", () => {
  test("it ends with 0 for help, on stdout", async () => {
    const { code, out, err } = await run(["--help"]);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^Usage: deskmirror/);
  });

  test("it ends with 2 for wrong usage, on stderr", async () => {
    const { code, out, err } = await run(["frobnicate"]);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /unknown command/);
  });

  test("it ends with 2 without a token, and says where to find it", async () => {
    const { code, err } = await run(["status"]);
    assert.equal(code, 2);
    assert.match(err, /ADMIN_TOKEN is not set/);
  });

  test("it shows no colour where stdout is no terminal, nor with NO_COLOR", async () => {
    const answer = (): Said => '{"checks":{"redis":{"ok":false,"message":"away"}}}';
    await withServer(answer, async (url) => {
      for (const env of [{}, { NO_COLOR: "1" }]) {
        const { code, out } = await run(["doctor"], { DESKMIRROR_URL: url, ...env });
        assert.equal(code, 1);
        assert.match(out, /^FAIL +sync: redis +away/m);
        assert.ok(!out.includes("\u001b"), out);
      }
    });
  });

  test("it reads a secret from stdin that is no terminal, and asks nobody", async () => {
    const { code, err } = await run(["authorize", "a", "--code", "-"], token);
    assert.equal(code, 2);
    assert.match(err, /the generated code is missing/);
  });
});

describe("it is run", () => {
  const ended = async (command: string, argv: readonly string[], cwd: string) => {
    const child = spawn(command, argv, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code: code as number, out, err };
  };

  test("by npx, from the repository", async () => {
    const { code, out, err } = await ended("npx", ["deskmirror", "--version"], root);
    assert.equal(code, 0, err);
    assert.equal(out, `${manifest.version}\n`);
  });

  test("by another Node, which hands over to the pinned one: same folder, same streams, same exit code", async () => {
    const folder = await mkdtemp(join(tmpdir(), "deskmirror-node-"));
    const node = join(folder, "node");
    await copyFile(process.execPath, node);
    await writeFile(join(folder, ".env"), "ADMIN_TOKEN=no token");
    const { code, out, err } = await ended(node, [join(root, "scripts/deskmirror.mjs"), "status"], folder);
    await rm(folder, { recursive: true });
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /ADMIN_TOKEN must be .* without spaces/);
  });
});

/** What answers instead of sync, and what is said. */
const wrong: readonly (readonly [title: string, answer: Said, said: RegExp])[] = [
  ["a page of something else", { status: 502, text: "<html>" }, /answered 502, but not as the admin API/],
  ["a redirect", { status: 302, text: "", headers: { location: "/x" } }, /answered 302, but not as/],
  ["another API's JSON", '{"items":[{"id":1}]}', /does not know: items\.0\.name/],
  ["a page that is answered 200", "<html>", /does not know: the answer/],
  ["a connection that breaks", null, /Nothing answers at http.*npm start/],
];

describe("what answers instead of sync is said to be wrong:", () => {
  for (const [title, answer, said] of wrong) {
    test(title, async () => {
      await withServer(
        () => answer,
        async (url) => {
          const { code, out, err } = await runCli(["source", "list", "--json"], {
            env: { DESKMIRROR_URL: url, ...token },
          });
          assert.deepEqual([code, out], [1, ""]);
          assert.match(err, said);
        },
      );
    });
  }
});

test("a refused connection says how to start sync, and doctor says the same", async () => {
  const env = { DESKMIRROR_URL: `http://127.0.0.1:${await freePort()}`, ...token };
  const listed = await runCli(["source", "list"], { env });
  assert.equal(listed.code, 1);
  assert.match(listed.err, /connection refused\)\. Start sync with `npm start` or `docker compose up`/);
  const doctor = await runCli(["doctor"], { env });
  assert.equal(doctor.code, 1);
  assert.match(doctor.out, /^FAIL +sync .*connection refused.*npm start/m);
});
