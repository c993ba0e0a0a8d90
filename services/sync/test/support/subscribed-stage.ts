import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before } from "node:test";
import type { DeskEmulatorOptions } from "@deskmirror/desk-emulator";
import type { DataSource, Gap } from "@deskmirror/model";
import {
  connectRedis,
  createDeliveryQueue,
  createGaps,
  createLeases,
  createLedger,
  createSealer,
  createServiceKey,
  createSourceRegistry,
  createSubscriptionLooks,
} from "@deskmirror/redis";
import type {
  DeliveryQueue,
  Gaps,
  Ledger,
  RedisConnection,
  SourceRegistry,
  SubscriptionLooks,
} from "@deskmirror/redis";
import { createLog } from "@deskmirror/runtime";
import { createMemorySink } from "@deskmirror/sinks";
import { startRedis } from "@deskmirror/testing";
import type { TestRedis } from "@deskmirror/testing";
import { createSubscriptionCare } from "../../src/mirror/subscription-care.ts";
import type { SubscriptionCare } from "../../src/mirror/subscription-care.ts";
import { createStage } from "./stage.ts";
import type { Stage } from "./stage.ts";

/** A stage with a source in a registry, whose service URL answers 200, and the care for its subscription at a time of its own. */
export interface SubscribedStage extends AsyncDisposable {
  readonly stage: Stage;
  readonly name: string;
  readonly url: string;
  readonly care: SubscriptionCare;
  readonly gaps: Gaps;
  readonly ledger: Ledger;
  readonly looks: SubscriptionLooks;
  readonly registry: SourceRegistry;
  /** The time of the care, which a test moves on. */
  readonly at: { ms: number };
  /** The care of a process that keeps other tables. */
  readonly careOf: (tables: readonly string[]) => SubscriptionCare;
  current(): Promise<DataSource>;
  register(): Promise<string>;
  openGaps(): Promise<readonly Gap[]>;
  /** Takes a delivery that ingest received then, and settles it. */
  deliver(receivedMs: number): Promise<void>;
  /** The same, to be settled by the function it gives. */
  accept(receivedMs: number): Promise<() => Promise<void>>;
}

let redis: TestRedis;
let connection: RedisConnection;
const receiver = createServer((request, response) => void request.resume().on("end", () => response.end()));
let publicUrl: string;
let queue: DeliveryQueue;

/** Starts a Redis and a receiver for the tests of a file. */
export function prepareSubscribedStages(): void {
  before(async () => {
    redis = await startRedis();
    connection = connectRedis({ url: redis.url, role: "sync" });
    await connection.ready();
    queue = createDeliveryQueue({ connection });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    publicUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  });
  after(async () => {
    receiver.close();
    await queue.close();
    await connection.close();
    await redis.stop();
  });
}

let made = 0;

/** Sets such a stage for the tables. */
export async function createSubscribedStage(
  tables: readonly string[],
  options: DeskEmulatorOptions = {},
): Promise<SubscribedStage> {
  const sink = createMemorySink();
  const stage = await createStage(tables, options, sink);
  const seal = createSealer({ key: Buffer.alloc(32, 7).toString("base64") });
  const stored = createSourceRegistry({ connection, vault: sink.vault, seal, publicUrl });
  const name = `s${(made += 1)}`;
  const dataSource: DataSource = { ...stage.dataSource, name, serviceKey: createServiceKey(), createdMs: Date.now() };
  let known = dataSource;
  const registry: SourceRegistry = { ...stored, update: async (...args) => (known = await stored.update(...args)) };
  await registry.create(dataSource);
  const current = async (): Promise<DataSource> => (await registry.get(name))!;
  const at = { ms: Date.now() };
  const gaps = createGaps({ connection });
  const ledger = createLedger({ connection });
  const looks = createSubscriptionLooks({ connection });
  const careOf = (kept: readonly string[]): SubscriptionCare =>
    createSubscriptionCare({
      dataSource: () => known,
      source: stage.source,
      tables: kept,
      registry,
      leases: createLeases({ connection }),
      gaps,
      looks,
      ledger,
      now: () => at.ms,
      log: createLog({ service: "sync", level: "silent" }),
    });
  const care = careOf(tables);
  const { signal } = new AbortController();
  async function accept(receivedMs: number): Promise<() => Promise<void>> {
    const delivery = { body: "[{}]", kind: "events", signature: "missing", token: null, module: null } as const;
    const id = `g-${(made += 1)}`;
    const group = { id, source: name, deliveries: [{ id, receivedMs, events: 1, ...delivery }] };
    await queue.add(group);
    return () => ledger.settle(group, { applied: 1, superseded: 0, filtered: 0, deadLettered: 0 });
  }
  return {
    stage,
    name,
    url: registry.serviceUrl(dataSource),
    care,
    gaps,
    ledger,
    looks,
    registry,
    at,
    careOf,
    current,
    register: async () => (await care.register(await current(), { isMoving: false, signal })).id,
    accept,
    deliver: async (receivedMs) => (await accept(receivedMs))(),
    openGaps: async () => (await gaps.list(name)).filter(({ state }) => state === "open"),
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}
