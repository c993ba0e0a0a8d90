import { setTimeout as sleep } from "node:timers/promises";
import type { DeskEmulator } from "@deskmirror/desk-emulator";
import pg from "pg";
import { createAdminApi } from "../scripts/pair/admin-api.ts";
import { freePort } from "../scripts/pair/free-port.ts";
import type { MakeBody } from "./delivery.ts";
import { startFloor } from "./floors/start-floor.ts";
import { sendAll, toRequest } from "./load.ts";
import { startIngest, startSync } from "./pair.ts";
import type { Places } from "./pair.ts";
import { inRounds } from "./rounds.ts";

/** Events a second, from the first byte of the first request to the commit of the last row. */
export interface EndToEndRates {
  readonly floor: number;
  readonly pair: number;
}

const SOURCE = "bench";
const EVENTS = 8_000;
const CONNECTIONS = 64;
const POLL_MS = 100;

/** Measures the pair with PostgreSQL: each event a row of its own, beside a server without a queue. */
export async function measureEndToEnd(
  places: Places & { readonly databaseUrl: string; readonly desk: DeskEmulator },
  makeBody: MakeBody,
  rounds: number,
): Promise<EndToEndRates> {
  const { databaseUrl, desk } = places;
  await using releases = new AsyncDisposableStack();
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  releases.defer(() => database.end());
  const floor = await startFloor("upsert", { DATABASE_URL: databaseUrl });
  releases.defer(() => floor.stop());
  const port = await freePort();
  const [ingest, sync] = await Promise.all([
    startIngest(places, port),
    startSync(places, { SINK_URL: databaseUrl, PUBLIC_URL: `http://127.0.0.1:${port}` }),
  ]);
  releases.defer(() => sync.stop());
  releases.defer(() => ingest.stop());
  const hook = await connectSource(sync, desk);

  let first = 0;
  const measure = (url: string, table: string) => async () => {
    const bodies = Array.from({ length: EVENTS }, (_, index) => makeBody(first + index));
    first += EVENTS;
    const before = await count(table);
    const requests = bodies.map((body) => toRequest({ url, body }));
    const startedMs = performance.now();
    const { refused } = await sendAll(url, requests, CONNECTIONS);
    if (refused > 0) throw new Error(`${refused} of ${EVENTS} deliveries were not answered 200`);
    while ((await count(table)) < before + EVENTS) await sleep(POLL_MS);
    return EVENTS / ((performance.now() - startedMs) / 1_000);
  };
  return await inRounds(rounds, {
    floor: measure(floor.url, "floor"),
    pair: measure(hook, `${SOURCE}.tickets`),
  });

  async function count(table: string): Promise<number> {
    const { rows } = await database.query<{ count: string }>(`select count(*) from ${table}`);
    return Number(rows[0]?.count);
  }
}

/** Creates the source, reads its few tickets, and gives its service URL. From then on the pair may ask Desk nothing more. */
async function connectSource(
  { origin, adminToken }: { readonly origin: string; readonly adminToken: string },
  desk: DeskEmulator,
): Promise<string> {
  const { signal } = new AbortController();
  const api = createAdminApi({ origin, token: adminToken, source: SOURCE, signal });
  await api.createSource({
    name: SOURCE,
    orgId: desk.orgId,
    dataCenter: "com",
    clientId: desk.clientId,
    clientSecret: desk.clientSecret,
    code: desk.generateCode(),
    tables: ["tickets"],
    signature: "off",
    accountsUrl: desk.url,
    deskUrl: desk.url,
  });
  await api.run("pull");
  desk.setDailyCredits(1);
  const headers = { authorization: `Bearer ${adminToken}` };
  const answer = await fetch(`${origin}/api/sources/${SOURCE}`, { headers });
  const { serviceUrl } = (await answer.json()) as { readonly serviceUrl: string };
  return serviceUrl;
}
