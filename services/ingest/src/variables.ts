import { integer, port, text } from "@deskmirror/runtime";
import type { Variables } from "@deskmirror/runtime";

/** What ingest reads beside the variables both services share (contract section 2). */
export const variables = {
  INGEST_PORT: { meaning: "public listener, only `/hooks/*`", schema: port, default: "8080" },
  INGEST_OPS_PORT: { meaning: "private listener: health, metrics", schema: port, default: "8082" },
  SPOOL_DIR: {
    meaning: "second durable path; one volume shared by all replicas",
    schema: text,
    default: "./data/spool",
  },
  BODY_LIMIT_BYTES: { meaning: "a larger delivery is refused", schema: integer({ min: 1 }), default: "1048576" },
  SPOOL_LIMIT_BYTES: { meaning: "how large the spool may grow", schema: integer({ min: 0 }), default: "1073741824" },
  QUEUE_LIMIT_BYTES: {
    meaning: "memory of Redis taken as its limit when it has no `maxmemory`",
    schema: integer({ min: 1 }),
    default: "536870912",
  },
} as const satisfies Variables;
