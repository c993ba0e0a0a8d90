import {
  connectRedis,
  createDeadLetters,
  createDeliveryQueue,
  createDeliveryWorker,
  createDueSet,
  createGaps,
  createLeases,
  createLedger,
  createSubscriptionLooks,
  createThrottle,
  createTokenStore,
  createTurns,
} from "@deskmirror/redis";
import type { Sealer } from "@deskmirror/redis";
import type { Time } from "@deskmirror/runtime";
import { openSink } from "@deskmirror/sinks";
import { createFaultProxy } from "@deskmirror/testing";
import type { Line } from "./forms.ts";
import { hurryApply, hurryDueSet, hurryGaps, hurryLeases, hurryTokens, hurryTurns } from "./hurried-ports.ts";
import { toServersMs } from "./paced-time.ts";
import type { Databases } from "./server-forms.ts";

/** Letters bear the time of their history, which Redis may take for long ago. */
export const RETENTION_DAYS = 10_000;

const WAITS = {
  lockMs: toServersMs(15_000),
  stalledCheckMs: toServersMs(5_000),
  retryBaseMs: toServersMs(1_000),
  retryCapMs: toServersMs(15_000),
};

/** Connects a process, by connections of its own. */
export async function layServerLine(
  databases: Databases,
  { time, seal }: { readonly time: Time; readonly seal: Sealer },
): Promise<Line> {
  const proxies = [await createFaultProxy(databases.redisUrl), await createFaultProxy(databases.postgresUrl)] as const;
  const [redis, postgres] = proxies;
  const connection = connectRedis({ url: redis.url, role: "sync" });
  await connection.ready();
  const opened: { close(): Promise<void> }[] = [connection, ...proxies];

  /** Ends with the line, before what it stands on. */
  function keep<Opened extends { close(): Promise<void> }>(one: Opened): Opened {
    opened.unshift(one);
    return one;
  }

  return {
    open: () => ({
      openSink: async () => keep(await openSink(postgres.url, { dataDir: "." })),
      tokens: hurryTokens(createTokenStore({ connection, seal }), time),
      leases: hurryLeases(createLeases({ connection })),
      queue: keep(createDeliveryQueue({ connection })),
      createWorker: ({ source, apply }) =>
        keep(createDeliveryWorker({ connection, source, apply: hurryApply(apply), waits: WAITS, log() {} })),
      createThrottle: ({ dataCenter, orgId }, settings) =>
        keep(createThrottle({ connection, organization: `${dataCenter}:${orgId}`, settings, clock: time.now })),
      dueChildren: hurryDueSet(createDueSet({ connection })),
      gaps: hurryGaps(createGaps({ connection }), time),
      turns: hurryTurns(createTurns({ connection, name: "foreign", limit: 60 })),
      looks: createSubscriptionLooks({ connection }),
      deadLetters: createDeadLetters({ connection, retentionDays: RETENTION_DAYS }),
      ledger: createLedger({ connection }),
    }),
    freeze: () => proxies.forEach((proxy) => proxy.freeze()),
    restore: () => proxies.forEach((proxy) => proxy.restore()),
    cut() {
      for (const proxy of proxies) proxy.cut();
      // Nobody is left to hear how it ended.
      for (const one of opened.splice(0)) void one.close().catch(() => {});
    },
  };
}
