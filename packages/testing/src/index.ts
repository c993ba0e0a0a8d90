export * from "./fault-proxy.ts";
export * from "./postgres-server.ts";
export * from "./redis-server.ts";
