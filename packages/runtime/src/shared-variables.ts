import type { Variables } from "./env.ts";
import { choice, flag, text, url } from "./env-fields.ts";

/** The variables that both services read (contract section 2). */
export const sharedVariables = {
  REDIS_URL: {
    meaning: "Redis with `appendonly yes` and `maxmemory-policy noeviction`",
    schema: url(["redis:", "rediss:"]),
    default: "redis://127.0.0.1:6379",
    secret: true,
  },
  ALLOW_UNSAFE_REDIS: {
    meaning: "for development: accept a Redis that may lose or evict what it holds",
    schema: flag,
    default: "false",
  },
  DATA_DIR: { meaning: "where embedded defaults live", schema: text, default: "./data" },
  BIND_HOST: { meaning: "address of the private listeners", schema: text, default: "127.0.0.1" },
  LOG_LEVEL: {
    meaning: "how much is logged",
    schema: choice(["fatal", "error", "warn", "info", "debug", "trace", "silent"]),
    default: "info",
  },
} as const satisfies Variables;
