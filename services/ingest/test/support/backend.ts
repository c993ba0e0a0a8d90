import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { DataSource, Delivery, DeliveryGroup, Gap, LedgerCounts } from "@deskmirror/model";
import {
  connectRedis,
  createDeliveryWorker,
  createGaps,
  createLedger,
  createSealer,
  createServiceKey,
  createSourceRegistry,
} from "@deskmirror/redis";
import type { SourceRegistry } from "@deskmirror/redis";
import { createMemorySink } from "@deskmirror/sinks";
import { testDataSource } from "@deskmirror/testing";
import { until } from "./ingest-process.ts";

/** What sync does, as far as ingest notices: publishes sources, takes groups, reads gaps and the ledger. */
export interface Backend {
  readonly registry: SourceRegistry;
  /** Publishes a source and gives its path, `/hooks/<key>`. */
  addSource(name: string, settings?: Partial<DataSource>): Promise<string>;
  /** Takes all that the queue of a source holds and settles it as applied, until nothing is in flight; deliveries by id. */
  takeAll(
    source: string,
  ): Promise<{ readonly groups: readonly DeliveryGroup[]; readonly deliveries: readonly Delivery[] }>;
  gaps(source: string): Promise<readonly Gap[]>;
  counts(source: string): Promise<LedgerCounts>;
  /** Empties Redis. */
  flush(): Promise<void>;
  usedBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Connects to the Redis that ingest uses. */
export async function openBackend(redisUrl: string): Promise<Backend> {
  const connection = connectRedis({ url: redisUrl, role: "sync" });
  await connection.ready();
  const registry = createSourceRegistry({
    connection,
    vault: createMemorySink().vault,
    seal: createSealer({ key: randomBytes(32).toString("base64") }),
  });
  const ledger = createLedger({ connection });
  const gaps = createGaps({ connection });
  await registry.publish();
  return {
    registry,
    async addSource(name, settings) {
      const source = testDataSource({ name, serviceKey: createServiceKey(), ...settings });
      await registry.create(source);
      return `/hooks/${source.serviceKey}`;
    },
    async takeAll(source) {
      const groups: DeliveryGroup[] = [];
      const worker = createDeliveryWorker({
        connection,
        source,
        log: () => {},
        apply: async (group) => {
          groups.push(group);
          const applied = group.deliveries.reduce((sum, { events }) => sum + events, 0);
          return { applied, superseded: 0, filtered: 0, deadLettered: 0 };
        },
      });
      worker.start();
      await until(`nothing of ${source} is in flight`, async () => (await ledger.counts(source)).inFlight === 0);
      await worker.close();
      const deliveries = groups.flatMap((group) => group.deliveries);
      return { groups, deliveries: deliveries.toSorted((left, right) => (left.id < right.id ? -1 : 1)) };
    },
    gaps: (source) => gaps.list(source),
    counts: (source) => ledger.counts(source),
    async flush() {
      const { hostname, port } = new URL(redisUrl);
      const socket = connect(Number(port), hostname);
      socket.write("FLUSHALL\r\n");
      await once(socket, "data");
      socket.destroy();
    },
    usedBytes: async () => (await connection.memory()).usedBytes,
    close: () => connection.close(),
  };
}
