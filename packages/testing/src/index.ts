export * from "./data-source.ts";
export * from "../../../scripts/servers/fault-proxy.ts";
export * from "./memory-throttle.ts";
export * from "./memory-tokens.ts";
export * from "./postgres-server.ts";
export * from "./redis-server.ts";
