import type { RequestHandler } from "express";
import { ConfigError } from "@deskmirror/model";
import {
  connectRedis,
  createDeadLetters,
  createDeliveryQueue,
  createDeliveryWorker,
  createDueSet,
  createGaps,
  createLeases,
  createLedger,
  createRuns,
  createSealer,
  createServiceKey,
  createSourceRegistry,
  createSubscriptionLooks,
  createThrottle,
  createTokenStore,
  createTurns,
} from "@deskmirror/redis";
import {
  createMetrics,
  createOps,
  createPrivateServer,
  keepTrying,
  listen,
  realTime,
  runMain,
} from "@deskmirror/runtime";
import { assertAllowedHost, openSink, redactSinkUrl } from "@deskmirror/sinks";
import {
  createZohoDesk,
  exchangeCode,
  fetchJwks,
  locateClient,
  missingScopes,
  probeUrl,
  revokeGrant,
} from "@deskmirror/zoho-desk";
import { createAdminApi, createApp } from "./app.ts";
import { createLedgerAudit } from "./audit-ledger.ts";
import { createDefaultSink } from "./default-sink.ts";
import { variables } from "./env.ts";
import { createMirrors } from "./mirror/mirrors.ts";
import { adoptTables, keptTables, prepareTables, withSource } from "./mirror/open-tables.ts";
import type { MirrorParts } from "./mirror/open-mirror.ts";
import { createObserver } from "./observe.ts";
import { observeSources } from "./observe-sources.ts";
import { createSinks } from "./sinks.ts";
import { keepKeys } from "./keep-keys.ts";
import { keepPublished } from "./keep-published.ts";
import type { PublishedKeeper } from "./keep-published.ts";
import { toIntervals } from "./intervals.ts";
import { createWebhookRemover } from "./remove-webhooks.ts";

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
    const defaultSink = createDefaultSink({ url: env.SINK_URL, sinks, log, signal });

    // The private port, which answers for this process before the others are there.
    const metrics = createMetrics();
    let keeper: PublishedKeeper | null = null;
    let api: RequestHandler | null = null;
    const checks = {
      redis: () => connection.check(),
      sink: () => defaultSink.check(),
      sources: () => keeper?.check() ?? { ok: false, message: "waits for Redis and the sink" },
    };
    const app = createApp({ ops: createOps({ checks, metrics }), api: () => api, log });
    const server = createPrivateServer(app);
    const place = { port: env.SYNC_PORT, host: env.BIND_HOST, variables: "SYNC_PORT and BIND_HOST" };
    const listener = await listen(server, place);
    onStop("the private port", () => listener.close());

    // Both must be there before anything begins.
    await defaultSink.open();
    const danger = await keepTrying({
      run: async () => {
        await connection.ready(signal);
        return connection.checkSafety();
      },
      signal,
      capMs: 1_000,
      onFailure: ({ message }) => log.warn({ problem: message }, "Redis did not say whether it is safe; asked again"),
    });
    if (danger !== null && !env.ALLOW_UNSAFE_REDIS) throw new ConfigError(danger);
    signal.throwIfAborted();
    const previousKey = env.SECRET_KEY_PREVIOUS;
    const seal = createSealer({ key: env.SECRET_KEY, ...(previousKey === null ? {} : { previousKey }) });
    const registry = createSourceRegistry({
      connection,
      vault: defaultSink.vault,
      seal,
      publicUrl: env.PUBLIC_URL,
      log: warn,
    });
    // A Redis of another sync is not touched; whether it is one is asked before anything begins.
    await keepTrying({
      run: registry.assertOurs,
      signal,
      capMs: 1_000,
      onFailure: ({ message }) => log.warn({ problem: message }, "the sources could not be read; tried again"),
    });

    // The mirrors: one for each data source.
    const leases = createLeases({ connection });
    const gaps = createGaps({ connection });
    const looks = createSubscriptionLooks({ connection });
    const deadLetters = createDeadLetters({ connection });
    const queue = createDeliveryQueue({ connection });
    onStop("the queue", () => queue.close());
    const ledger = createLedger({ connection });
    const tokens = createTokenStore({ connection, seal });
    const parts: MirrorParts = {
      createThrottle: ({ dataCenter, orgId }, settings) =>
        createThrottle({ connection, organization: `${dataCenter}:${orgId}`, settings }),
      createSource: (dataSource, throttle) => createZohoDesk({ source: dataSource, tokens, leases, throttle }),
      openSink: sinks.open,
      forgetSink: sinks.forget,
      createWorker: (source, apply) => createDeliveryWorker({ connection, source, apply, log: warn }),
      defaultSinkUrl: env.SINK_URL,
      intervals: (dataSource) => toIntervals(env, dataSource),
      leases,
      deadLetters,
      dueChildren: createDueSet({ connection }),
      foreignTurns: createTurns({ connection, name: "foreign", limit: 60 }),
      gaps,
      registry,
      ledger,
      looks,
      observe: createObserver(metrics),
      time: realTime,
      log,
    };
    const mirrors = createMirrors({ registry, parts, log });
    onStop("the mirrors", () => mirrors.close());
    observeSources(metrics, { registry, mirrors, gaps, ledger });

    // What is done for sources whether they are open here or not.
    const now = Date.now;
    const lookAtKeys = keepKeys({ registry, fetchJwks, now, log, signal });
    const lookAtRemovals = createWebhookRemover({
      registry,
      leases,
      removeWebhook: (dataSource, ending) =>
        withSource(parts, dataSource, ({ subscriptions }) =>
          subscriptions.remove(dataSource.webhookId!, { purpose: "heal", signal: ending }),
        ),
      now,
      log,
      signal,
    });
    const lookAtSink = (): Promise<void> => defaultSink.look();
    const published = keepPublished({
      registry,
      mirrors,
      deadLetters,
      lookAtSink,
      lookAtKeys,
      lookAtRemovals,
      auditLedgers: createLedgerAudit({ registry, ledger, gaps, log }),
      log,
      signal,
    });
    onStop("the keeper of the sources", () => published.ended());
    keeper = published;

    api = createAdminApi({
      registry,
      mirrors,
      runs: createRuns({ connection }),
      ledger,
      gaps,
      looks,
      deadLetters,
      exchangeCode: (source, code) => exchangeCode({ source, code }),
      revokeGrant,
      requeue: (group) => queue.add(group),
      missingScopes,
      openSink: sinks.open,
      adoptTables: (dataSource) => adoptTables(parts, dataSource),
      prepareTables: (dataSource) => prepareTables(parts, dataSource),
      keptTables: (dataSource) => keptTables(parts, dataSource),
      lookAtRemovals,
      assertAllowedHost,
      connection: {
        withSource: (dataSource, use) => withSource(parts, dataSource, use),
        openSink: (url) => openSink(url, { dataDir: env.DATA_DIR }),
        defaultSinkUrl: env.SINK_URL,
        locateClient: (source) => locateClient({ source }),
        probeUrl,
        assertAllowedHost,
      },
      redactSinkUrl,
      defaultSinkUrl: env.SINK_URL,
      allowCustomEndpoints: env.ALLOW_CUSTOM_ENDPOINTS,
      createServiceKey,
      adminToken: env.ADMIN_TOKEN,
      log,
      signal,
    });
    onStop("the admin API", () => void (api = null));
    log.info({ port: listener.port }, "sync answers");
  },
});
