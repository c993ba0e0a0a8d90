import { Counter, Histogram } from "@deskmirror/runtime";
import type { Metrics } from "@deskmirror/runtime";
import type { ObserveSource } from "./mirror/open-mirror.ts";

/** Counts every event by source, type and fate, measures the lag from event to commit, and counts what changes of fields. */
export function createObserver(metrics: Metrics): (source: string) => ObserveSource {
  const events = new Counter({
    name: "deskmirror_events_total",
    help: "Events by type and where they went",
    labelNames: ["source", "type", "fate"],
    registers: [metrics],
  });
  const lag = new Histogram({
    name: "deskmirror_event_lag_seconds",
    help: "From event time at Zoho to commit in the sink",
    labelNames: ["source"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900],
    registers: [metrics],
  });
  const partial = new Counter({
    name: "deskmirror_events_without_detail_total",
    help: "Events whose payload lacked keys of the detail register",
    labelNames: ["source", "type"],
    registers: [metrics],
  });
  const signatures = new Counter({
    name: "deskmirror_signatures_total",
    help: "Deliveries by what their X-ZDesk-JWT was",
    labelNames: ["source", "state"],
    registers: [metrics],
  });
  const fields = new Counter({
    name: "deskmirror_schema_changes_total",
    help: "Fields that were added, removed or given another type",
    labelNames: ["source", "table", "change"],
    registers: [metrics],
  });
  return (source) => ({
    event(type, fate, eventMs) {
      events.inc({ source, type, fate });
      if (eventMs !== null) lag.observe({ source }, Math.max(0, Date.now() - eventMs) / 1_000);
    },
    lackedDetail: (type) => partial.inc({ source, type }),
    signature: (state) => signatures.inc({ source, state }),
    fieldChanged: (table, change) => fields.inc({ source, table, change }),
  });
}
