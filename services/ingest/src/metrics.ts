import { Counter, Gauge, Histogram } from "@deskmirror/runtime";
import type { Metrics } from "@deskmirror/runtime";
import type { StoredIn } from "./store.ts";

/** What ingest counts. */
export interface IngestMetrics {
  /** A delivery was answered, so long after its request began. */
  readonly answered: (status: number, durationMs: number) => void;
  /** A group of so many deliveries became durable. */
  readonly stored: (where: StoredIn, deliveries: number) => void;
}

/** Registers ingest's own metrics; `spoolBytes` is read when metrics are. */
export function createIngestMetrics(metrics: Metrics, spoolBytes: () => number): IngestMetrics {
  const registers = [metrics];
  const deliveries = new Counter({
    name: "deskmirror_ingest_deliveries_total",
    help: "Deliveries by the status they were answered",
    labelNames: ["status"],
    registers,
  });
  const seconds = new Histogram({
    name: "deskmirror_ingest_answer_seconds",
    help: "Time from a delivery's request to its answer",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5],
    registers,
  });
  const groups = new Histogram({
    name: "deskmirror_ingest_group_deliveries",
    help: "Deliveries stored together, by where",
    labelNames: ["stored_in"],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const spool: Gauge = new Gauge({
    name: "deskmirror_ingest_spool_bytes",
    help: "Bytes in the spool, of all processes",
    registers,
    collect: () => spool.set(spoolBytes()),
  });
  const byStatus = new Map<number, { inc: () => void }>();

  function countOf(status: number): { inc: () => void } {
    let count = byStatus.get(status);
    if (count === undefined) byStatus.set(status, (count = deliveries.labels(String(status))));
    return count;
  }

  return {
    answered(status, durationMs) {
      countOf(status).inc();
      seconds.observe(durationMs / 1_000);
    },
    stored: (where, size) => groups.observe({ stored_in: where }, size),
  };
}
