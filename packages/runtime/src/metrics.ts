import { Registry, collectDefaultMetrics } from "prom-client";

export { Counter, Gauge, Histogram } from "prom-client";

/** Where a process's metrics are registered and read. */
export type Metrics = Registry;

/** A registry that holds the process's own metrics (memory, event loop, GC). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
