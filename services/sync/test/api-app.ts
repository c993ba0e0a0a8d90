import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PermanentError, TransientError } from "@deskmirror/model";
import type { Delivery } from "@deskmirror/model";
import {
  connectRedis,
  createDeadLetters,
  createDeliveryQueue,
  createGaps,
  createLedger,
  createRuns,
  createSealer,
  createServiceKey,
  createSourceRegistry,
} from "@deskmirror/redis";
import type { Runs, SourceRegistry } from "@deskmirror/redis";
import { createLog, createMetrics, createOps } from "@deskmirror/runtime";
import { assertAllowedHost, openSink, redactSinkUrl } from "@deskmirror/sinks";
import type { Response } from "supertest";
import { createAdminApi, createApp } from "../src/app.ts";
import type { Mirrors } from "../src/mirror/mirrors.ts";
import type { OpenMirror } from "../src/mirror/open-mirror.ts";
import { createSinks } from "../src/sinks.ts";

/** The private app of sync over HTTP, on a real Redis and SQLite; Zoho and the mirrors are stand-ins for our ports. */
export interface ApiApp {
  readonly url: string;
  /** Log lines of level error: mistakes of ours. */
  readonly errors: readonly string[];
  /** Codes that were exchanged. */
  readonly usedCodes: readonly string[];
  readonly registry: SourceRegistry;
  readonly runs: Runs;
  /** Stores a delivery as ingest does. */
  deliver(source: string, delivery: Delivery): Promise<void>;
  /** Lets pulls of a source never end. */
  hold(source: string): void;
  /** Lets a source be one that cannot be opened. */
  refuse(source: string, problem: string): void;
  /** Takes the admin API away, as before sync has opened everything. */
  setThere(isThere: boolean): void;
  close(): Promise<void>;
}

export const ADMIN_TOKEN = "0f3c9a7be1d24586a0b1c2d3e4f5";
export const GOOD_CODE = "1000.good.code";

/** The tables there are, and what each lacks. */
const missing: ReadonlyMap<string, string | null> = new Map([
  ["agents", null],
  ["departments", null],
  ["calls", "the scope Desk.activities.READ is missing"],
]);

/** Every answer that is no success has the one shape, and says what to do. */
export function assertError(res: Response, status: number, message: RegExp): void {
  assert.equal(res.status, status, JSON.stringify(res.body));
  assert.deepEqual(Object.keys(res.body), ["error"]);
  assert.deepEqual(Object.keys(res.body.error), ["code", "message", "hint"]);
  assert.match(res.body.error.message, message);
  assert.ok(res.body.error.hint.length > 0);
}

export async function openApi(redisUrl: string): Promise<ApiApp> {
  const dataDir = await mkdtemp(join(tmpdir(), "deskmirror-api-"));
  const connection = connectRedis({ url: redisUrl, role: "sync" });
  await connection.ready();
  const sinks = createSinks((url) => openSink(url, { dataDir }));
  const defaultSinkUrl = `sqlite:${dataDir}/desk.db`;
  const { vault } = await sinks.open(defaultSinkUrl);
  const seal = createSealer({ key: Buffer.alloc(32, 7).toString("base64") });
  const queue = createDeliveryQueue({ connection });
  const stop = new AbortController();
  const errors: string[] = [];
  const usedCodes: string[] = [];
  const log = createLog({ service: "sync", level: "error", to: { write: (line) => void errors.push(line) } });
  const registry = createSourceRegistry({ connection, vault, seal, publicUrl: "https://hooks.example.org" });
  const runs = createRuns({ connection });
  const held = new Set<string>();
  const problems = new Map<string, string>();
  const open = openMirror(["agents", "departments"], "complete");
  const pulling = openMirror(["agents", "departments"], "running");
  const mirrors: Mirrors = {
    get: (name) => (problems.has(name) ? null : held.has(name) ? pulling : open),
    problem: (name) => problems.get(name) ?? null,
    follow: async () => {},
    close: async () => {},
  };
  let isThere = true;

  const api = createAdminApi({
    registry,
    mirrors,
    runs,
    ledger: createLedger({ connection }),
    gaps: createGaps({ connection }),
    deadLetters: createDeadLetters({ connection }),
    async exchangeCode(_source, code) {
      usedCodes.push(code);
      if (code === GOOD_CODE) return { refreshToken: "1000.refresh", scopes: [] };
      throw new PermanentError("Zoho refused the code", { code: "invalid_code" });
    },
    revokeGrant: async () => {},
    requeue: (group) => queue.add(group),
    missingScopes: () => missing,
    openSink: sinks.open,
    adoptTables: async () => {},
    prepareTables: async () => {},
    lookAtRemovals: async () => {},
    assertAllowedHost,
    connection: {
      withSource: () => Promise.reject(new TransientError("there is no Zoho here")),
      openSink: sinks.open,
      defaultSinkUrl,
      locateClient: async () => null,
      probeUrl: async () => 200,
      assertAllowedHost,
    },
    redactSinkUrl,
    defaultSinkUrl,
    allowCustomEndpoints: true,
    createServiceKey,
    adminToken: ADMIN_TOKEN,
    log,
    signal: stop.signal,
  });
  const ops = createOps({ checks: {}, metrics: createMetrics() });
  const server = createServer(createApp({ ops, api: () => (isThere ? api : null), log })).listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    errors,
    usedCodes,
    registry,
    runs,
    hold: (source) => void held.add(source),
    refuse: (source, problem) => void problems.set(source, problem),
    deliver: (source, delivery) => queue.add({ id: `g-${delivery.id}`, source, deliveries: [delivery] }),
    setThere: (there) => void (isThere = there),
    async close() {
      stop.abort();
      server.close().closeAllConnections();
      await Promise.all([queue.close(), sinks.close()]);
      await connection.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** A mirror that keeps the tables, whatever was asked for pulled so far. */
function openMirror(tables: readonly string[], state: "running" | "complete"): OpenMirror {
  const pull = { asked: 1_000, state, startedMs: 1, finishedMs: 2, rows: 3, calls: 1, credits: 1 };
  const count = async () => ({ rows: 3, deleted: 0, full: 3, lastChangeMs: null });
  const contexts = new Map(
    tables.map((name) => [
      name,
      { stream: { name, core: null }, parent: null, sink: { count }, writer: { table: { stream: name } } },
    ]),
  );
  const facts = tables.map((name) => ({
    stream: { name },
    progress: { pull: { ...pull, message: null, expected: null }, completedMs: 2, problem: null },
    watermarkMs: null,
    asked: 1,
    refusedRows: 0,
    nowMs: 3,
    intervals: { reconcileMs: 1, compareMs: 1, sweepMs: 1 },
  }));
  return {
    contexts,
    disabled: new Map([["calls", missing.get("calls")]]),
    throttle: {
      credits: async () => ({ limit: null, remaining: null, reserve: 0.4, spentToday: {}, waitUntilMs: null }),
    },
    source: { subscriptions: { list: async () => [] } },
    mirror: { facts: async () => facts, options: { contexts, sink: { count } } },
    refusal: () => null,
    lagMs: () => null,
  } as unknown as OpenMirror;
}
