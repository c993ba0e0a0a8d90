import { createServer } from "node:http";
import { once } from "node:events";
import { ConfigError } from "@deskmirror/model";
import {
  connectRedis,
  createDeadLetters,
  createDeliveryWorker,
  createDueSet,
  createGaps,
  createLeases,
  createLedger,
  createRuns,
  createSealer,
  createServiceKey,
  createSourceRegistry,
  createThrottle,
  createTokenStore,
} from "@deskmirror/redis";
import { createMetrics, createOps, runMain } from "@deskmirror/runtime";
import { openSink, redactSinkUrl } from "@deskmirror/sinks";
import { createZohoDesk, exchangeCode, fetchJwks, missingScopes } from "@deskmirror/zoho-desk";
import { createApp } from "./app.ts";
import { variables } from "./env.ts";
import { createMirrors } from "./mirror/mirrors.ts";
import type { MirrorParts } from "./mirror/open-mirror.ts";
import { createObserver } from "./observe.ts";
import { createSinks } from "./sinks.ts";
import { keepPublished } from "./keep-published.ts";
import { toIntervals } from "./intervals.ts";

await runMain({
  service: "sync",
  variables,
  async run({ env, log, lifecycle }) {
    const { signal, onStop } = lifecycle;
    const warn = (message: string, fields = {}) => log.warn(fields, message);
    if (env.ALLOW_UNSAFE_REDIS) log.warn("ALLOW_UNSAFE_REDIS is true: Redis may lose or evict what it holds");

    // What outlives this process: Redis and the sinks.
    const connection = connectRedis({ url: env.REDIS_URL, role: "sync", log: warn });
    onStop("the connection to Redis", () => connection.close());
    const sinks = createSinks((url) => openSink(url, { dataDir: env.DATA_DIR }));
    onStop("the sinks", () => sinks.close());
    const defaultSink = await sinks.open(env.SINK_URL);
    const previousKey = env.SECRET_KEY_PREVIOUS;
    const seal = createSealer({ key: env.SECRET_KEY, ...(previousKey === null ? {} : { previousKey }) });
    const registry = createSourceRegistry({ connection, vault: defaultSink.vault, seal, publicUrl: env.PUBLIC_URL });

    await connection.ready(signal);
    const danger = await connection.checkSafety();
    if (danger !== null && !env.ALLOW_UNSAFE_REDIS) throw new ConfigError(danger);

    // The mirrors: one for each data source.
    const metrics = createMetrics();
    const leases = createLeases({ connection });
    const gaps = createGaps({ connection });
    const deadLetters = createDeadLetters({ connection });
    const ledger = createLedger({ connection });
    const tokens = createTokenStore({ connection, seal });
    const parts: MirrorParts = {
      createThrottle: ({ dataCenter, orgId }, settings) =>
        createThrottle({ connection, organization: `${dataCenter}:${orgId}`, settings }),
      createSource: (dataSource, throttle) => createZohoDesk({ source: dataSource, tokens, leases, throttle }),
      openSink: sinks.open,
      createWorker: (source, apply) => createDeliveryWorker({ connection, source, apply, log: warn }),
      defaultSinkUrl: env.SINK_URL,
      intervals: (dataSource) => toIntervals(env, dataSource),
      leases,
      deadLetters,
      dueChildren: createDueSet({ connection }),
      gaps,
      observe: createObserver(metrics),
      log,
    };
    const mirrors = createMirrors({ registry, parts, log });
    onStop("the mirrors", () => mirrors.close());

    const keeper = keepPublished({ registry, mirrors, gaps, deadLetters, fetchJwks, log, signal });
    onStop("the keeper of the sources", () => keeper.ended());

    // The private port.
    const app = createApp({
      registry,
      mirrors,
      runs: createRuns({ connection }),
      ledger,
      gaps,
      deadLetters,
      exchangeCode: (source, code) => exchangeCode({ source, code }),
      missingScopes,
      openSink: sinks.open,
      redactSinkUrl,
      defaultSinkUrl: env.SINK_URL,
      allowCustomEndpoints: env.ALLOW_CUSTOM_ENDPOINTS,
      createServiceKey,
      adminToken: env.ADMIN_TOKEN,
      ops: createOps({ checks: { redis: () => connection.status(), sources: () => keeper.check() }, metrics }),
      log,
      signal,
    });
    const server = createServer(app).listen(env.SYNC_PORT, env.BIND_HOST);
    await once(server, "listening");
    onStop("the private port", () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
    log.info({ address: server.address() }, "sync answers");
  },
});
