import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  connectRedis,
  createDeliveryQueue,
  createHeartbeats,
  createLeases,
  createRegistryReader,
} from "@deskmirror/redis";
import { createMetrics, createOps, createPrivateServer, runMain } from "@deskmirror/runtime";
import { verify } from "@deskmirror/zoho-desk/signature";
import { createApp } from "./app.ts";
import { createGapKeeper } from "./gap-keeper.ts";
import { createHook } from "./hook.ts";
import { createIdMaker } from "./ids.ts";
import { createIntake } from "./intake.ts";
import { createKeeper } from "./keeper.ts";
import { checkRegistry, createLookup } from "./lookup.ts";
import { runLoops } from "./loops.ts";
import { createIngestMetrics } from "./metrics.ts";
import { createRedisHealth } from "./redis-health.ts";
import { createPublicServer, listen } from "./server.ts";
import { prepareSpool } from "./spool/index-files.ts";
import { createSpool } from "./spool/spool.ts";
import { createStore } from "./store.ts";
import { variables } from "./variables.ts";

await runMain({
  service: "ingest",
  variables,
  async run({ env, log, lifecycle }) {
    const { signal, onStop } = lifecycle;
    const dir = env.SPOOL_DIR;
    const warn = (message: string, fields = {}) => log.warn(fields, message);
    if (env.ALLOW_UNSAFE_REDIS) log.warn("ALLOW_UNSAFE_REDIS is true: Redis may lose or evict what was answered 200");

    // What outlives this process: Redis and the spool.
    const connection = connectRedis({ url: env.REDIS_URL, role: "ingest", log: warn });
    onStop("the connection to Redis", () => connection.close());
    const queue = createDeliveryQueue({ connection });
    onStop("the queue", () => queue.close());
    await prepareSpool(dir);
    const spool = createSpool({ dir, instance: randomUUID(), limitBytes: env.SPOOL_LIMIT_BYTES });
    onStop("the spool", () => spool.seal());
    await spool.measure();

    // What is known: sources, the state of Redis, gaps.
    const registry = createRegistryReader({ connection, file: join(dir, "sources.json"), log: warn });
    onStop("the registry", () => registry.close());
    await registry.start();
    const gaps = createGapKeeper(queue);
    const health = createRedisHealth({
      connection,
      allowUnsafe: env.ALLOW_UNSAFE_REDIS,
      queueLimitBytes: env.QUEUE_LIMIT_BYTES,
      onChange: (state, message) =>
        log[state === "well" ? "info" : "warn"]({ state, message }, "Redis changed its state"),
    });
    const metrics = createMetrics();
    const count = createIngestMetrics(metrics, () => spool.bytes());

    // The way of a delivery.
    const createId = createIdMaker();
    const store = createStore({ addToQueue: (group) => queue.add(group), health, spool, onStored: count.stored });
    const intake = createIntake({ store, createId });
    onStop("the intake", () => intake.drain());
    const isRedisThere = () => connection.status().ok && health.state() !== "away";
    const lookUp = createLookup({ registry, isRedisThere, verify });
    const hook = createHook({ lookUp, intake, gaps, verify, createId, bodyLimitBytes: env.BODY_LIMIT_BYTES });
    const app = createApp({ hook, onDelivery: count.answered, onError: (err) => log.error({ err }, "a hook failed") });

    // What is looked after, and the two ports.
    const instance = `${hostname()}:${env.INGEST_PORT}`;
    const keep = createKeeper({
      instance,
      health,
      registry,
      heartbeats: createHeartbeats({ connection }),
      queue,
      gaps,
    });
    const leases = createLeases({ connection });
    const loops = runLoops({ keep, spool, registry, dir, leases, queue, gaps, redisState: health.state, signal, log });
    onStop("the loops", () => loops);
    const checks = { ...health.checks, spool: spool.check, registry: () => checkRegistry(registry) };
    const ops = createOps({ checks, metrics });
    const opsServer = createPrivateServer((req, res) => void ops(req, res));
    const opsListener = await listen(opsServer, env.INGEST_OPS_PORT, env.BIND_HOST);
    onStop("the private port", () => opsListener.close());
    const listener = await listen(createPublicServer(app), env.INGEST_PORT, null);
    onStop("the public port", () => listener.close());
    log.info({ port: listener.port, opsPort: opsListener.port }, "ingest takes deliveries");
  },
});
