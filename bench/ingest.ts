import { randomBytes } from "node:crypto";
import type { DataSource } from "@deskmirror/model";
import { connectRedis, createLedger, createSealer, createServiceKey, createSourceRegistry } from "@deskmirror/redis";
import { createMemorySink } from "@deskmirror/sinks";
import { freePort } from "../scripts/pair/free-port.ts";
import type { MakeBody } from "./delivery.ts";
import { startFloor } from "./floors/start-floor.ts";
import { sendAll, toRequest } from "./load.ts";
import { startIngest } from "./pair.ts";
import type { Places } from "./pair.ts";
import { inRounds } from "./rounds.ts";
import { createSigner } from "./signer.ts";

/** Deliveries a second that are answered 200. */
export interface IngestRates {
  readonly floor: number;
  readonly unsigned: number;
  readonly signed: number;
}

const SOURCE = "bench";
const DELIVERIES = 6_000;
const CONNECTIONS = 64;

/** Measures ingest alone: deliveries accepted, made durable in Redis and answered, beside a server that only adds them. */
export async function measureIngest(places: Places, makeBody: MakeBody, rounds: number): Promise<IngestRates> {
  await using releases = new AsyncDisposableStack();
  const connection = connectRedis({ url: places.redisUrl, role: "sync" });
  releases.defer(() => connection.close());
  await connection.ready();
  const signer = createSigner("700123456");
  const path = await publishSource(connection, signer.jwks);
  const port = await freePort();
  const ingest = await startIngest(places, port);
  releases.defer(() => ingest.stop());
  const floor = await startFloor("xadd", { REDIS_URL: places.redisUrl });
  releases.defer(() => floor.stop());

  const indices = Array.from({ length: DELIVERIES }, (_, index) => index);
  const hook = `http://127.0.0.1:${port}${path}`;
  const tokens = await Promise.all(indices.map((index) => signer.token(index)));
  const requests = {
    floor: indices.map((index) => toRequest({ url: floor.url, body: makeBody(index) })),
    unsigned: indices.map((index) => toRequest({ url: hook, body: makeBody(index) })),
    signed: indices.map((index) => toRequest({ url: hook, body: makeBody(index), token: tokens[index] ?? "" })),
  };
  const measure = (url: string, all: readonly Buffer[]) => async () => {
    const { seconds, refused } = await sendAll(url, all, CONNECTIONS);
    if (refused > 0) throw new Error(`${refused} of ${all.length} deliveries were not answered 200`);
    return all.length / seconds;
  };
  const rates = await inRounds(rounds, {
    floor: measure(floor.url, requests.floor),
    unsigned: measure(hook, requests.unsigned),
    signed: measure(hook, requests.signed),
  });
  const { accepted } = await createLedger({ connection }).counts(SOURCE);
  const sent = 2 * DELIVERIES * (rounds + 1);
  if (accepted !== sent) throw new Error(`${sent} deliveries were answered 200, ${accepted} are in the ledger`);
  return rates;
}

/** Does what sync does for ingest, so that sync need not run and empty the queue. */
async function publishSource(
  connection: Parameters<typeof createSourceRegistry>[0]["connection"],
  jwks: ReturnType<typeof createSigner>["jwks"],
): Promise<string> {
  const registry = createSourceRegistry({
    connection,
    vault: createMemorySink().vault,
    seal: createSealer({ key: randomBytes(32).toString("base64") }),
  });
  await registry.publish();
  const source = { ...sourceDefaults, serviceKey: createServiceKey() };
  await registry.create(source);
  await registry.setJwks(SOURCE, jwks);
  return `/hooks/${source.serviceKey}`;
}

const sourceDefaults: Omit<DataSource, "serviceKey"> = {
  name: SOURCE,
  orgId: "700123456",
  dataCenter: "com",
  clientId: "1000.CLIENT",
  clientSecret: "client-secret",
  refreshToken: null,
  scopes: null,
  mode: "document",
  increment: "webhook",
  tables: ["tickets"],
  sinkUrl: null,
  signature: "verify",
  throttle: { concurrency: null, reserve: 0.4, dailyCredits: null },
  reconcileSeconds: null,
  compareSeconds: null,
  sweepHours: null,
  accountsUrl: null,
  deskUrl: null,
  webhookId: "bench",
  paused: false,
  pulls: {},
  createdMs: 0,
};
