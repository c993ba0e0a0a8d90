import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const fixture = fileURLToPath(new URL("./fixtures/service.ts", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  env: Record<string, string>,
  signals: readonly (readonly [after: string, NodeJS.Signals])[],
): Promise<Ended> {
  const child = spawn(process.execPath, [fixture], { env: { PATH: process.env["PATH"], ...env } });
  const left = [...signals];
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    while (left[0] !== undefined && stdout.includes(left[0][0])) child.kill(left.shift()![1]);
  });
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

const plain = (stdout: string) => stdout.split("\n").filter((line) => line.startsWith("clos"));

describe("a service's life", { concurrency: true }, () => {
  test("SIGTERM aborts, closes in reverse order and exits 0", async () => {
    const { code, stdout } = await run({}, [["started", "SIGTERM"]]);
    assert.deepEqual(plain(stdout), ["closing second, aborted true", "closed second", "closed first"]);
    assert.equal(code, 0);
  });

  test("a part that fails to close keeps no other from closing, and the exit code is 1", async () => {
    const { code, stdout } = await run({ MODE: "1" }, [["started", "SIGINT"]]);
    assert.deepEqual(plain(stdout), ["closing second, aborted true", "closed first"]);
    assert.match(stdout, /closing second failed: no/);
    assert.equal(code, 1);
  });

  test("a second signal ends it at once", async () => {
    const { code, stdout } = await run({ MODE: "2" }, [
      ["started", "SIGTERM"],
      ["closing second", "SIGTERM"],
    ]);
    assert.deepEqual(plain(stdout), ["closing second, aborted true"]);
    assert.equal(code, 1);
  });

  test("an unhandled rejection is logged without secrets, drains and exits 1", async () => {
    const { code, stdout } = await run({ MODE: "3" }, []);
    assert.match(stdout, /"level":"fatal".*dropped at \/hooks\/\[redacted\]/);
    assert.doesNotMatch(stdout, /k3y/);
    assert.deepEqual(plain(stdout).at(-1), "closed first");
    assert.equal(code, 1);
  });

  test("SIGTERM while it starts gives up the start, closes what was open and exits 0", async () => {
    const { code, stdout } = await run({ MODE: "6" }, [["waits for Redis", "SIGTERM"]]);
    assert.deepEqual(plain(stdout), ["closing second, aborted true", "closed second", "closed first"]);
    assert.doesNotMatch(stdout, /"level":"(?:fatal|error)"|"stack"/);
    assert.equal(code, 0);
  });

  test("a mistake at start is logged, closes what was open and exits 1", async () => {
    const { code, stdout } = await run({ MODE: "5" }, []);
    assert.match(stdout, /"level":"fatal".*a mistake/);
    assert.deepEqual(plain(stdout).at(-1), "closed first");
    assert.equal(code, 1);
  });

  test("a refused setting is one readable message on stderr and exit code 1", async () => {
    const { code, stdout, stderr } = await run({ MODE: "4" }, []);
    assert.equal(stderr, "REDIS_URL names a Redis that may evict\n");
    assert.equal(stdout, "");
    assert.equal(code, 1);
  });

  test("a wrong environment names all its problems on stderr and exits 1", async () => {
    const { code, stderr } = await run({ MODE: "x", LOG_LEVEL: "loud" }, []);
    assert.match(stderr, /^ {2}LOG_LEVEL must be one of .*; it is "loud"\n {2}MODE must be a whole number/m);
    assert.equal(code, 1);
  });
});
