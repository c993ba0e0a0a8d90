import type { DataSource, Sink, Table } from "@deskmirror/model";
import { toTable, wantedStreams } from "@deskmirror/sync/open-tables";
import { createMemoryThrottle, createMemoryTokens, testDataSource } from "@deskmirror/testing";
import { createZohoDesk, exchangeCode } from "@deskmirror/zoho-desk";
import type { Transport } from "@deskmirror/zoho-desk";
import type { DeskInProcess } from "@deskmirror/desk-emulator";
import { createChronicle } from "./chronicle.ts";
import { createDeskTransport, createHistoryDesk, DESK_URL } from "./desk.ts";
import type { Forms } from "./forms.ts";
import type { AnswerDelivery } from "./ingest.ts";
import { createMemoryForms } from "./memory-forms.ts";
import { createPlant } from "./plant.ts";
import { createRandom } from "./random.ts";
import { findStaleChildren } from "./owed.ts";
import { endFaults } from "./rest.ts";
import { steps } from "./steps.ts";
import type { Stage } from "./steps.ts";
import { findFaults } from "./verdict.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { watchSink } from "./watch-sink.ts";

/** A rule taken out of the product, to see that the property misses it. */
export interface Broken {
  /** Puts a broken rule before the sink. */
  readonly sink?: (sink: Sink) => Sink;
  readonly answer?: AnswerDelivery;
}

/** What one random history came to. */
export interface History {
  readonly seed: number;
  /** Empty: source and sink are equal, and nothing forbidden ever happened. */
  readonly faults: readonly string[];
  /** How many steps of each kind there were. */
  readonly steps: Readonly<Record<string, number>>;
  /** Every step with its time, for whoever looks into a failing seed. */
  readonly told: readonly string[];
}

const START_MS = Date.parse("2026-03-02T09:00:00Z");
const SERVICE_URL = "http://hooks.example/hooks/key";
const SETS = [
  ["tickets"],
  ["tickets", "contacts"],
  ["tickets", "contacts", "ticket_comments", "departments"],
  ["tickets", "ticket_comments", "ticket_attachments", "ticket_history"],
  ["tickets", "ticket_history"],
  ["departments", "contacts", "tickets", "ticket_attachments", "ticket_comments"],
] as const;

/** Lives one history from its seed: random steps on Desk and on the processes, then rest, then judgement. */
export async function liveHistory(
  seed: number,
  { broken = {}, forms = createMemoryForms() }: { readonly broken?: Broken; readonly forms?: Forms } = {},
): Promise<History> {
  const random = createRandom(seed);
  const time = forms.createTime(START_MS);
  const breaches: string[] = [];
  const told: string[] = [];
  const counts: Record<string, number> = {};
  const tell = (what: string): void => void told.push(`${((time.now() - START_MS) / 1000).toFixed(3)} s ${what}`);

  const desk = createHistoryDesk(random, time, {
    send: ({ method, body }) => (method === "GET" ? Promise.resolve(200) : stage.plant.send(body ?? "")),
    close() {},
  });
  const transport = createDeskTransport(desk, time);
  const tables = random.pick(SETS);
  const durable = await forms.open(time);
  const chronicle = createChronicle(desk);
  const onBreach = (what: string): void => {
    breaches.push(what);
    tell(what);
  };
  const intervals = {
    reconcileMs: random.pick([10_000, 60_000, 900_000]),
    compareMs: random.pick([60_000, 600_000]),
    sweepMs: random.pick([120_000, 3_600_000, 86_400_000, 86_400_000]),
  };
  const dataSource = await running(time, connect({ desk, transport, time, tables }));
  const plant = createPlant({
    time,
    random,
    jitter: createRandom(-seed),
    desk,
    durable,
    dressSink(sink) {
      const watched = watchSink({ sink, chronicle, onBreach });
      return broken.sink?.(watched) ?? watched;
    },
    transport,
    dataSource,
    serviceUrl: SERVICE_URL,
    intervals,
    answer: broken.answer ?? ((taken) => taken),
  });
  const stage: Stage = { random, desk, chronicle, tables, plant, source: dataSource.name };
  await plant.startIngest();
  await plant.startSync();

  const weights = Object.fromEntries(Object.entries(steps).map(([name, { weight }]) => [name, weight]));
  for (let left = 5 + random.int(25); left > 0; left -= 1) {
    const name = random.weighted(weights);
    if (!(await steps[name]!.run(stage))) continue;
    counts[name] = (counts[name] ?? 0) + 1;
    tell(name);
    await pass(stage, time);
  }
  const comeToRest = await endFaults({ stage, durable, time });
  const judge = async (find: typeof findFaults): Promise<readonly string[]> =>
    find(stage, durable, toTables(plant.syncs()[0]!.mirror!.source, dataSource));
  const unreconciled = await comeToRest({ intervalMs: ({ reconcileMs }) => reconcileMs, times: 1, mayHold: true });
  const stale = unreconciled === null ? await judge(findStaleChildren) : [];
  // At least two whole readings by the clock: what one lacks is asked for after it.
  const unrest = await comeToRest({
    intervalMs: (every) => Math.max(...Object.values(every)),
    times: 2,
    mayHold: false,
  });
  const judged = unrest === null ? await judge(findFaults) : [];
  plant.end();
  desk.close();
  await durable.close();
  return {
    seed,
    faults: [
      ...breaches,
      ...(unreconciled === null ? [] : [`no rest after rounds: ${unreconciled}`]),
      ...stale.map((fault) => `after rounds: ${fault}`),
      ...(unrest === null ? [] : [`no rest: ${unrest}`]),
      ...judged,
    ],
    steps: counts,
    told,
  };
}

