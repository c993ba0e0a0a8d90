import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEnv } from "node:util";
import { addMissingSecrets, addVariables } from "../pair/env-file.ts";
import { freePort } from "../pair/free-port.ts";
import { assertPortsAreFree } from "../pair/needed-ports.ts";
import { failWhenOneEnds, startProgram } from "../pair/running.ts";
import { restartDelayMs, supervise } from "../pair/supervise.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "deskmirror-start-"));
});
after(() => rmSync(folder, { recursive: true }));

describe("the secrets of npm start", () => {
  test("are written into a new file that only its owner may read, and are good for sync", () => {
    const path = join(folder, "new.env");
    const made = addMissingSecrets(path, {});
    assert.deepEqual({ ...parseEnv(readFileSync(path, "utf8")) }, made);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(Buffer.from(made["SECRET_KEY"] ?? "", "base64").length, 32);
    assert.match(made["ADMIN_TOKEN"] ?? "", /^[0-9a-f]{48}$/);
  });

  test("differ each time", () => {
    const [one, two] = ["one.env", "two.env"].map((name) => addMissingSecrets(join(folder, name), {}));
    assert.notEqual(one?.["SECRET_KEY"], two?.["SECRET_KEY"]);
    assert.notEqual(one?.["ADMIN_TOKEN"], two?.["ADMIN_TOKEN"]);
  });

  test("are added to a file that has other things, whose mode is narrowed", () => {
    const path = join(folder, "old.env");
    writeFileSync(path, "# mine\nSINK_URL=postgres://x\nADMIN_TOKEN=", { mode: 0o644 });
    const made = addMissingSecrets(path, { SECRET_KEY: "mine", ADMIN_TOKEN: "" });
    assert.deepEqual(Object.keys(made), ["ADMIN_TOKEN"]);
    assert.equal(readFileSync(path, "utf8"), `# mine\nSINK_URL=postgres://x\nADMIN_TOKEN=${made["ADMIN_TOKEN"]}\n`);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test("are left alone when the environment or a file has them", () => {
    const path = join(folder, "none.env");
    assert.deepEqual(addMissingSecrets(path, { SECRET_KEY: "k", ADMIN_TOKEN_FILE: "/run/secrets/token" }), {});
    assert.equal(existsSync(path), false);
  });

  test("never take the place of a name that only begins alike", () => {
    assert.equal(addVariables("SECRET_KEY_PREVIOUS=a\n", { SECRET_KEY: "b" }), "SECRET_KEY_PREVIOUS=a\nSECRET_KEY=b\n");
  });
});

describe("the ports of npm start", () => {
  test("that others listen on are named before anything starts, on every address and on one", async () => {
    const everywhere = createServer().listen(0);
    const here = createServer().listen(0, "127.0.0.1");
    await Promise.all([once(everywhere, "listening"), once(here, "listening")]);
    const [one, two] = [everywhere, here].map((server) => String((server.address() as AddressInfo).port));
    try {
      await assert.rejects(
        assertPortsAreFree([
          { variable: "INGEST_PORT", port: one ?? "" },
          { variable: "INGEST_OPS_PORT", port: String(await freePort()), host: "127.0.0.1" },
          { variable: "SYNC_PORT", port: two ?? "", host: "127.0.0.1" },
        ]),
        new RegExp(`listens already: INGEST_PORT ${one}, SYNC_PORT ${two}\\.`),
      );
    } finally {
      everywhere.close();
      here.close();
    }
  });

  test("that are none, or that may not be had, are left to their program", async () => {
    await assertPortsAreFree([
      { variable: "INGEST_PORT", port: "eighty" },
      { variable: "SYNC_PORT", port: "70000" },
      { variable: "INGEST_OPS_PORT", port: String(await freePort()), host: "192.0.2.1" },
    ]);
  });
});

describe("a program beside this one", () => {
  const program = (source: string, logFile: string | null = join(folder, "program.log")) => ({
    name: "Thing",
    command: [process.execPath, "-e", source],
    env: process.env,
    logFile,
  });

  test("that ends names itself, how it ended and the end of its log", async () => {
    const running = startProgram(program("console.error('the reason'); process.exit(3)", join(folder, "end.log")));
    await assert.rejects(
      failWhenOneEnds([running]),
      /^Error: Thing ended \(code 3\)\.\nthe reason\nIts log: .*end\.log/,
    );
  });

  test("that is not there says so", async () => {
    const running = startProgram({ ...program(""), command: [join(folder, "no-such-program")] });
    await assert.rejects(failWhenOneEnds([running]), /ENOENT/);
    await running.stop();
  });

  test("is stopped with SIGTERM, so that it can drain", async () => {
    const log = join(folder, "drain.log");
    const source =
      "setInterval(() => {}, 1000); process.on('SIGTERM', () => { console.log('drained'); process.exit(0); }); console.log('up')";
    const running = startProgram(program(source, log));
    await until(() => readFileSync(log, "utf8").includes("up"));
    await running.stop();
    assert.equal(await running.ended, "code 0");
    assert.match(readFileSync(log, "utf8"), /drained/);
  });

  test("that crashes starts again, until it is stopped for good", async () => {
    const log = join(folder, "crash.log");
    const said: string[] = [];
    const crash =
      "const fs = require('node:fs'); console.log('start'); setInterval(() => {}, 1000); if (fs.readFileSync(process.argv[1], 'utf8').split('start').length === 2) process.exit(1);";
    const again = { ...program(crash, log), command: [process.execPath, "-e", crash, log] };
    const supervised = supervise(startProgram(again), (line) => said.push(line));
    await until(() => readFileSync(log, "utf8") === "start\nstart\n");
    await supervised.stop();
    assert.deepEqual(said, ["Thing ended (code 1); it starts again in 1 s."]);
  });

  test("waits longer after each crash, at most 30 s", () => {
    assert.deepEqual([1, 2, 3, 5, 6, 50].map(restartDelayMs), [1_000, 2_000, 4_000, 16_000, 30_000, 30_000]);
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(20);
}
