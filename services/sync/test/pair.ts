import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDeskEmulator } from "@deskmirror/desk-emulator";
import type { DeskEmulator, DeskEmulatorOptions } from "@deskmirror/desk-emulator";
import { freePort, startRedis } from "@deskmirror/testing";
import { ADMIN_TOKEN, startService } from "./service-process.ts";
import type { ServiceProcess } from "./service-process.ts";
import { assertDescribed } from "./support/described.ts";

/** The real pair as processes, with a Redis, a SQLite sink and an emulated Desk. */
export interface Pair {
  readonly desk: DeskEmulator;
  readonly redisUrl: string;
  /** Where ingest takes deliveries: what service URLs start with. */
  readonly ingestUrl: string;
  /** Where sync answers. */
  readonly syncUrl: string;
  readonly dataDir: string;
  /** The SQLite file that is the sink. */
  readonly sinkFile: string;
  /** The first row that a query of the SQLite sink gives, by column. */
  readonly sinkRow: (query: string) => ReadonlyMap<string, unknown>;
  /** The first value of that row, as text. */
  readonly sinkText: (query: string) => string;
  /** What creates a source of the Desk, with a new code, changed as given. */
  readonly newSource: (name: string, change?: object) => object;
  /** Calls the admin API; gives status and body, which must be as the API's description says. */
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** All that sync wrote since it was last started. */
  readonly syncOutput: () => string;
  /** Starts a run and gives its result when it is done. */
  readonly run: (path: string, body?: unknown) => Promise<unknown>;
  /** Ends sync, does what is given while there is none, and starts another. */
  readonly restartSync: (signal: NodeJS.Signals, meanwhile?: () => Promise<void>) => Promise<void>;
}

/** What a test changes of the pair. */
export interface PairOptions {
  /** More of the environment of both. */
  readonly env?: Readonly<Record<string, string>>;
  /** Errors that sync may log, since the test provokes them. */
  readonly mayLog?: RegExp;
}

/** Starts the pair for the tests of a file, and stops it after them. Sync may log no error that was not provoked. */
export async function startPair(options: DeskEmulatorOptions, change: PairOptions = {}): Promise<Pair> {
  await using started = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "deskmirror-pair-"));
  started.defer(() => rm(dir, { recursive: true, force: true }));
  const sinkFile = join(dir, "desk.db");
  const redis = await startRedis(["--maxmemory-policy", "noeviction"]);
  started.defer(() => redis.stop());
  const desk = await createDeskEmulator(options);
  started.defer(() => desk.close());
  const [ingestPort, opsPort, syncPort] = [await freePort(), await freePort(), await freePort()];
  const [ingestUrl, syncUrl] = [`http://127.0.0.1:${ingestPort}`, `http://127.0.0.1:${syncPort}`];
  const env = {
    REDIS_URL: redis.url,
    DATA_DIR: dir,
    SPOOL_DIR: join(dir, "spool"),
    SINK_URL: `sqlite:${sinkFile}`,
    ALLOW_CUSTOM_ENDPOINTS: "true",
    PUBLIC_URL: ingestUrl,
    INGEST_PORT: String(ingestPort),
    INGEST_OPS_PORT: String(opsPort),
    SYNC_PORT: String(syncPort),
    LOG_LEVEL: "warn",
    ...change.env,
  };
  const ingest = startService("ingest", env);
  started.defer(async () => void (await ingest.end("SIGKILL")));
  let sync = startService("sync", env);
  started.defer(async () => void (await sync.end("SIGKILL")));
  await ready(`http://127.0.0.1:${opsPort}`, ingest);
  await ready(syncUrl, sync);
  const running = started.move();
  const assertNoMistake = (): void =>
    assert.deepEqual(mistakes(sync.output(), change.mayLog), [], "sync makes no mistake");
  afterEach(assertNoMistake);
  after(async () => {
    await running.disposeAsync();
    assertNoMistake();
  });

  const pair: Pair = {
    desk,
    redisUrl: redis.url,
    ingestUrl,
    syncUrl,
    dataDir: dir,
    sinkFile,
    sinkRow(query) {
      const db = new DatabaseSync(sinkFile, { readOnly: true, timeout: 5_000 });
      try {
        return new Map(Object.entries(db.prepare(query).get() ?? {}));
      } finally {
        db.close();
      }
    },
    sinkText: (query) => String([...pair.sinkRow(query).values()][0]),
    newSource(name, change) {
      const { orgId, clientId, clientSecret, url } = desk;
      const endpoints = { accountsUrl: url, deskUrl: url };
      return { name, orgId, clientId, clientSecret, code: desk.generateCode(), ...endpoints, ...change };
    },
    async call(method, path, body) {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
      const answer = await fetch(`${syncUrl}/api${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const said = { status: answer.status, body: await answer.json() };
      assertDescribed({ method, path: `/api${path}`, ...said });
      return said;
    },
    syncOutput: () => sync.output(),
    async run(path, body) {
      const answer = await pair.call("POST", `${path}?wait=60`, body);
      const run = answer.body as { readonly state?: string; readonly result?: unknown };
      if (run.state !== "done") throw new Error(JSON.stringify(answer));
      return run.result;
    },
    async restartSync(signal, meanwhile) {
      await sync.end(signal);
      assertNoMistake();
      await meanwhile?.();
      sync = startService("sync", env);
      await ready(syncUrl, sync);
    },
  };
  return pair;
}

/** Lines that log an error; that a source cannot be opened is none of ours. */
function mistakes(output: string, mayLog?: RegExp): readonly string[] {
  const errors = output.split("\n").filter((line) => /"level":"(?:error|fatal)"/.test(line));
  return errors.filter((line) => !line.includes("a source could not be opened") && mayLog?.test(line) !== true);
}

async function ready(origin: string, service: ServiceProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const answer = await fetch(`${origin}/readyz`).catch(() => null);
    if (answer?.ok === true) return;
    await sleep(100);
  }
  throw new Error(`${origin} did not get ready within 30 s: ${service.output()}`);
}