/** Some time goes by: mostly little, now and then so much that locks, leases and intervals end. */
async function pass({ random }: Stage, time: VirtualTime): Promise<void> {
  const kind = random.weighted({ none: 2, moment: 4, seconds: 3, while: 1, leap: 0.5 });
  if (kind === "moment") await time.advance(random.int(400));
  else if (kind === "seconds") await time.advance(random.int(6_000));
  else if (kind === "while") await time.advance(random.int(30_000));
  else if (kind === "leap") await time.leap(random.int(30 * 60_000));
}

function toTables(source: Parameters<typeof wantedStreams>[0], { name, tables }: DataSource): readonly Table[] {
  return wantedStreams(source, tables).enabled.map((stream) => toTable(name, stream));
}

/** Lets time go on until something is done. */
async function running<T>(time: VirtualTime, work: Promise<T>): Promise<T> {
  const done = { is: false };
  const watched = work.finally(() => (done.is = true));
  while (!done.is) await time.advance(100);
  return watched;
}

/** Exchanges a code, and registers the webhook. */
async function connect(given: {
  readonly desk: DeskInProcess;
  readonly transport: Transport;
  readonly time: VirtualTime;
  readonly tables: readonly string[];
}): Promise<DataSource> {
  const { desk, transport, time, tables } = given;
  const { orgId, clientId, clientSecret } = desk;
  const pulls = Object.fromEntries(tables.map((table) => [table, 1]));
  const own = { orgId, clientId, clientSecret, accountsUrl: DESK_URL, deskUrl: DESK_URL };
  const bare = testDataSource({ ...own, tables, pulls });
  const { refreshToken, scopes } = await exchangeCode({
    source: bare,
    code: desk.generateCode(),
    now: time.now,
    transport,
  });
  const dataSource = { ...bare, refreshToken, scopes };
  const { store, leasesOf } = createMemoryTokens({ now: time.now });
  const { subscriptions } = createZohoDesk({
    source: dataSource,
    tokens: store,
    leases: leasesOf(time.sleep),
    throttle: createMemoryThrottle(),
    world: { transport, now: time.now, monotonicMs: time.now, sleep: time.sleep, random: () => 0.5 },
  });
  const signal = new AbortController().signal;
  const { id } = await subscriptions.create(SERVICE_URL, subscriptions.eventsFor(tables), { purpose: "heal", signal });
  return { ...dataSource, webhookId: id };
}
