import type { DeliveryGroup } from "@deskmirror/model";
import { Job, Queue } from "bullmq";
import { askAll } from "./ask.ts";
import type { RedisConnection } from "./connection.ts";
import { createGaps } from "./gaps.ts";
import { createHeartbeats } from "./heartbeats.ts";
import { QUEUE, sourcePrefix } from "./keys.ts";
import { acceptArguments } from "./ledger.ts";
import { readSpool, removeSpool, writeSpool } from "./spool-records.ts";
import type { SpoolRecord } from "./spool-records.ts";

/** Where ingest puts deliveries. Everything throws TransientError when Redis did not confirm. */
export interface DeliveryQueue {
  /** Stores a group as one job under its id and counts it as accepted; adding the same id again is harmless. */
  add(group: DeliveryGroup, signal?: AbortSignal): Promise<void>;
  /** Says what a segment holds of a source now (absolute, not added); from then on those events are accepted and in flight. */
  spooled(source: string, record: SpoolRecord): Promise<void>;
  /** The segment's events of a source are all in the queue: forgets the record. */
  unspooled(source: string, instance: string, segment: string): Promise<void>;
  /** The segment is gone without having been drained: its events are unaccounted from then on. */
  spoolLost(source: string, instance: string, segment: string): Promise<void>;
  /** Records of a source that are not lost. */
  spoolRecords(source: string): Promise<readonly SpoolRecord[]>;
  /** Says that an instance of ingest is alive now. */
  heartbeat(instance: string): Promise<void>;
  /** Opens a gap, or widens the open one of the same reason. */
  openGap(source: string, reason: string, fromMs: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Attempts are used only when BullMQ itself fails a job, which must never be the end of it. No stack traces: they would be kept
 * in Redis for nothing.
 */
const JOB_OPTIONS = {
  attempts: 1_000_000_000,
  backoff: { type: "fixed", delay: 1_000 },
  removeOnComplete: true,
  stackTraceLimit: 0,
} as const;

/** Events of BullMQ that a queue's stream keeps; nothing reads them. */
const STREAM_LENGTH = 100;

/** The producing end of every source's queue. */
export function createDeliveryQueue({ connection }: { readonly connection: RedisConnection }): DeliveryQueue {
  const { client } = connection;
  const queues = new Map<string, Queue>();
  const gaps = createGaps({ connection });
  const heartbeats = createHeartbeats({ connection });

  function queueOf(source: string): Queue {
    let queue = queues.get(source);
    if (queue === undefined) queues.set(source, (queue = openQueue(connection, source)));
    return queue;
  }

  return {
    async add(group, signal) {
      signal?.throwIfAborted();
      const queue = queueOf(group.source);
      const pipeline = (await queue.getBackend().client).pipeline();
      // Both are queued before the pipeline is sent; their replies are checked below.
      void new Job(queue, "group", group, JOB_OPTIONS, group.id).addJob(pipeline);
      pipeline.runCommand("eval", [...acceptArguments(group)]);
      await askAll(pipeline);
    },
    spooled: (source, record) => writeSpool(client, source, { ...record, lost: false }),
    unspooled: (source, instance, segment) => removeSpool(client, source, { instance, segment }),
    async spoolLost(source, instance, segment) {
      const records = await readSpool(client, source);
      const record = records.find((each) => each.instance === instance && each.segment === segment);
      if (record !== undefined) await writeSpool(client, source, { ...record, lost: true });
    },
    async spoolRecords(source) {
      const records = await readSpool(client, source);
      return records.flatMap(({ lost, ...record }) => (lost ? [] : [record]));
    },
    heartbeat: heartbeats.beat,
    openGap: gaps.open,
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** Serves while Redis is down; the connection reports its own errors. */
function openQueue({ client }: RedisConnection, source: string): Queue {
  const queue = new Queue(QUEUE, {
    connection: client,
    prefix: sourcePrefix(source),
    skipVersionCheck: true,
    skipWaitingForReady: true,
    streams: { events: { maxLen: STREAM_LENGTH } },
  });
  queue.on("error", () => {});
  return queue;
}
