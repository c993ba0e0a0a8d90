import type { DeskInProcess } from "@deskmirror/desk-emulator";
import type { DataSource, Sink } from "@deskmirror/model";
import type { Transport } from "@deskmirror/zoho-desk";
import type { Durable, Ports } from "./forms.ts";
import { startIngest } from "./ingest.ts";
import type { AnswerDelivery, IngestRun } from "./ingest.ts";
import { createLife } from "./life.ts";
import type { Life } from "./life.ts";
import type { Random } from "./random.ts";
import { createHistoryRegistry } from "./registry.ts";
import { startSync } from "./sync.ts";
import type { SyncOptions, SyncRun } from "./sync.ts";
import { createTraffic } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The running processes: up to two of sync, and one of ingest. */
export interface Plant {
  readonly traffic: Pick<Traffic, "answered" | "groups" | "settled" | "settledMs">;
  /** Runs of sync that live. */
  syncs(): readonly SyncRun[];
  startSync(): Promise<boolean>;
  killSync(awaits: number): boolean;
  freezeSync(ms: number): boolean;
  startIngest(): Promise<boolean>;
  killIngest(awaits: number): boolean;
  /** The answer to a body posted to the service URL; null when none comes. */
  send(body: string): Promise<number | null>;
  /** Posts without waiting for the answer. */
  post(body: string): boolean;
  askPull(): boolean;
  /** Whoever was told to die and has not yet goes on, and at least one of each runs. */
  revive(): Promise<void>;
  /** Ends all that still runs. */
  end(): void;
}

/** What the plant is made of. */
export interface PlantOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  /** Chance inside the processes, which may be asked in any order. */
  readonly jitter: Random;
  readonly desk: DeskInProcess;
  readonly durable: Durable;
  readonly dressSink: (sink: Sink) => Sink;
  readonly transport: Transport;
  readonly dataSource: DataSource;
  readonly serviceUrl: string;
  readonly intervals: SyncOptions["intervals"];
  readonly answer: AnswerDelivery;
}

const SYNCS = 2;
const SKEW_MS = 10 * 60_000;

/** A plant in which nothing runs yet. */
export function createPlant({ time, random, jitter, durable, answer, ...options }: PlantOptions): Plant {
  const { name: source } = options.dataSource;
  const registry = createHistoryRegistry(options.dataSource, {
    serviceUrl: options.serviceUrl,
    onChange: (dataSource) => syncs().forEach(({ mirror }) => mirror?.refresh(dataSource)),
  });
  let runs: SyncRun[] = [];
  let ingest: IngestRun | null = null;
  let ids = 0;
  const lastBeat = { ms: 0 };
  const traffic = createTraffic(time.now);

  async function begin(): Promise<{ readonly life: Life; readonly ports: Ports }> {
    const skewMs = random.chance(0.4) ? random.int(2 * SKEW_MS) - SKEW_MS : 0;
    const line = await durable.layLine();
    const life = createLife(time, { skewMs, line });
    return { life, ports: line.open(life.time) };
  }

  function syncs(): readonly SyncRun[] {
    runs = runs.filter(({ life }) => !life.isDead);
    return runs;
  }

  function some(run: (life: Life) => void): boolean {
    const { length } = syncs();
    if (length > 0) run(random.pick(runs).life);
    return length > 0;
  }

  async function beginSync(): Promise<boolean> {
    if (syncs().length === SYNCS) return false;
    const { dressSink, transport, intervals } = options;
    runs.push(startSync({ ...(await begin()), dressSink, transport, intervals, random: jitter, registry, traffic }));
    return true;
  }

  async function beginIngest(): Promise<boolean> {
    if (ingest !== null && !ingest.life.isDead) return false;
    ingest = startIngest({
      ...(await begin()),
      source,
      lastBeat,
      createId: () => `d${String((ids += 1)).padStart(6, "0")}`,
      answer,
      wayMs: () => jitter.int(20),
      traffic,
    });
    return true;
  }

  async function send(body: string): Promise<number | null> {
    if (ingest === null || ingest.life.isDead) return null;
    const deadline = time.sleep(5_000).then(() => null);
    return Promise.race([ingest.take(body), deadline]);
  }

  return {
    traffic,
    syncs,
    startSync: beginSync,
    killSync: (awaits) => some((life) => life.dieAfter(awaits)),
    freezeSync: (ms) => some((life) => life.freezeUntil(time.now() + ms)),
    startIngest: beginIngest,
    killIngest(awaits) {
      if (ingest === null || ingest.life.isDead) return false;
      ingest.life.dieAfter(awaits);
      return true;
    },
    send,
    post(body) {
      void send(body);
      return true;
    },
    async revive() {
      for (const { life } of syncs()) life.spare();
      ingest?.life.spare();
      await beginSync();
      await beginIngest();
    },
    end() {
      for (const { life } of syncs()) life.die();
      ingest?.life.die();
    },
    askPull() {
      const pulls = Object.entries(registry.current().pulls).map(([table, asked]) => [table, asked + 1] as const);
      registry.change({ pulls: Object.fromEntries(pulls) });
      return true;
    },
  };
}
